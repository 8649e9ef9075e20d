"""Linear measurements of pictures: y = A x + noise, where x are the picture's n = C x H x W numbers in [0, 1].

The m rows of A have the expected squared length n / m, as gaussian ones with variance 1 / m have: the same noise is
equally strong for all operators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import RunError, counted, nearest
from gansmith.ground.networks.plan import Shape
from gansmith.latent.pictures import to_unit


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
        """Measurements float32 (P, m) of pictures (P, H, W, C), uint8 or in [0, 1].

        noise: its expected length over all measurements (Bora et al. 2017: .1 for digits). The standard deviation of
        one measurement is noise / sqrt(m).
        """
        values = flat(pictures) @ self.matrix.T
        rng = streams.generator(seed, "explore", turn=4)
        return values + rng.standard_normal(values.shape, dtype=np.float32) * np.float32(noise / np.sqrt(self.count))


def gaussian(shape: Shape, count: int, seed: int) -> Operator:
    """Independent N(0, 1/m) entries. More measurements of a seed begin with the same directions."""
    size = check_count(shape, count)
    draw = streams.generator(seed, "explore", turn=3).standard_normal((count, size), dtype=np.float32)
    return Operator("gaussian", draw / np.float32(np.sqrt(count)))


def subsample(shape: Shape, count: int, seed: int) -> Operator:
    """`count` of the picture's own numbers, at random places, none twice."""
    size = check_count(shape, count)
    places = streams.generator(seed, "explore", turn=3).permutation(size)[:count]
    matrix = np.zeros((count, size), np.float32)
    matrix[np.arange(count), places] = np.sqrt(size / count)
    return Operator("subsample", matrix)


OPERATORS: dict[str, Callable[[Shape, int, int], Operator]] = {"gaussian": gaussian, "subsample": subsample}
"""Random operators: (item shape, measurements, seed) -> operator. `learned_operator.learn` makes learned ones."""


def make(name: str, shape: Shape, count: int, seed: int) -> Operator:
    """A random operator by its name. Raises RunError."""
    if name not in OPERATORS:
        raise RunError(f"unknown measurement {name!r}{nearest(name, [*OPERATORS, 'learned'])}")
    return OPERATORS[name](shape, count, seed)


def check_count(shape: Shape, count: int) -> int:
    """How many numbers a picture has. Raises RunError for `count` below 1 or above that."""
    size = int(np.prod(shape))
    if not 1 <= count <= size:
        raise RunError(f"{counted(count, 'measurement')}: a picture of {counted(size, 'number')} takes 1 to {size}")
    return size


def blocks(shape: Shape, factor: int) -> Operator:
    """Means of factor x factor pixels, as of a camera with lower resolution. Raises RunError for sizes that do not fit."""
    channels, height, width = shape
    if factor < 2 or height % factor or width % factor:
        raise RunError(
            f"pictures of {width}x{height} cannot be divided into blocks of {factor}x{factor}: choose another factor"
        )
    rows = [np.kron(np.eye(side // factor), np.full((1, factor), 1 / factor)) for side in (height, width)]
    one = np.kron(rows[0], rows[1])
    return Operator(f"x{factor}", np.kron(np.eye(channels), one).astype(np.float32))


def flat(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, H, W, C) as rows of numbers in [0, 1], float32 (N, C x H x W)."""
    return np.ascontiguousarray(np.moveaxis(to_unit(pictures), 3, 1), np.float32).reshape(len(pictures), -1)


def unflat(rows: np.ndarray, shape: Shape) -> np.ndarray:
    """The inverse of `flat`: float32 (N, H, W, C), clipped to [0, 1]."""
    return np.clip(np.moveaxis(rows.reshape(-1, *shape), 1, 3), 0, 1).astype(np.float32)
