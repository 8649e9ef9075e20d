"""Grids: what repeats every two pixels, as strided layers leave it (Odena et al. 2016).

Multiply a picture by +1 and -1 in turn, along a line or like a chequerboard, and add up: a pattern of that period adds up,
and all else cancels out. The square of the sum is the picture's energy at that frequency.
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

    checks: float  # at two pixels along both axes
    stripes: float  # at two pixels along one axis, the mean of both
    least: float  # that rounding to bytes alone leaves at the frequency of the checks

    def over(self, real: Grid) -> tuple[float, float]:
        """(checks, stripes) as multiples of those of real pictures, which have at least what rounding leaves."""
        return self.checks / max(real.checks, real.least), self.stripes / max(real.stripes, real.least)


def grid(pictures: np.ndarray) -> Grid:
    """The shares of pictures (N, H, W, C), in grey levels of 0..255; sides of at least LEAST_SIDE."""
    height, width = pictures.shape[1:3]
    down = (-1.0) ** np.arange(height, dtype=np.float32)
    across = (-1.0) ** np.arange(width, dtype=np.float32)
    checks = rows = columns = total = 0.0
    for start in range(0, len(pictures), CHUNK):
        part = np.asarray(pictures[start : start + CHUNK], np.float32)
        part = part - part.mean(axis=(1, 2), keepdims=True, dtype=np.float64).astype(np.float32)
        lines = np.einsum("nhwc,h->nwc", part, down)
        columns_sum = np.einsum("nhwc,w->nhc", part, across)
        checks += float(np.square(np.einsum("nwc,w->nc", lines, across), dtype=np.float64).sum()) / (height * width)
        rows += float(np.square(lines, dtype=np.float64).sum()) / height
        columns += float(np.square(columns_sum, dtype=np.float64).sum()) / width
        total += float(np.square(part, dtype=np.float64).sum())
    total = max(total, 1e-12)
    rounding = ROUNDING * len(pictures) * pictures.shape[3]  # energy at one frequency
    return Grid(checks / total, (rows + columns) / 2 / total, rounding / total)
