"""Does the generator draw the requested class? A classifier's predictions against the requested labels.

Every class counts alike, however often it was asked for: a rare class that is never drawn is as bad as a frequent one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError, counted


@dataclass(frozen=True)
class Agreement:
    """Shares of items whose predicted class is the requested one."""

    overall: float  # the mean over the requested classes
    per_class: list[float | None]  # None for a class that was never requested
    counts: list[int]  # items that were requested of each class

    @property
    def worst(self) -> int:
        """The class with the smallest share; of equals, the first."""
        return min((share, index) for index, share in enumerate(self.per_class) if share is not None)[1]

    @property
    def weight(self) -> float:
        """How many evenly requested items would know `overall` as well: K^2 / sum of 1 / n over K classes of n items."""
        asked = np.array([count for count in self.counts if count], np.float64)
        return len(asked) ** 2 / float((1 / asked).sum())


def agreement(requested: np.ndarray, predicted: np.ndarray, classes: int) -> Agreement:
    """Compare requested and predicted labels, int64 (N,) in [0, classes), N >= 1. Raises DataError for other labels."""
    if requested.shape != predicted.shape or requested.ndim != 1 or not len(requested):
        raise DataError(
            f"{len(requested)} requested labels and {counted(len(predicted), 'prediction')}: give one label per item"
        )
    low, high = min(requested.min(), predicted.min()), max(requested.max(), predicted.max())
    if low < 0 or high >= classes:
        raise DataError(f"labels {low} to {high}: the data's classes are 0 to {classes - 1}")
    counts, hits = (np.bincount(found, minlength=classes) for found in (requested, requested[requested == predicted]))
    per_class = [int(hit) / int(count) if count else None for hit, count in zip(hits, counts, strict=True)]
    overall = float(np.mean([share for share in per_class if share is not None]))
    return Agreement(overall, per_class, counts.tolist())
