"""What a few seeds tell: intervals without an assumption on the distribution, and how many seeds would tell more."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

SURE = 0.05  # a side of an interval is wrong in this share of cases, at most
LEAST = 3  # seeds: with fewer of either variant no interval is that sure
MOST = 50  # seeds beyond which a difference is called too small


@dataclass(frozen=True)
class Interval:
    """Where the typical ratio, or difference, of two variants lies: 90%, so that each side is wrong in 5% at most."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f}".replace("-", "−") if math.isfinite(self.low) else "?"


ANYTHING = Interval(-math.inf, math.inf)
"""Of fewer than three seeds."""


def between(one: Sequence[float], other: Sequence[float], of: Callable[[float, float], float]) -> Interval:
    """The interval of `of(a, b)` over the seeds of two variants, for example of a / b.

    It is the rank test of Mann and Whitney (1947) turned round (Hodges and Lehmann 1963): all pairs, without as many at
    either end as chance would put there. With three seeds each it goes from the least to the greatest. ANYTHING where
    the seeds are too few.
    """
    values = sorted(of(a, b) for a in one for b in other)
    total = math.comb(len(one) + len(other), len(one))
    left_out, below = -1, 0
    while (below := below + _ranked(len(one), len(other), left_out + 1)) <= SURE * total * (1 + 1e-9):
        left_out += 1
    return ANYTHING if left_out < 0 else Interval(values[left_out], values[-1 - left_out])


@cache
def _ranked(n: int, m: int, u: int) -> int:
    """In how many orders of n and m values exactly u pairs are the wrong way round."""
    if u < 0 or n == 0 or m == 0:
        return int(u == 0)
    return _ranked(n - 1, m, u - m) + _ranked(n, m - 1, u)


def seeds_needed(one: Sequence[float], other: Sequence[float], bound: float) -> str:
    """In words, about how many seeds of either variant tell on which side of `bound` the ratio of two positive figures
    lies, if their spread stays as it is.
    """
    logs = [[math.log(value) for value in values] for values in (one, other)]
    if min(map(len, logs)) < LEAST:
        return f"{LEAST} seeds at least"
    away = abs(statistics.mean(logs[0]) - statistics.mean(logs[1]) - math.log(bound))
    spread = math.sqrt(statistics.mean(map(statistics.variance, logs)))
    wanted = math.ceil(2 * (1.645 * spread / away) ** 2) + 1 if away else math.inf
    if wanted > MOST:
        return f"more than {MOST} seeds, as the difference is small beside their spread"
    return f"about {max(wanted, len(one) + 1, len(other) + 1)} seeds"
