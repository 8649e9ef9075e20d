"""The elementwise functions, one row each: y = f(x), and f'(x) and f''(x) in terms of y.

`leak` is the slope of "leaky" below zero, 0 <= leak <= 1; the others ignore it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.ground.settings import ActivationName

Array = np.ndarray


@dataclass(frozen=True)
class Curve:
    """A function and its derivatives. Constants may stand for constant arrays, and bool for 0 and 1."""

    value: Callable[[Array, float, Array], Array]  # (x, leak, out) -> y, written to out
    slope: Callable[[Array, float], Array | float]  # (y, leak) -> f'(x)
    bend: Callable[[Array, float], Array | float]  # (y, leak) -> f''(x); only the gradient penalty asks for it


def sigmoid(x: Array, leak: float, out: Array) -> Array:
    """1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, which no x can overflow."""
    np.tanh(np.multiply(x, 0.5, out=out), out=out)
    out *= 0.5
    out += 0.5
    return out


def flat(y: Array, leak: float) -> float:
    """f'' = 0."""
    return 0.0


# fmt: off
CURVES: dict[ActivationName, Curve] = {
    "relu": Curve(  # max(x, 0)
        lambda x, leak, out: np.maximum(x, 0, out=out),
        lambda y, leak: y > 0, flat),
    "leaky": Curve(  # max(x, leak x)
        lambda x, leak, out: np.maximum(x, np.multiply(x, leak, out=out), out=out),
        lambda y, leak: np.maximum(y > 0, y.dtype.type(leak)), flat),
    "tanh": Curve(  # f' = 1 - y^2
        lambda x, leak, out: np.tanh(x, out=out),
        lambda y, leak: 1 - y * y, lambda y, leak: -2 * y * (1 - y * y)),
    "arctan": Curve(  # f' = 1 / (1 + x^2) = cos^2 y,  f'' = -2 x / (1 + x^2)^2 = -2 sin y cos^3 y
        lambda x, leak, out: np.arctan(x, out=out),
        lambda y, leak: np.cos(y) ** 2, lambda y, leak: -2 * np.sin(y) * np.cos(y) ** 3),
    "sigmoid": Curve(  # f' = y (1 - y)
        sigmoid,
        lambda y, leak: y * (1 - y), lambda y, leak: y * (1 - y) * (1 - 2 * y)),
    "linear": Curve(  # f' = 1
        lambda x, leak, out: np.positive(x, out=out),
        lambda y, leak: 1.0, flat),
}
# fmt: on
