"""Bases in which pictures are sparse: orthonormal transforms of rows (N, C x H x W), channel by channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.ground.networks.plan import Shape

Transform = Callable[[np.ndarray, Shape], np.ndarray]
LEVELS = 4  # of wavelets, as long as both sides are even
LOW_PASS = np.array([1 + 3**0.5, 3 + 3**0.5, 3 - 3**0.5, 1 - 3**0.5]) / (4 * 2**0.5)
"""Daubechies' wavelet filter with two vanishing moments (1988). The high-pass one is its alternating reversal."""


@dataclass(frozen=True)
class Basis:
    """coefficients = analyse(rows), rows = synthesise(coefficients); both keep lengths."""

    analyse: Transform
    synthesise: Transform


def _dct(rows: np.ndarray, shape: Shape) -> np.ndarray:
    from scipy.fft import dctn

    return np.asarray(dctn(rows.reshape(-1, *shape), axes=(2, 3), norm="ortho")).reshape(rows.shape)


def _inverse_dct(rows: np.ndarray, shape: Shape) -> np.ndarray:
    from scipy.fft import idctn

    return np.asarray(idctn(rows.reshape(-1, *shape), axes=(2, 3), norm="ortho")).reshape(rows.shape)


def _wavelets(rows: np.ndarray, shape: Shape) -> np.ndarray:
    """Each level transforms the means of the one before."""
    values = rows.reshape(-1, *shape).astype(np.float64)
    for height, width in _levels(shape):
        part = values[..., :height, :width]
        values[..., :height, :width] = wavelet_step(height) @ part @ wavelet_step(width).T
    return values.reshape(rows.shape)


def _inverse_wavelets(rows: np.ndarray, shape: Shape) -> np.ndarray:
    values = rows.reshape(-1, *shape).astype(np.float64)
    for height, width in reversed(_levels(shape)):
        part = values[..., :height, :width]
        values[..., :height, :width] = wavelet_step(height).T @ part @ wavelet_step(width)
    return values.reshape(rows.shape)


def _levels(shape: Shape) -> list[tuple[int, int]]:
    """The sizes (height, width) that each level of the wavelet transform works on, largest first."""
    _, height, width = shape
    sizes = []
    while len(sizes) < LEVELS and height % 2 == 0 and width % 2 == 0 and min(height, width) >= len(LOW_PASS):
        sizes.append((height, width))
        height, width = height // 2, width // 2
    return sizes


def wavelet_step(side: int) -> np.ndarray:
    """One level of a wavelet transform of `side` numbers, periodic: an orthonormal matrix, means above details."""
    matrix = np.zeros((side, side))
    for row in range(side // 2):
        for tap, value in enumerate(LOW_PASS):
            matrix[row, (2 * row + tap) % side] += value
            matrix[side // 2 + row, (2 * row + tap) % side] += (-1) ** tap * LOW_PASS[-1 - tap]
    return matrix


BASES: dict[str, Basis] = {
    "pixels": Basis(lambda rows, shape: rows, lambda rows, shape: rows),
    "dct": Basis(_dct, _inverse_dct),
    "daubechies": Basis(_wavelets, _inverse_wavelets),
}
