"""Figures of tables."""

from __future__ import annotations

import numpy as np

from gansmith.kinds.record import Row, Units


def measures(training: np.ndarray, made: np.ndarray, units: Units, held_out: np.ndarray) -> list[Row]:
    """TODO"""
    return []
