"""The kernel distance: squared maximum mean discrepancy under a cubic kernel (Binkowski et al. 2018).

    k(x, y) = (x.y / d + 1)^3

The estimate is unbiased: it may be below 0, and it does not depend on the number of items as a Frechet distance does.
KID is the mean over random subsets; `spread` is the standard deviation over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import DataError

SUBSETS = 100
SUBSET_SIZE = 1000


@dataclass(frozen=True)
class KernelDistance:
    """The mean and the standard deviation over subsets."""

    value: float
    spread: float
    subsets: int
    size: int  # items of each side in a subset

    def interval(self, count: int) -> tuple[float, float]:
        """About 95%. Subsets overlap: only `count` // size of them count as independent."""
        half = 1.96 * self.spread / np.sqrt(max(1, count // self.size))
        return self.value - half, self.value + half


def mmd2(a: np.ndarray, b: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of features a (N, d) and b (M, d), N, M >= 2, in float64."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if min(len(a), len(b)) < 2 or a.shape[1] != b.shape[1]:
        raise DataError(f"a kernel distance needs two or more rows of one length, not {a.shape} and {b.shape}")
    return _mean_off_diagonal(kernel(a, a)) + _mean_off_diagonal(kernel(b, b)) - 2 * float(kernel(a, b).mean())


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cubic kernel of every pair, (N, M)."""
    inner = a @ b.T / a.shape[1] + 1.0
    return inner * inner * inner


def kid(
    a: np.ndarray, b: np.ndarray, *, subsets: int = SUBSETS, size: int = SUBSET_SIZE, seed: int = 0
) -> KernelDistance:
    """KID of features a (N, d) and b (M, d): `subsets` draws of `size` rows without replacement from either side.

    With fewer rows on one side, subsets have as many. If both sides have just so many, all rows are used once.
    """
    size = min(size, len(a), len(b))
    if len(a) == len(b) == size:
        return KernelDistance(mmd2(a, b), 0.0, 1, size)
    values = [mmd2(*pair) for pair in draws(a, b, subsets, size, seed)]
    return KernelDistance(float(np.mean(values)), float(np.std(values)), subsets, size)


def draws(a: np.ndarray, b: np.ndarray, subsets: int, size: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Random subsets of the rows of both sides, (size, d) each."""
    for index in range(subsets):
        rng = streams.generator(seed, "features", index)
        yield a[rng.permutation(len(a))[:size]], b[rng.permutation(len(b))[:size]]


def _mean_off_diagonal(square: np.ndarray) -> float:
    count = len(square)
    return float((square.sum() - np.trace(square)) / (count * (count - 1)))
