"""Which modes of the data are generated, and in what shares: the measure of mode collapse.

exact        modes known by their centres (ring, grid): Srivastava et al. 2017 (VEEGAN), Lin et al. 2018 (PacGAN)
of_classes   modes are a classifier's classes: digits, garments
stacked      1,000 modes: three digits in three colour channels (Metz et al. 2017)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.data.toys.stacked import STACK, joint_label
from gansmith.ground.errors import DataError

WITHIN = 3.0  # standard deviations from its centre at which a sample is still good
LEAST = 0.3  # share of its due that a class must have to count as covered: 3% of samples where ten classes are even


@dataclass(frozen=True)
class Modes:
    """Modes covered of `total`, with the shares behind them."""

    covered: int
    total: int
    counts: list[int]  # samples per mode
    kl: float  # KL from the samples' shares to the data's, nats; 0 = every mode in its due share
    good: float = 1.0  # exact modes: share of all samples within WITHIN standard deviations of a centre


def exact(points: np.ndarray, centres: np.ndarray, std: float, due: np.ndarray | None = None) -> Modes:
    """Modes of points (N, D) around centres (K, D) with standard deviation `std` per coordinate.

    A point is good within 3 std (Euclidean) of its nearest centre; a mode is covered by one good point. Points that
    are not finite are not good. `due` (K,): the data's shares, None = even. KL is of the good points' shares; it is
    infinite when there are none.
    """
    if points.ndim != 2 or points.shape[1] != centres.shape[1]:
        raise DataError(f"points {points.shape} and centres {centres.shape} lie in different spaces")
    finite = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    squared = np.square(finite[:, None, :] - centres[None].astype(np.float64)).sum(axis=2)  # (N, K)
    nearest = squared.argmin(axis=1)
    good = squared.min(axis=1, initial=np.inf) <= (WITHIN * std) ** 2
    counts = np.bincount(nearest[good], minlength=len(centres))
    return Modes(
        covered=int((counts > 0).sum()),
        total=len(centres),
        counts=counts.tolist(),
        kl=kl(counts, np.ones(len(centres)) if due is None else due),
        good=float(good.sum()) / max(1, len(points)),
    )


def of_classes(answers: np.ndarray, due: np.ndarray, least: float = LEAST) -> Modes:
    """Modes of a classifier's answers int64 (N,); due (K,): the data's shares or counts of the classes.

    A class that the data has is covered when it has at least `least` of its due share, and one sample.
    """
    due = np.asarray(due, np.float64)
    counts = np.bincount(answers, minlength=len(due))
    enough = np.maximum(1.0, least * len(answers) * due / due.sum())
    present = due > 0
    return Modes(int((counts >= enough)[present].sum()), int(present.sum()), counts.tolist(), kl(counts, due))


def stacked(answers: np.ndarray, classes: int = 10, due: np.ndarray | None = None) -> Modes:
    """Modes of answers int64 (N, 3), one per channel: classes^3 of them, each covered by one sample, as published."""
    total = classes**STACK
    return of_classes(joint_label(answers, classes), np.ones(total) if due is None else due, least=0.0)


def kl(counts: np.ndarray, due: np.ndarray) -> float:
    """KL divergence from the shares of counts (K,) to those of due (K,), nats; infinite with no count at all, or with
    counts where nothing is due."""
    counts, due = np.asarray(counts, np.float64), np.asarray(due, np.float64)
    if counts.sum() == 0:
        return float("inf")
    there = counts > 0
    if (due[there] == 0).any():
        return float("inf")
    p, q = counts[there] / counts.sum(), due[there] / due.sum()
    return max(0.0, float((p * np.log(p / q)).sum()))
