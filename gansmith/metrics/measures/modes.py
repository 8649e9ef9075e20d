"""Which modes of the data are generated, and in what shares: how mode collapse is measured.

exact        modes known by their centres (ring, grid): Srivastava et al. 2017 (VEEGAN), Lin et al. 2018 (PacGAN)
of_classes   each class that a classifier predicts is a mode; of stacked digits 1,000 (Metz et al. 2017)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError

WITHIN = 3.0  # standard deviations: a sample this near to its centre is good
LEAST = 0.3  # a class is covered with this share of its expected count: 3% of the samples of ten even classes


@dataclass(frozen=True)
class Modes:
    """How many modes of `total` are covered, and their counts."""

    covered: int
    total: int
    counts: list[int]  # samples per mode
    kl: float  # KL divergence from the samples' shares to the data's, nats; 0 = every mode in its expected share
    good: float = 1.0  # exact modes: share of all samples within WITHIN standard deviations of a centre


def exact(points: np.ndarray, centres: np.ndarray, std: float, expected: np.ndarray | None = None) -> Modes:
    """Modes of points (N, D) around centres (K, D) with standard deviation `std` per coordinate.

    A point is good within 3 std (Euclidean) of its nearest centre; one good point covers a mode. Points that are not
    finite are not good. `expected` (K,): the data's shares, None = even. KL is that of the good points; it is infinite
    when there are none.
    """
    if points.ndim != 2 or points.shape[1] != centres.shape[1]:
        raise DataError(f"points {points.shape} and centres {centres.shape} lie in different spaces")
    finite = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    squared = np.square(finite[:, None, :] - centres[None].astype(np.float64)).sum(axis=2)  # (N, K)
    good = squared.min(axis=1, initial=np.inf) <= (WITHIN * std) ** 2
    counts = np.bincount(squared.argmin(axis=1)[good], minlength=len(centres))
    return Modes(
        covered=int((counts > 0).sum()),
        total=len(centres),
        counts=counts.tolist(),
        kl=kl(counts, np.ones(len(centres)) if expected is None else expected),
        good=float(good.sum()) / max(1, len(points)),
    )


def due(expected: np.ndarray, count: int, asked: np.ndarray | None = None) -> np.ndarray:
    """How many of `count` samples each class should get, float64 (K,): as many as were asked for, where labels `asked`
    int64 (N,) are known and name it, else its share of the data. expected (K,): the data's shares or counts."""
    shares = count * np.asarray(expected, np.float64) / np.sum(expected)
    if asked is None:
        return shares
    counts = np.bincount(asked, minlength=len(shares)).astype(np.float64)
    return np.where(counts > 0, counts, shares)


def of_classes(
    predicted: np.ndarray, expected: np.ndarray, least: float = LEAST, asked: np.ndarray | None = None
) -> Modes:
    """Modes of a classifier's predictions int64 (N,); expected (K,): the data's shares or counts of the classes.

    A class of the data is covered by `least` of the count that is `due`, and at least one sample.
    """
    expected = np.asarray(expected, np.float64)
    counts = np.bincount(predicted, minlength=len(expected))
    enough = np.maximum(1.0, least * due(expected, len(predicted), asked))
    present = expected > 0
    return Modes(int((counts >= enough)[present].sum()), int(present.sum()), counts.tolist(), kl(counts, expected))


def kl(counts: np.ndarray, expected: np.ndarray) -> float:
    """KL divergence, nats, from the shares of counts (K,) to those of expected (K,).

    Infinite where all counts are 0, or where something is counted that is not expected.
    """
    counts, expected = np.asarray(counts, np.float64), np.asarray(expected, np.float64)
    present = counts > 0
    if not present.any() or (expected[present] == 0).any():
        return float("inf")
    p, q = counts[present] / counts.sum(), expected[present] / expected.sum()
    return max(0.0, float((p * np.log(p / q)).sum()))
