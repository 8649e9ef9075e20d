"""The kernel distance: squared maximum mean discrepancy under a cubic kernel (Binkowski et al. 2018).

    k(x, y) = (x.y / d + 1)^3

The estimate is unbiased: it may be below 0, and it does not depend on the number of items as a Frechet distance does.
Published figures are means over random subsets. Here every pair of rows is used once, which estimates the same number
with less scatter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.metrics.intervals import Interval, Z

BLOCK = 1024  # rows whose kernels are in memory at a time


@dataclass(frozen=True)
class KernelDistance:
    """An estimate, and its standard error over other generated items; the real items are fixed."""

    value: float
    error: float | None  # None for fewer than three items

    @property
    def interval(self) -> Interval | None:
        """95%."""
        return None if self.error is None else (self.value - Z * self.error, self.value + Z * self.error)


def kid(a: np.ndarray, b: np.ndarray, within_b: float | None = None) -> KernelDistance:
    """KID of generated features a (N, d) against real b (M, d), N, M >= 2, in float64. Raises DataError for others.

    within_b: `within(b)`, where it is known. The error is the jackknife's: every generated item is left out once.
    """
    if min(len(a), len(b)) < 2 or a.shape[1] != b.shape[1]:
        raise DataError(f"a kernel distance needs two or more rows of one length, not {a.shape} and {b.shape}")
    own, across = _to_others(a), _means(a, b)
    count, total, to_real = len(a), float(own.sum()), float(across.sum())
    within_b = within(b) if within_b is None else within_b
    value = total / (count * (count - 1)) + within_b - 2 * to_real / count
    if count < 3:
        return KernelDistance(value, None)
    without = (total - 2 * own) / ((count - 1) * (count - 2)) - 2 * (to_real - across) / (count - 1)
    return KernelDistance(value, float(np.sqrt((count - 1) / count * np.square(without - without.mean()).sum())))


def within(b: np.ndarray) -> float:
    """The mean kernel of two different rows of features (M, d), M >= 2."""
    return float(_to_others(b).sum() / (len(b) * (len(b) - 1)))


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cubic kernel of every pair, (N, M)."""
    inner = a @ b.T / a.shape[1] + 1.0
    return inner * inner * inner


def _means(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The mean kernel of every row of a with all rows of b, (N,)."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.concatenate([kernel(a[start : start + BLOCK], b).mean(axis=1) for start in range(0, len(a), BLOCK)])


def _to_others(a: np.ndarray) -> np.ndarray:
    """The sum of the kernels of every row of a with all other rows, (N,)."""
    norms = np.square(np.asarray(a, np.float64)).sum(axis=1) / a.shape[1] + 1.0
    return len(a) * _means(a, a) - norms**3
