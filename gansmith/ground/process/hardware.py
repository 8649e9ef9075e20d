"""The processors of this machine, and how fast something runs on it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

EFFICIENCY = 0.25
"""The speed of a small network's training, as a share of the speed of a large matrix product."""


QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of processor time in a period of so many, which a container may use; "max" = all."""


def processors() -> int:
    """How many processors this process may use: it may be limited to a part of them, or to a share of their time."""
    return max(1, int(min(len(own_processors()), quota())))


def own_processors() -> list[int]:
    """The numbers of the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def quota() -> float:
    """How many processors' time this process may use at most, where Linux limits a container; else infinity."""
    try:
        allowed, period = QUOTA.read_text(encoding="ascii").split()
        return int(allowed) / int(period)
    except (OSError, ValueError):  # no limit, or another system
        return float("inf")


def least_seconds(compute: Callable[[], object], rounds: int = 5) -> float:
    """The shortest time of several rounds. `compute` has to wait for the device, for example by reading a number."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        compute()
        best = min(best, time.perf_counter() - began)
    return best
