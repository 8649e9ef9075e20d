"""A layer of one's own is a record, a class and a row in `LAYERS`: the network and the gradient penalty use it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from gansmith.by_hand.arrays import Arrays, Named
from gansmith.by_hand.layers import Layer, Pass
from gansmith.by_hand.network import LAYERS, Network
from gansmith.by_hand.penalty import gradient_penalty
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Linear, Plan

from . import central

FLOAT64 = np.dtype(np.float64)


@dataclass(frozen=True)
class Cube(plan.Layer):
    """The record: y = factor x^3."""

    factor: float


class CubeByHand(Layer[Cube]):
    """y = a x^3,  y' = 3 a x^2,  y'' = 6 a x."""

    def forward(self, x: np.ndarray, w: Named, mode: Pass) -> np.ndarray:
        self.x = x
        return self.plan.factor * x**3

    def backward(self, dy: np.ndarray, w: Named, into: Named | None, need_dx: bool = True) -> np.ndarray:
        return dy * 3 * self.plan.factor * self.x**2

    def tangent(self, t: np.ndarray, w: Named) -> np.ndarray:
        return t * 3 * self.plan.factor * self.x**2

    def backward_through_tangent(
        self, s: np.ndarray, t: np.ndarray, d: np.ndarray, w: Named, into: Named
    ) -> np.ndarray:
        return super().backward_through_tangent(s, t, d, w, into) + s * t * 6 * self.plan.factor * self.x


def test_a_layer_may_be_added_at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its gradients, and those of the penalty through it, against central differences."""
    monkeypatch.setitem(LAYERS, Cube, CubeByHand)
    cubed = Plan("discriminator", (3,), (Linear(3, 4), Cube(0.3), Linear(4, 1)))
    rng = np.random.default_rng(0)
    network, w, into = Network(cubed), Arrays(cubed, FLOAT64), Arrays(cubed, FLOAT64)
    w.trained[...] = rng.normal(size=w.trained.shape)
    x = rng.normal(size=(5, 3))

    def total() -> float:
        return float(network.forward(x, w).sum())

    network.backward(np.ones_like(network.forward(x, w)), w, into)
    assert central.error(into.trained, central.gradient(total, w.trained)) < 1e-6

    def penalty() -> float:
        return gradient_penalty(network, network.forward(x, w), w, 2.0, Arrays(cubed, FLOAT64))

    gradient_penalty(network, network.forward(x, w), w, 2.0, into)
    assert central.error(into.trained, central.gradient(penalty, w.trained)) < 1e-6
