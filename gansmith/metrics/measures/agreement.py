"""Does the generator draw the requested class? A classifier's predictions against the requested labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError


@dataclass(frozen=True)
class Agreement:
    """Shares of items whose predicted class is the requested one."""

    overall: float
    per_class: list[float | None]  # None for a class that was never requested
    worst: float  # the smallest of per_class


def agreement(requested: np.ndarray, predicted: np.ndarray, classes: int) -> Agreement:
    """Compare requested and predicted labels, int64 (N,) in [0, classes), N >= 1. Raises DataError for other labels."""
    if requested.shape != predicted.shape or requested.ndim != 1 or not len(requested):
        raise DataError(f"{len(requested)} requested labels and {len(predicted)} predictions: give one label per item")
    low, high = min(requested.min(), predicted.min()), max(requested.max(), predicted.max())
    if low < 0 or high >= classes:
        raise DataError(f"labels {low} to {high}: the data's classes are 0 to {classes - 1}")
    right = requested == predicted
    counts, hits = (np.bincount(labels, minlength=classes) for labels in (requested, requested[right]))
    per_class = [int(hit) / int(count) if count else None for hit, count in zip(hits, counts, strict=True)]
    return Agreement(int(right.sum()) / len(right), per_class, min(share for share in per_class if share is not None))
