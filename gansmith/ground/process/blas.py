"""What NumPy's matrix products run on: the library behind them, its threads, its pace."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

EFFICIENCY = 0.25
"""The share of a large product's pace that the NumPy engine's training is expected to reach."""


def use_threads(count: int) -> int:
    """Multiply with `count` threads (0 = as many as the library takes: every processor, or what its own variables in
    the environment say); returns how many it will be.

    Where the library cannot be told (Apple's Accelerate), the number stands for nothing.
    """
    libraries = _libraries()
    if count:
        libraries.limit(limits=count)
    return max((each["num_threads"] for each in libraries.info()), default=count or os.cpu_count() or 1)


def can_be_told() -> bool:
    """Whether this NumPy's library takes a number of threads."""
    return bool(_libraries().info())


def environment() -> dict[str, Any]:
    """What results may depend on: the library, its version, and the processor that it takes this one for."""
    known = {
        f"{each['internal_api']} {each.get('version') or ''} {each.get('architecture') or ''}".strip()
        for each in _libraries().info()
    }
    return {"blas": ", ".join(sorted(known)) or "unknown"}


def operations_per_second() -> float:
    """Operations a second to expect of a training here: a share of what a large matrix product is timed at."""
    a = np.ones((1024, 1024), np.float32)
    best = float("inf")
    for _ in range(4):
        begin = time.perf_counter()
        np.matmul(a, a)
        best = min(best, time.perf_counter() - begin)
    return EFFICIENCY * 2 * 1024**3 / best


def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController  # here: the package and its help stay light

    return ThreadpoolController().select(user_api="blas")
