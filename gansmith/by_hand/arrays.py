"""Where numbers live: the arrays of a plan, and scratch space that is used again and again."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from gansmith.ground.plan import Plan, Shape, buffers, parameters

Named = dict[str, np.ndarray]


class Arrays:
    """The arrays of a plan, one set of numbers for each: weights, gradients, or an optimiser's memory.

    `trained` holds every trained array in one flat vector, so an optimiser needs no loop; `kept` holds the batch
    statistics likewise. `of[i]` has the arrays of layer i by name, as views in the shape that layer i computes with.
    """

    def __init__(self, plan: Plan, dtype: np.dtype) -> None:
        shapes = [(index, *item) for index, layer in enumerate(plan.layers) for item in parameters(layer).items()]
        kept = [(index, *item) for index, layer in enumerate(plan.layers) for item in buffers(layer).items()]
        self.of: list[Named] = [{} for _ in plan.layers]
        self.trained = self._lay_out(shapes, dtype)
        self.kept = self._lay_out(kept, dtype)
        self.trained_names = [f"{index}.{name}" for index, name, _ in shapes]

    def _lay_out(self, shapes: list[tuple[int, str, Shape]], dtype: np.dtype) -> np.ndarray:
        """A flat vector of zeros, and a view of it for each array.

        Kernels of convolutions are (a, b, k, k) in a plan and (a, k, k, b) here, because pictures are
        (B, height, width, channels) here: a patch and a kernel are then the same run of numbers.
        """
        flat, start = np.zeros(sum(prod(shape) for _, _, shape in shapes), dtype), 0
        for index, name, shape in shapes:
            stored = (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape
            self.of[index][name] = flat[start : start + prod(shape)].reshape(stored)
            start += prod(shape)
        return flat

    def named(self) -> Iterator[tuple[str, np.ndarray]]:
        """("<layer index>.<name>", view in the plan's shape), trained and kept."""
        for index, arrays in enumerate(self.of):
            for name, array in arrays.items():
                yield f"{index}.{name}", array.transpose(0, 3, 1, 2) if array.ndim == 4 else array


class Scratch:
    """Named arrays that are allocated once; what they hold is only good until the same name is taken again."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self._ground: Named = {}
        self._views: Named = {}

    def take(self, name: str, shape: Shape) -> np.ndarray:
        """The array `name` in `shape`: as the last use left it, or zeros when it is new or had another shape."""
        view = self._views.get(name)
        if view is not None and view.shape == shape:
            return view
        ground, size = self._ground.get(name), prod(shape)
        if ground is None or ground.size < size:
            ground = self._ground[name] = np.empty(size, self.dtype)
        view = self._views[name] = ground[:size].reshape(shape)
        view.fill(0)
        return view
