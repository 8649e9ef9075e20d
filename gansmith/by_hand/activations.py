"""The activation functions, one row each: y = f(x), and its derivatives f'(x) and f''(x), computed from y.

`leak` is the factor of "leaky" below zero, 0 <= leak <= 1; the others ignore it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.by_hand.arrays import Array
from gansmith.ground.recipes.settings import ActivationName


@dataclass(frozen=True)
class ActivationFunction:
    """A function and its derivatives. A derivative may be a number where it is constant, or bool for 0 and 1."""

    value: Callable[[Array, float], Array]  # (x, leak) -> y
    derivative: Callable[[Array, float], Array | float]  # (y, leak) -> f'(x)
    second_derivative: Callable[[Array, float], Array | float] = lambda y, leak: 0.0  # for the gradient penalty


# fmt: off
ACTIVATIONS: dict[ActivationName, ActivationFunction] = {
    "relu": ActivationFunction(  # max(x, 0)
        lambda x, leak: np.maximum(x, 0),
        lambda y, leak: y > 0),
    "leaky": ActivationFunction(  # max(x, leak x)
        lambda x, leak: np.maximum(x, x * leak),
        lambda y, leak: np.maximum(y > 0, y.dtype.type(leak))),
    "tanh": ActivationFunction(  # f' = 1 - y^2
        lambda x, leak: np.tanh(x),
        lambda y, leak: 1 - y * y, lambda y, leak: -2 * y * (1 - y * y)),
    "arctan": ActivationFunction(  # f' = 1 / (1 + x^2) = cos^2 y,  f'' = -2 x / (1 + x^2)^2 = -2 sin y cos^3 y
        lambda x, leak: np.arctan(x),
        lambda y, leak: np.cos(y) ** 2, lambda y, leak: -2 * np.sin(y) * np.cos(y) ** 3),
    "sigmoid": ActivationFunction(  # 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, which overflows for no x
        lambda x, leak: np.tanh(x * 0.5) * 0.5 + 0.5,
        lambda y, leak: y * (1 - y), lambda y, leak: y * (1 - y) * (1 - 2 * y)),  # f' = y (1 - y)
    "linear": ActivationFunction(  # f' = 1
        lambda x, leak: x.copy(),
        lambda y, leak: 1.0),
}
# fmt: on
