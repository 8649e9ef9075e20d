"""What happened since the last report, gathered on the device and read once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.game import Histogram, Report
from gansmith.nets.ranks import Ranks

BINS = 40


@dataclass
class Ledger:
    """Lists of detached tensors; nothing waits for the device before `read`.

    middle: the verdict above which an item is called real; None: above the mean of the other side.
    """

    middle: float | None = 0.0
    losses: dict[str, list[Tensor]] = field(default_factory=dict)
    verdicts: dict[str, list[Tensor]] = field(default_factory=dict)
    measured: dict[str, Tensor] = field(default_factory=dict)
    layers: dict[str, dict[str, dict[str, Tensor]]] = field(default_factory=dict)

    def loss(self, name: str, value: Tensor) -> None:
        """Note a loss under `loss.<name>`."""
        self.note(f"loss.{name}", value)

    def note(self, name: str, value: Tensor) -> None:
        """Note a number of `ground.game.NUMBERS`, to be averaged."""
        self.losses.setdefault(name, []).append(value.detach())

    def judged(self, who: str, verdicts: Tensor) -> None:
        """Note verdicts (B,) on "real" or "fake" items."""
        self.verdicts.setdefault(who, []).append(verdicts.detach())

    def read(self, ranks: Ranks | None = None) -> Report:
        """Means since the last reading, over all ranks; the ledger is empty afterwards."""
        if ranks:
            self._join(ranks)
        numbers = {name: float(torch.stack(values).float().mean()) for name, values in self.losses.items()}
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
        self.losses, self.verdicts, self.measured, self.layers = {}, {}, {}, {}
        return Report(numbers, histograms, layers)

    def pack(self) -> tuple[Tensor, list[tuple[tuple[str, ...], int]]]:
        """Everything noted as one tensor, and what lies where in it: a path, and how many numbers; 0 = a number ()."""
        noted: list[tuple[tuple[str, ...], Tensor]] = []
        noted += [(("loss", name), value) for name, values in self.losses.items() for value in values]
        noted += [(("verdict", who), value) for who, values in self.verdicts.items() for value in values]
        noted += [(("measured", name), value) for name, value in self.measured.items()]
        noted += [
            (("layer", player, layer, name), value)
            for player, layers in self.layers.items()
            for layer, entry in layers.items()
            for name, value in entry.items()
        ]
        wide = torch.float64 if any(value.dtype == torch.float64 for _, value in noted) else torch.float32
        places = [(path, len(value) if value.ndim else 0) for path, value in noted]
        return torch.cat([value.reshape(-1).to(wide) for _, value in noted]), places

    def unpack(self, noted: Tensor, places: list[tuple[tuple[str, ...], int]]) -> None:
        """Note what another ledger packed."""
        for (path, size), part in zip(places, noted.split([size or 1 for _, size in places]), strict=True):
            value = part if size else part[0]
            match path:
                case ("loss", name):
                    self.losses.setdefault(name, []).append(value)
                case ("verdict", who):
                    self.verdicts.setdefault(who, []).append(value)
                case ("measured", name):
                    self.measured[name] = value
                case (_, player, layer, name):
                    self.layers.setdefault(player, {}).setdefault(layer, {})[name] = value

    def _join(self, ranks: Ranks) -> None:
        """Hear what the others noted, in one exchange. Gradients and steps are everybody's already."""
        if not (self.losses or self.verdicts):
            return
        means = torch.stack([torch.stack(values).mean() for values in self.losses.values()])
        judged = [torch.cat(parts) for parts in self.verdicts.values()]
        noted = ranks.all_gather(torch.cat([part.double() for part in (means, *judged)]))
        losses, *columns = noted.split([len(means), *map(len, judged)], 1)
        self.losses = {name: [value] for name, value in zip(self.losses, losses.mean(0), strict=True)}
        self.verdicts = {who: [values.flatten()] for who, values in zip(self.verdicts, columns, strict=True)}


def histogram(values: np.ndarray) -> Histogram:
    """Equal bins over the finite values."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Histogram([0.0, 1.0], [0])
    counts, edges = np.histogram(finite.astype(np.float64), bins=BINS)
    return Histogram([float(edge) for edge in edges], [int(count) for count in counts])
