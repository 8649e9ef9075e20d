"""95% intervals: how much a figure would change with other samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Interval = tuple[float, float]
Z = 1.959964  # of 95%


def share(hits: float, count: float) -> Interval:
    """Wilson's score interval (1927) of a share, `hits` of `count`; it lies within 0..1, even at 0 hits."""
    if count <= 0:
        return 0.0, 1.0
    p = hits / count
    centre = p + Z * Z / (2 * count)
    half = Z * float(np.sqrt(p * (1 - p) / count + Z * Z / (4 * count * count)))
    scale = 1 + Z * Z / count
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def mean(values: np.ndarray) -> Interval:
    """The interval of the mean of independent values (N,)."""
    if len(values) < 2:
        return float("-inf"), float("inf")
    value = float(np.mean(values, dtype=np.float64))
    half = Z * float(np.std(values, ddof=1, dtype=np.float64)) / float(np.sqrt(len(values)))
    return value - half, value + half


def jackknife(statistic: Callable[[np.ndarray], float], rows: np.ndarray, value: float, groups: int = 10) -> Interval:
    """The interval of a statistic of all rows: leave out one of `groups` groups at a time (Quenouille 1956, Tukey 1958).

    For smooth statistics only (a Frechet distance, not a median). Rows must be in random order.
    """
    group = np.arange(len(rows)) % groups
    without = np.array([statistic(rows[group != index]) for index in range(groups)])
    half = Z * float(np.sqrt((groups - 1) / groups * np.square(without - without.mean()).sum()))
    return value - half, value + half
