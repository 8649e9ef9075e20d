"""Bases in which pictures are sparse: orthonormal transforms of rows (N, C x H x W), channel by channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.ground.networks.plan import Shape

Transform = Callable[[np.ndarray, Shape], np.ndarray]
LEVELS = 4  # of wavelets, as long as both sides are even
FILTERS: dict[str, tuple[float, ...]] = {  # low-pass filters; the high-pass one is its alternating reversal
    "haar": (0.5**0.5, 0.5**0.5),
    "daubechies": tuple(
        np.array([1 + 3**0.5, 3 + 3**0.5, 3 - 3**0.5, 1 - 3**0.5]) / (4 * 2**0.5)
    ),  # two vanishing moments (Daubechies 1988)
}


@dataclass(frozen=True)
class Basis:
    """coefficients = analyse(rows), rows = synthesise(coefficients); lengths are kept."""

    analyse: Transform
    synthesise: Transform


def _same(rows: np.ndarray, shape: Shape) -> np.ndarray:
    return rows


def _dct(rows: np.ndarray, shape: Shape) -> np.ndarray:
    from scipy.fft import dctn

    return np.asarray(dctn(rows.reshape(-1, *shape), axes=(2, 3), norm="ortho")).reshape(rows.shape)


def _inverse_dct(rows: np.ndarray, shape: Shape) -> np.ndarray:
    from scipy.fft import idctn

    return np.asarray(idctn(rows.reshape(-1, *shape), axes=(2, 3), norm="ortho")).reshape(rows.shape)


def _levels(shape: Shape, taps: int) -> list[tuple[int, int]]:
    """The sizes (height, width) that each level of a wavelet transform works on, largest first."""
    _, height, width = shape
    sizes = []
    while len(sizes) < LEVELS and height % 2 == 0 and width % 2 == 0 and min(height, width) >= max(taps, 2):
        sizes.append((height, width))
        height, width = height // 2, width // 2
    return sizes


def step(side: int, low: tuple[float, ...]) -> np.ndarray:
    """One level of a wavelet transform of `side` numbers, periodic: an orthonormal matrix, means above details."""
    matrix = np.zeros((side, side))
    for row in range(side // 2):
        for tap, value in enumerate(low):
            matrix[row, (2 * row + tap) % side] += value
            matrix[side // 2 + row, (2 * row + tap) % side] += (-1) ** tap * low[len(low) - 1 - tap]
    return matrix


def wavelet(name: str) -> Basis:
    """A separable wavelet basis: the means of each level are transformed again."""
    low = FILTERS[name]

    def analyse(rows: np.ndarray, shape: Shape) -> np.ndarray:
        values = rows.reshape(-1, *shape).astype(np.float64)
        for height, width in _levels(shape, len(low)):
            part = values[..., :height, :width]
            values[..., :height, :width] = step(height, low) @ part @ step(width, low).T
        return values.reshape(rows.shape)

    def synthesise(rows: np.ndarray, shape: Shape) -> np.ndarray:
        values = rows.reshape(-1, *shape).astype(np.float64)
        for height, width in reversed(_levels(shape, len(low))):
            part = values[..., :height, :width]
            values[..., :height, :width] = step(height, low).T @ part @ step(width, low)
        return values.reshape(rows.shape)

    return Basis(analyse, synthesise)


BASES: dict[str, Basis] = {
    "pixels": Basis(_same, _same),
    "dct": Basis(_dct, _inverse_dct),
    "haar": wavelet("haar"),
    "daubechies": wavelet("daubechies"),
}
