"""Many latents and the traits of their pictures: styles, directions and control are computed from these.

In a labelled generator a trait depends on the class as well: a 7 leans by itself. So a latent is shown in several
classes, each trait is standardised within its class, and the latent's trait is the mean over the classes shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gansmith.kinds.record import Measure
from gansmith.latent.appearance.traits import measure
from gansmith.latent.decoder import Decoder

CLASSES_EACH = 3  # classes that a latent is shown in


@dataclass(frozen=True)
class Scale:
    """One trait's mean and standard deviation in each class (one class when unlabelled), float64 (classes,)."""

    mean: np.ndarray
    deviation: np.ndarray

    def standard(self, values: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Values in standard deviations from the mean of their own class."""
        rows = np.zeros(len(values), np.int64) if labels is None else labels
        return (values - self.mean[rows]) / self.deviation[rows]


@dataclass(frozen=True)
class Survey:
    """N latents (N, dim) and their traits: standard[trait] float64 (N,), in standard deviations within a class."""

    latents: np.ndarray
    standard: dict[str, np.ndarray]
    scales: dict[str, Scale]
    pictures: int  # how many were made and measured

    def correlations(self) -> dict[str, dict[str, float]]:
        """Pearson correlation of every two traits over the latents."""
        names = list(self.standard)
        matrix = np.corrcoef(np.stack([self.standard[name] for name in names])).reshape(len(names), len(names))
        return {a: {b: float(matrix[i, j]) for j, b in enumerate(names)} for i, a in enumerate(names)}


def measure_latents(generator: Decoder, measures: Mapping[str, Measure], count: int, seed: int = 0) -> Survey:
    """Draw `count` latents and measure their pictures, all in one batch."""
    latents = generator.latents(count, seed)
    each = min(CLASSES_EACH, generator.classes) or 1
    labels = shown_in(count, each, generator.classes)
    made = generator.items(np.repeat(latents, each, axis=0), labels)
    values = measure(made, measures)
    scales = {name: _scale(found, labels, generator.classes) for name, found in values.items()}
    standard = {
        name: scales[name].standard(found, labels).reshape(count, each).mean(axis=1) for name, found in values.items()
    }
    return Survey(latents, standard, scales, len(made))


def shown_in(count: int, each: int, classes: int) -> np.ndarray | None:
    """The classes int64 (count x each,) that latents are shown in: all equally often, `each` different ones a latent."""
    if not classes:
        return None
    start = np.arange(count)[:, None] + np.arange(each) * (classes // each)
    return (start % classes).ravel()


def _scale(values: np.ndarray, labels: np.ndarray | None, classes: int) -> Scale:
    """A trait's scale; a class without pictures, or with all equal, has the mean and deviation of all pictures."""
    mean, deviation = np.full(max(classes, 1), values.mean()), np.full(max(classes, 1), values.std())
    for label in range(classes):
        here = values[labels == label]
        if len(here) > 1 and here.std() > 1e-9:
            mean[label], deviation[label] = here.mean(), here.std()
    return Scale(mean, np.maximum(deviation, 1e-9))
