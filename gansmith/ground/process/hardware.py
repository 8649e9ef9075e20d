"""The processors of this machine, and how fast something runs on it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

EFFICIENCY = 0.25
"""The speed of a small network's training, as a share of the speed of a large matrix product."""


def processors() -> int:
    """How many processors this process may use: on some systems it may be limited to a part of them."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def least_seconds(compute: Callable[[], object], rounds: int = 5) -> float:
    """The shortest time of several rounds. `compute` has to wait for the device, for example by reading a number."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        compute()
        best = min(best, time.perf_counter() - began)
    return best
