"""How far a figure would move with other samples: 95% intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Interval = tuple[float, float]
Z = 1.959964  # of 95%


def share(hits: float, count: int) -> Interval:
    """Wilson's score interval (1927) of a share: `hits` of `count`; stays inside 0..1, even at 0 hits."""
    if count <= 0:
        return 0.0, 1.0
    p = hits / count
    middle = p + Z * Z / (2 * count)
    half = Z * float(np.sqrt(p * (1 - p) / count + Z * Z / (4 * count * count)))
    scale = 1 + Z * Z / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def mean(values: np.ndarray) -> Interval:
    """Of the mean of independent values (N,)."""
    if len(values) < 2:
        return float("-inf"), float("inf")
    middle = float(np.mean(values, dtype=np.float64))
    half = Z * float(np.std(values, ddof=1, dtype=np.float64)) / float(np.sqrt(len(values)))
    return middle - half, middle + half


def jackknife(statistic: Callable[[np.ndarray], float], rows: np.ndarray, value: float, groups: int = 10) -> Interval:
    """Of a statistic of all rows: leave out one of `groups` equal groups at a time (Quenouille 1956, Tukey 1958).

    Smooth statistics only (a Frechet distance, not a median). Rows must be in no particular order.
    """
    group = np.arange(len(rows)) % groups
    without = np.array([statistic(rows[group != index]) for index in range(groups)])
    half = Z * float(np.sqrt((groups - 1) / groups * np.square(without - without.mean()).sum()))
    return value - half, value + half
