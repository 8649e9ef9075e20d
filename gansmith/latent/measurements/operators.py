"""Linear measurements of pictures: y = A x + noise, x the picture's numbers in [0, 1], (C x H x W,) flattened.

Rows of A have the expected squared length n / m, as gaussian ones with variance 1 / m have, so that operators compare
at equal noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import RunError, nearest
from gansmith.ground.networks.plan import Shape


@dataclass(frozen=True)
class Operator:
    """A matrix (m, n) and its name."""

    name: str
    matrix: np.ndarray  # float32

    @property
    def count(self) -> int:
        """How many measurements."""
        return len(self.matrix)

    def measure(self, pictures: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
        """What is measured of pictures (P, H, W, C), uint8 or in [0, 1]: float32 (P, m).

        noise: its expected length over all measurements (Bora et al. 2017 take .1 for digits); each measurement's
        standard deviation is noise / sqrt(m).
        """
        values = flat(pictures) @ self.matrix.T
        rng = streams.generator(seed, "explore", turn=4)
        return values + rng.standard_normal(values.shape, dtype=np.float32) * np.float32(noise / np.sqrt(self.count))


def gaussian(shape: Shape, count: int, seed: int) -> Operator:
    """Independent N(0, 1/m) entries; the first rows of m' > m measurements are in the direction of those of m."""
    size = check_count(shape, count)
    draw = streams.generator(seed, "explore", turn=3).standard_normal((count, size), dtype=np.float32)
    return Operator("gaussian", draw / np.float32(np.sqrt(count)))


def subsample(shape: Shape, count: int, seed: int) -> Operator:
    """m of the picture's own numbers, at random places, none twice."""
    size = check_count(shape, count)
    places = streams.generator(seed, "explore", turn=3).permutation(size)[:count]
    matrix = np.zeros((count, size), np.float32)
    matrix[np.arange(count), places] = np.sqrt(size / count)
    return Operator("subsample", matrix)


OPERATORS: dict[str, Callable[[Shape, int, int], Operator]] = {"gaussian": gaussian, "subsample": subsample}
"""Operators that are drawn: (item shape, measurements, seed). Learned ones come from `learned_operator.learn`."""


def make(name: str, shape: Shape, count: int, seed: int) -> Operator:
    """A drawn operator by its name. Raises RunError."""
    if name not in OPERATORS:
        raise RunError(f"unknown measurement {name!r}{nearest(name, [*OPERATORS, 'learned'])}")
    return OPERATORS[name](shape, count, seed)


def check_count(shape: Shape, count: int) -> int:
    """The picture's numbers; refuses to measure nothing, or more than there is."""
    size = int(np.prod(shape))
    if not 1 <= count <= size:
        raise RunError(f"{count} measurements: a picture of {size} numbers takes 1 to {size}")
    return size


def blocks(shape: Shape, factor: int) -> Operator:
    """Means of factor x factor pixels: what a camera of lower resolution sees. Raises RunError for odd sizes."""
    channels, height, width = shape
    if factor < 2 or height % factor or width % factor:
        raise RunError(f"pictures of {width}x{height} cannot be divided into fields of {factor}x{factor}")
    rows = [np.kron(np.eye(side // factor), np.full((1, factor), 1 / factor)) for side in (height, width)]
    one = np.kron(rows[0], rows[1])
    return Operator(f"x{factor}", np.kron(np.eye(channels), one).astype(np.float32))


def flat(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, H, W, C) as rows of numbers in [0, 1], float32 (N, C x H x W)."""
    values = pictures.astype(np.float32) / np.float32(255) if pictures.dtype == np.uint8 else pictures
    return np.ascontiguousarray(np.moveaxis(values, 3, 1), np.float32).reshape(len(pictures), -1)


def unflat(rows: np.ndarray, shape: Shape) -> np.ndarray:
    """The inverse of `flat`: float32 (N, H, W, C), clipped to [0, 1]."""
    return np.clip(np.moveaxis(rows.reshape(-1, *shape), 1, 3), 0, 1).astype(np.float32)
