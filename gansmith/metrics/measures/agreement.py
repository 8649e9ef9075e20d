"""Does the generator make the class that was asked for? A classifier's answer against the asked label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError


@dataclass(frozen=True)
class Agreement:
    """Shares of items whose class is the asked one."""

    overall: float
    per_class: list[float | None]  # None for a class that nobody asked for
    worst: float  # the least of per_class
    confusion: list[list[int]]  # confusion[asked][answered], counts


def agreement(asked: np.ndarray, answered: np.ndarray, classes: int) -> Agreement:
    """Of labels asked and answered, int64 (N,) in [0, classes), N >= 1."""
    if asked.shape != answered.shape or asked.ndim != 1 or not len(asked):
        raise DataError(f"{len(asked)} asked labels and {len(answered)} answers: give one label per item")
    if min(asked.min(), answered.min()) < 0 or max(asked.max(), answered.max()) >= classes:
        raise DataError(f"labels {asked.min()} to {asked.max()}: the data's classes are 0 to {classes - 1}")
    confusion = np.bincount(asked * classes + answered, minlength=classes * classes).reshape(classes, classes)
    counts, right = confusion.sum(axis=1), np.diag(confusion)
    per_class = [int(r) / int(n) if n else None for r, n in zip(right, counts, strict=True)]
    worst = min(share for share in per_class if share is not None)
    return Agreement(int(right.sum()) / len(asked), per_class, worst, confusion.tolist())
