"""Layers that hold others, and the fixed network that others look through."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod
from typing import ClassVar, Literal

from gansmith.ground.networks.plan.layer import Layer, Shape, shape_through


class Composite(Layer):
    """Layers that hold a stack of others, the body."""

    body: tuple[Layer, ...]

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        return {"body": self.body}


@dataclass(frozen=True)
class Residual(Composite):
    """shortcut(x) + scale x body(x), of the same shape; an empty shortcut is x itself (He et al. 2016)."""

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    scale: float = 1.0

    def shape_after(self, shape: Shape) -> Shape:
        after = shape_through(self.body, shape)
        self._expect(after == shape_through(self.shortcut, shape), shape)
        return after

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        return {"body": self.body, "shortcut": self.shortcut}


@dataclass(frozen=True)
class Skip(Composite):
    """The channels of x and of body(x), which keeps height and width (Ronneberger et al. 2015)."""

    body: tuple[Layer, ...]

    def shape_after(self, shape: Shape) -> Shape:
        after = shape_through(self.body, shape)
        self._expect(after[1:] == shape[1:], shape)
        return (shape[0] + after[0], *shape[1:])


@dataclass(frozen=True)
class Beside(Layer):
    """The numbers of all branches, which take the same input, in one row: (1, 1, how many)."""

    branches: tuple[tuple[Layer, ...], ...]

    def shape_after(self, shape: Shape) -> Shape:
        return (1, 1, sum(prod(shape_through(branch, shape)) for branch in self.branches))

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        return {f"branch{index}": branch for index, branch in enumerate(self.branches)}


@dataclass(frozen=True)
class AuxiliaryHead(Composite):
    """A second output of a discriminator, body(x); the next layer gets x."""

    name: Literal["logits", "classes"]  # the field of `nets.network.DiscriminatorOutput`
    body: tuple[Layer, ...]

    def shape_after(self, shape: Shape) -> Shape:
        shape_through(self.body, shape)
        return shape


@dataclass(frozen=True)
class Seen(Layer):
    """What a fixed network that knows photographs (`nets.trunk`) sees in pictures in [-1, 1], at one scale.

    (1 or 3, H, W) -> (channels, H / 4, W / 4) at scale 0, rounded up; each further scale halves the sides. Channels and scales
    are mixed by fixed random weights (Sauer et al. 2021). Nothing of it is trained or kept.
    """

    per_pixel: ClassVar[int] = 15_300  # multiplications and additions of the fixed network
    scale: int
    channels: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] in (1, 3), shape)
        return (self.channels, *(ceil(side / 2 ** (self.scale + 2)) for side in shape[1:]))

    def operations(self, shape: Shape) -> int:
        return self.per_pixel * prod(shape[1:]) if self.scale == 0 else 0  # the scales of a pass share them
