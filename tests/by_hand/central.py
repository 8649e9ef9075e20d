"""Derivatives by central differences, the referee of everything that is differentiated by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def gradient(f: Callable[[], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """df/d(at), one number of `at` (float64, moved in place and put back) after the other."""
    assert at.dtype == np.float64
    result = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        here = at[place]
        at[place] = here + step
        above = f()
        at[place] = here - step
        below = f()
        at[place] = here
        result[place] = (above - below) / (2 * step)
    return result


def error(analytic: np.ndarray, numeric: np.ndarray) -> float:
    """|analytic - numeric| over the larger of their lengths; 0 when both are 0 to rounding."""
    size = max(float(np.linalg.norm(analytic)), float(np.linalg.norm(numeric)))
    return float(np.linalg.norm(analytic - numeric)) / size if size > 1e-9 else 0.0
