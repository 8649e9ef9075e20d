"""What every layer of a plan tells: shapes, arrays, operations.

Shapes leave out the batch: vectors (features,), pictures (channels, height, width). Signals are pictures of one row,
(channels, 1, length): their kernels, strides and factors are (1, k).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar

Shape = tuple[int, ...]
Sides = tuple[int, int]  # (before, after)
Size = int | tuple[int, int]  # of a window or a step: the same down and across, or (down, across)


def down_and_across(size: Size) -> tuple[int, int]:
    """A size as (down, across)."""
    return (size, size) if isinstance(size, int) else size


class Layer:
    """A layer that has no arrays and keeps the shape; other kinds override what differs.

    A record with a field `classes` needs the label of every item. keyed: while training it draws by the key of the pass.
    """

    keyed: ClassVar[bool] = False

    def shape_after(self, shape: Shape) -> Shape:
        """The shape of the output for inputs of `shape`. Raises ValueError where the layer does not take them."""
        return shape

    def parameters(self) -> dict[str, Shape]:
        """Names and shapes of the trained arrays."""
        return {}

    def buffers(self) -> dict[str, Shape]:
        """Names and shapes of the arrays that are kept but not trained."""
        return {}

    def fans(self, name: str) -> tuple[int, int]:
        """How many inputs and outputs the weights `name` connect; the scale of initial weights depends on them."""
        outputs, inputs, *kernel = self.parameters()[name]
        return inputs * prod(kernel), outputs * prod(kernel)

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        """The stacks of layers within this one, by name. Each of them takes this layer's input."""
        return {}

    def operations(self, shape: Shape) -> int:
        """Multiplications and additions for one item of `shape`; sublayers count their own."""
        return 0

    def _expect(self, fits: bool, shape: Shape) -> None:
        if not fits:
            raise ValueError(f"{self} does not take shape {shape}")


def leaves(layers: tuple[Layer, ...], prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer that holds no others, by its name: its index, or "<index>.body.<index>" within another."""
    for index, layer in enumerate(layers):
        stacks = layer.sublayers()
        for name, stack in stacks.items():
            yield from leaves(stack, f"{prefix}{index}.{name}.")
        if not stacks:
            yield f"{prefix}{index}", layer


def shape_through(layers: tuple[Layer, ...], shape: Shape) -> Shape:
    """The shape after all layers. Raises ValueError where they do not fit."""
    for layer in layers:
        shape = layer.shape_after(shape)
    return shape
