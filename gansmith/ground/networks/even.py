"""Kernels that leave even areas even.

A kernel that enlarges a picture by a factor reaches each new pixel with some of its numbers only: with its own ones for each
place of a pixel within the factor. Where their sums differ, an even area becomes a grid (Odena et al. 2016). Here the sums
along each row and each column of the kernel are kept the same for all places. The kernel is then a smaller one after an
enlargement by nearest neighbours, at the cost of the larger one.

Equal sums are a linear condition, so weights are brought to it by one projection: at first, and after every step of an
optimiser. Their averages fulfil it too, and whoever reads the weights need not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gansmith.ground.networks.plan import Conv, ConvTranspose, Layer, Plan, down_and_across, leaves


def evened_layers(plan: Plan) -> dict[str, Conv | ConvTranspose]:
    """The layers whose kernels are kept even, by their numbers."""
    return {number: layer for number, layer in leaves(plan.layers) if is_evened(layer)}  # pyright: ignore[reportReturnType]


def is_evened(layer: Layer) -> bool:
    """Whether a layer's kernels are kept even."""
    return isinstance(layer, Conv | ConvTranspose) and layer.even > 0


def matrix(layer: Conv | ConvTranspose) -> np.ndarray:
    """The projection of a kernel, float64 (n, n), n = even^2 x height x width of the kernel; see `evened`."""
    strides = down_and_across(layer.stride) if isinstance(layer, ConvTranspose) else (1, 1)
    rows, columns = (
        _line(tuple((place % stride) * layer.even + within for within in range(layer.even) for place in range(kernel)))
        for kernel, stride in zip(down_and_across(layer.kernel), strides, strict=True)
    )
    return np.kron(rows, columns)


@lru_cache
def _line(places: tuple[int, ...]) -> np.ndarray:
    """The projection of a line of numbers onto those whose sums at each of `places` are the same: float64 (n, n)."""
    sums = np.array([[float(place == one) for place in places] for one in sorted(set(places))])
    differences = sums - sums.mean(axis=0)
    return np.eye(len(places)) - np.linalg.pinv(differences) @ differences


def evened(layer: Conv | ConvTranspose, name: str, array: Any, projection: Any) -> Any:
    """The weight or bias of a layer, even: an array of NumPy or torch, in its shape in the plan.

    projection: `matrix` of the layer, of the same kind and type.
    """
    even = layer.even
    if name == "bias":
        return array.reshape(-1, even**2).mean(1)[:, None][:, [0] * even**2].reshape(array.shape)
    weight = array if isinstance(layer, Conv) else array.swapaxes(0, 1)
    outputs, inputs, height, width = weight.shape
    split = weight.reshape(outputs // even**2, even, even, inputs, height, width)
    lined = _swapped(split, ((1, 3), (2, 3), (3, 4)))  # (outputs, inputs, even, height, even, width)
    shape = lined.shape
    lined = (lined.reshape(-1, len(projection)) @ projection).reshape(shape)
    made = _swapped(lined, ((3, 4), (2, 3), (1, 3))).reshape(weight.shape)
    return made if isinstance(layer, Conv) else made.swapaxes(0, 1)


def _swapped(array: Any, pairs: Sequence[tuple[int, int]]) -> Any:
    for pair in pairs:
        array = array.swapaxes(*pair)
    return array
