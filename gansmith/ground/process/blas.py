"""The library that computes NumPy's matrix products: its name, its threads, its speed."""

from __future__ import annotations

from typing import Any

import numpy as np

from gansmith.ground.process.hardware import EFFICIENCY, least_seconds, processors


def use_threads(count: int) -> int:
    """Multiply matrices with `count` threads; 0 = the library's own number. Returns the number that is used.

    With a library that takes no number (Apple's Accelerate) the returned number means nothing.
    """
    libraries = _libraries()
    if count:
        libraries.limit(limits=count)
    return max((each["num_threads"] for each in libraries.info()), default=count or processors())


def takes_threads() -> bool:
    """Whether the number of threads can be set."""
    return bool(_libraries().info())


def environment() -> dict[str, Any]:
    """What results may depend on: the library, its version, and the kind of processor that it has found."""
    known = {
        f"{each['internal_api']} {each.get('version') or ''} {each.get('architecture') or ''}".strip()
        for each in _libraries().info()
    }
    return {"blas": ", ".join(sorted(known)) or "unknown"}


def operations_per_second() -> float:
    """Expected operations a second of a training with NumPy here, from the time of a large product."""
    a = np.ones((1024, 1024), np.float32)
    return EFFICIENCY * 2 * 1024**3 / least_seconds(lambda: np.matmul(a, a), rounds=4)


def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController  # late, so that `--help` is quick

    return ThreadpoolController().select(user_api="blas")
