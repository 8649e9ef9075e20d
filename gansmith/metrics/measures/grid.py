"""Grids: what repeats every two pixels, as strided layers leave it (Odena et al. 2016).

Pictures have little energy at the highest frequency of both axes, the chequerboard of two pixels. Noise raises it, and all
frequencies beside it as much; a grid on even places raises it alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHUNK = 512  # pictures at a time
LEAST_SIDE = 8  # pixels; in smaller pictures these frequencies are those of their content
ROUNDING = 1 / 12  # variance, in grey levels, that rounding to bytes spreads over all frequencies


@dataclass(frozen=True)
class Grid:
    """Shares of all pictures' energy, without their means."""

    checks: float  # at the highest frequency of both axes
    beside: float  # at the next lower one of both axes
    stripes: float  # at the highest frequency of one axis, the mean of both
    least: float  # that rounding to bytes alone leaves at one frequency

    def over(self, real: Grid) -> tuple[float, float]:
        """(checks, stripes) as multiples of those of real pictures, which have at least what rounding leaves."""
        return self.checks / max(real.checks, real.least), self.stripes / max(real.stripes, real.least)

    @property
    def stands_out(self) -> float:
        """The checks over what is beside them: about 1 for pictures and for noise."""
        return self.checks / max(self.beside, self.least)


def grid(pictures: np.ndarray) -> Grid:
    """The shares of pictures (N, H, W, C), in grey levels of 0..255; sides of at least LEAST_SIDE."""
    height, width = pictures.shape[1:3]
    down, across = _waves(height), _waves(width)
    both = np.zeros((2, 2))
    rows = columns = total = 0.0
    for start in range(0, len(pictures), CHUNK):
        part = np.asarray(pictures[start : start + CHUNK], np.float32)
        part = part - part.mean(axis=(1, 2), keepdims=True)
        lines = np.einsum("nhwc,hk->nkwc", part, down)
        both += _energy(np.einsum("nkwc,wl->nklc", lines, across), (0, 3)) / (height * width)
        rows += float(_energy(lines[:, 0], None)) / height
        columns += float(_energy(np.einsum("nhwc,w->nhc", part, across[:, 0]), None)) / width
        total += float(_energy(part, None))
    total = max(total, 1e-12)
    rounding = ROUNDING * len(pictures) * pictures.shape[3]
    return Grid(both[0, 0] / total, both[1, 1] / total, (rows + columns) / 2 / total, rounding / total)


def _waves(side: int) -> np.ndarray:
    """The highest frequency of a side, and the next lower one: complex64 (side, 2)."""
    turns = np.outer(np.arange(side), [side // 2, side // 2 - 1]) / side
    return np.exp(-2j * np.pi * turns).astype(np.complex64)


def _energy(values: np.ndarray, axes: tuple[int, ...] | None) -> np.ndarray:
    return np.square(np.abs(values), dtype=np.float64).sum(axes)
