"""What happened since the last report, gathered on the device and read once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.game import Histogram, Report

BINS = 40


@dataclass
class Ledger:
    """Lists of detached tensors; nothing waits for the device before `read`.

    middle: the verdict above which an item is called real; None: above the mean of the other side.
    """

    middle: float | None = 0.0
    means: dict[str, list[Tensor]] = field(default_factory=dict)
    verdicts: dict[str, list[Tensor]] = field(default_factory=dict)
    measured: dict[str, Tensor] = field(default_factory=dict)
    layers: dict[str, dict[str, dict[str, Tensor]]] = field(default_factory=dict)

    def loss(self, name: str, value: Tensor) -> None:
        """Note a loss under `loss.<name>`."""
        self.note(f"loss.{name}", value)

    def note(self, name: str, value: Tensor) -> None:
        """Note a number of `ground.game.NUMBERS`, to be averaged."""
        self.means.setdefault(name, []).append(value.detach())

    def judged(self, who: str, verdicts: Tensor) -> None:
        """Note verdicts (B,) on "real" or "fake" items."""
        self.verdicts.setdefault(who, []).append(verdicts.detach())

    def read(self) -> Report:
        """Means since the last reading; the ledger is empty afterwards."""
        numbers = {name: float(torch.stack(values).float().mean()) for name, values in self.means.items()}
        histograms: dict[str, Histogram] = {}
        judged = {who: torch.cat(parts).float() for who, parts in self.verdicts.items()}
        means = {who: float(values.mean()) for who, values in judged.items()}
        for who, values in judged.items():
            other = "fake" if who == "real" else "real"
            middle = means.get(other, 0.0) if self.middle is None else self.middle
            right = values > middle if who == "real" else values < middle
            numbers[f"verdict.{who}"] = means[who]
            numbers[f"probability.{who}"] = float(torch.sigmoid(values).mean())
            numbers[f"accuracy.{who}"] = float(right.float().mean())
            histograms[f"verdict.{who}"] = histogram(values.cpu().numpy())
        numbers |= {name: float(value) for name, value in self.measured.items()}
        layers = {
            player: {layer: {name: float(x) for name, x in entry.items()} for layer, entry in entries.items()}
            for player, entries in self.layers.items()
        }
        self.means, self.verdicts, self.measured, self.layers = {}, {}, {}, {}
        return Report(numbers, histograms, layers)


def histogram(values: np.ndarray) -> Histogram:
    """Equal bins over the finite values."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Histogram([0.0, 1.0], [0])
    counts, edges = np.histogram(finite.astype(np.float64), bins=BINS)
    return Histogram([float(edge) for edge in edges], [int(count) for count in counts])
