"""Layers without arrays that move, repeat or append numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod
from typing import ClassVar

import numpy as np

from gansmith.ground.networks.plan.layer import Layer, Shape, Size, down_and_across


@dataclass(frozen=True)
class Pack(Layer):
    """Appends to each row (features,) those of the other rows of its pack (Lin et al. 2018): rows are packed as they come.

    An item's output depends on its pack. The last pack is smaller where the rows do not fill it, and some of its rows come twice.
    """

    count: int  # rows of a pack

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 1, shape)
        return (shape[0] * self.count,)

    def places(self, rows: int) -> np.ndarray:
        """Which rows each row sees, itself first: int64 (rows, count)."""
        own = np.arange(rows)
        first = own - own % self.count
        size = np.minimum(self.count, rows - first)
        return first[:, None] + ((own - first)[:, None] + np.arange(self.count)) % size[:, None]


@dataclass(frozen=True)
class PhaseShuffle(Layer):
    """Moves each signal (channels, 1, length) by -most to most places while training (Donahue et al. 2019).

    What would come in from outside is mirrored at the end. How far an item moves is a function of the pass's key.
    """

    keyed: ClassVar[bool] = True
    most: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[1] == 1 and shape[2] > self.most, shape)
        return shape


@dataclass(frozen=True)
class Reshape(Layer):
    """Same numbers, other shape (row-major over channels, height, width)."""

    shape: Shape

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(prod(self.shape) == prod(shape), shape)
        return self.shape


@dataclass(frozen=True)
class ConcatLabels(Layer):
    """Appends the one-hot label: to a vector's features, or as constant maps to a picture's channels."""

    classes: int

    def shape_after(self, shape: Shape) -> Shape:
        return (shape[0] + self.classes, *shape[1:])


@dataclass(frozen=True)
class Upsample(Layer):
    """Every pixel becomes factor x factor pixels; what is beyond `size` is cut off."""

    factor: Size
    size: tuple[int, int]  # (height, width)

    def shape_after(self, shape: Shape) -> Shape:
        sides = zip(self.size, down_and_across(self.factor), strict=True)
        self._expect(len(shape) == 3 and shape[1:] == tuple(ceil(side / factor) for side, factor in sides), shape)
        return (shape[0], *self.size)


@dataclass(frozen=True)
class ToPixels(Layer):
    """Channels become pixels (Shi et al. 2016): (C f^2, H, W) -> (C, H f, W f)."""

    factor: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] % self.factor**2 == 0, shape)
        return (shape[0] // self.factor**2, shape[1] * self.factor, shape[2] * self.factor)


@dataclass(frozen=True)
class ToChannels(Layer):
    """The inverse of `ToPixels`: (C, H f, W f) -> (C f^2, H, W)."""

    factor: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[1] % self.factor == shape[2] % self.factor == 0, shape)
        return (shape[0] * self.factor**2, shape[1] // self.factor, shape[2] // self.factor)
