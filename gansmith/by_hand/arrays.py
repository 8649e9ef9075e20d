"""Memory: the arrays of a plan, laid out one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from gansmith.ground.networks.plan import Plan, Shape

Array = np.ndarray
Named = dict[str, Array]


class Arrays:
    """The arrays of a plan, one set of numbers for each: weights, gradients, or an optimiser's memory.

    `trained` holds every trained array in one flat vector, so that an optimiser needs no loop. With statistics = True,
    `statistics` holds the running statistics of batch norm in the same way. `of[i]` has the arrays of layer i by name,
    as views of those vectors.
    """

    def __init__(self, plan: Plan, dtype: np.dtype, *, statistics: bool = False) -> None:
        self.of: list[Named] = [{} for _ in plan.layers]
        self.trained = self._lay_out([layer.parameters() for layer in plan.layers], dtype)
        self.statistics = self._lay_out([layer.buffers() if statistics else {} for layer in plan.layers], dtype)

    def _lay_out(self, shapes: list[dict[str, Shape]], dtype: np.dtype) -> Array:
        """A flat vector of zeros, and a view of it for each array of each layer.

        Kernels of convolutions are (a, b, k, k) in a plan and (a, k, k, b) here, because pictures are
        (B, height, width, channels) here: a patch and a kernel are then the same run of numbers.
        """
        flat, start = np.zeros(sum(prod(shape) for layer in shapes for shape in layer.values()), dtype), 0
        for views, layer in zip(self.of, shapes, strict=True):
            for name, shape in layer.items():
                stored = (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape
                views[name] = flat[start : start + prod(shape)].reshape(stored)
                start += prod(shape)
        return flat

    def named(self) -> Iterator[tuple[str, Array]]:
        """("<layer index>.<name>", view in the plan's shape) of every array."""
        for index, arrays in enumerate(self.of):
            for name, array in arrays.items():
                yield f"{index}.{name}", array.transpose(0, 3, 1, 2) if array.ndim == 4 else array
