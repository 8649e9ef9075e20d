"""The elementwise functions: y = f(x), f'(x) and f''(x), the derivatives in terms of y.

Siblings share a signature. `leak` is the slope of "leaky" below zero; the others ignore it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.ground.settings import ActivationName

Array = np.ndarray


@dataclass(frozen=True)
class Curve:
    """A function and its derivatives."""

    value: Callable[[Array, float, Array], None]  # (x, leak, y): writes y = f(x)
    chain: Callable[[Array, float, Array], None]  # (y, leak, dy): dy becomes dx = f'(x) dy
    bend: Callable[[Array, float], Array | float]  # (y, leak) -> f''(x); only the gradient penalty asks for it


def relu(x: Array, leak: float, y: Array) -> None:
    """y = max(x, 0)."""
    np.maximum(x, 0, out=y)


def relu_chain(y: Array, leak: float, dy: Array) -> None:
    """f' = 1 where y > 0, else 0."""
    dy *= y > 0


def leaky(x: Array, leak: float, y: Array) -> None:
    """y = max(x, leak x), for 0 <= leak <= 1."""
    np.multiply(x, leak, out=y)
    np.maximum(x, y, out=y)


def leaky_chain(y: Array, leak: float, dy: Array) -> None:
    """f' = 1 where y > 0, else leak."""
    dy *= np.maximum(y > 0, y.dtype.type(leak))


def tanh(x: Array, leak: float, y: Array) -> None:
    """y = tanh x."""
    np.tanh(x, out=y)


def tanh_chain(y: Array, leak: float, dy: Array) -> None:
    """f' = 1 - y^2."""
    dy *= 1 - y * y


def tanh_bend(y: Array, leak: float) -> Array:
    """f'' = -2 y (1 - y^2)."""
    return -2 * y * (1 - y * y)


def arctan(x: Array, leak: float, y: Array) -> None:
    """y = arctan x."""
    np.arctan(x, out=y)


def arctan_chain(y: Array, leak: float, dy: Array) -> None:
    """f' = 1 / (1 + x^2) = cos^2 y."""
    dy *= np.cos(y) ** 2


def arctan_bend(y: Array, leak: float) -> Array:
    """f'' = -2 x / (1 + x^2)^2 = -2 sin y cos^3 y."""
    return -2 * np.sin(y) * np.cos(y) ** 3


def sigmoid(x: Array, leak: float, y: Array) -> None:
    """y = 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, which no x can overflow."""
    np.multiply(x, 0.5, out=y)
    np.tanh(y, out=y)
    y += 1
    y *= 0.5


def sigmoid_chain(y: Array, leak: float, dy: Array) -> None:
    """f' = y (1 - y)."""
    dy *= y * (1 - y)


def sigmoid_bend(y: Array, leak: float) -> Array:
    """f'' = y (1 - y) (1 - 2 y)."""
    return y * (1 - y) * (1 - 2 * y)


def linear(x: Array, leak: float, y: Array) -> None:
    """y = x."""
    y[...] = x


def linear_chain(y: Array, leak: float, dy: Array) -> None:
    """f' = 1."""


def straight(y: Array, leak: float) -> float:
    """f'' = 0."""
    return 0.0


CURVES: dict[ActivationName, Curve] = {
    "relu": Curve(relu, relu_chain, straight),
    "leaky": Curve(leaky, leaky_chain, straight),
    "tanh": Curve(tanh, tanh_chain, tanh_bend),
    "arctan": Curve(arctan, arctan_chain, arctan_bend),
    "sigmoid": Curve(sigmoid, sigmoid_chain, sigmoid_bend),
    "linear": Curve(linear, linear_chain, straight),
}
