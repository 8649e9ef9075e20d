"""What happened since the last report, in numbers and NumPy arrays, and the report made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gansmith.ground.game import Histogram, Report

BINS = 40


@dataclass
class Tally:
    """Lists of numbers, averaged when read. Names as in `ground.game.NUMBERS`."""

    losses: dict[str, list[float]] = field(default_factory=dict)
    verdicts: dict[str, list[np.ndarray]] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)
    layers: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)

    def loss(self, name: str, value: float) -> None:
        """Note a loss."""
        self.losses.setdefault(f"loss.{name}", []).append(value)

    def judged(self, who: str, verdicts: np.ndarray) -> None:
        """Note verdicts (B,) on "real" or "fake" items."""
        self.verdicts.setdefault(who, []).append(verdicts.copy())

    @np.errstate(all="ignore")
    def read(self) -> Report:
        """Means since the last reading; NaN and infinity stay what they are."""
        numbers = {name: float(np.mean(values)) for name, values in self.losses.items()}
        histograms: dict[str, Histogram] = {}
        for who, parts in self.verdicts.items():
            values = np.concatenate(parts).astype(np.float64)
            numbers[f"verdict.{who}"] = float(values.mean())
            numbers[f"probability.{who}"] = float(np.exp(-np.logaddexp(0, -values)).mean())
            numbers[f"accuracy.{who}"] = float((values > 0 if who == "real" else values < 0).mean())
            histograms[f"verdict.{who}"] = histogram(values)
        return Report(numbers | self.measured, histograms, self.layers)


def histogram(values: np.ndarray) -> Histogram:
    """Equal bins over the finite values."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Histogram([0.0, 1.0], [0])
    counts, edges = np.histogram(finite, bins=BINS)
    return Histogram(edges.tolist(), counts.tolist())
