"""R1 by hand: values, central differences, and torch's derivative of a derivative."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import Network
from gansmith.by_hand.penalty import gradient_penalty
from gansmith.ground.networks.plan import Activation, ConcatLabels, Dropout, Linear, Plan, Reshape
from gansmith.ground.recipes.settings import ActivationName

from . import central

FLOAT64 = np.dtype(np.float64)
LABELS = np.array([0, 2, 1, 2])


def discriminator_plan(kind: ActivationName) -> Plan:
    """Every layer that the penalty may meet: a picture, labels half way, dropout, an activation at the end."""
    layers = (
        Reshape((6,)),
        Linear(6, 5),
        Activation(kind, 0.2),
        Dropout(0.3),
        ConcatLabels(3),
        Linear(8, 4, bias=False),
        Activation(kind, 0.2),
        Linear(4, 1),
        Activation("sigmoid"),
    )
    return Plan("discriminator", (1, 2, 3), layers)


def ready(kind: ActivationName) -> tuple[Network, Arrays, np.ndarray, Pass]:
    rng = np.random.default_rng(5)
    network, w = Network(discriminator_plan(kind), FLOAT64), Arrays(discriminator_plan(kind), FLOAT64)
    w.trained[...] = rng.normal(size=w.trained.shape)
    how = Pass(LABELS, training=True, dropout_key=lambda index: 99 + index)
    return network, w, rng.normal(size=(4, 2, 3, 1)), how


@pytest.mark.parametrize("kind", ["relu", "leaky", "tanh", "arctan", "sigmoid"])
def test_gradient_by_central_differences(kind: ActivationName) -> None:
    network, w, x, how = ready(kind)
    into, unused = Arrays(network.plan, FLOAT64), Arrays(network.plan, FLOAT64)

    def value(where: Arrays = unused) -> float:
        return gradient_penalty(network, network.forward(x, w, how), w, 10.0, where)

    value(into)
    assert np.linalg.norm(into.trained) > 1e-3
    assert central.error(into.trained, central.gradient(value, w.trained)) < 1e-6


@pytest.mark.parametrize("kind", ["leaky", "tanh"])
def test_value_and_gradient_are_torchs(kind: ActivationName) -> None:
    layers = (Linear(6, 5), Activation(kind, 0.2), Linear(5, 4), Activation(kind, 0.2), Linear(4, 1))
    plan = Plan("discriminator", (6,), layers)
    rng = np.random.default_rng(6)
    network, w, into = Network(plan, FLOAT64), Arrays(plan, FLOAT64), Arrays(plan, FLOAT64)
    w.trained[...] = rng.normal(size=w.trained.shape)
    x = rng.normal(size=(7, 6))
    ours = gradient_penalty(network, network.forward(x, w), w, 3.0, into)

    named = {name: torch.tensor(array.copy(), requires_grad=True) for name, array in w.named()}
    items = torch.tensor(x, requires_grad=True)
    h = items
    for index in (0, 2, 4):
        h = F.linear(h, named[f"{index}.weight"], named[f"{index}.bias"])
        if index < 4:
            h = torch.tanh(h) if kind == "tanh" else F.leaky_relu(h, 0.2)
    (g,) = torch.autograd.grad(h.sum(), items, create_graph=True)
    theirs = 1.5 * g.square().sum(1).mean()
    theirs.backward()
    assert ours == pytest.approx(float(theirs.detach()), rel=1e-12)
    for name, array in into.named():
        expected = named[name].grad
        numbers = np.zeros(array.shape) if expected is None else expected.numpy()
        assert np.abs(array - numbers).max() < 1e-12, name


def test_by_hand_on_one_layer() -> None:
    """D(x) = w x: the gradient is w everywhere, the penalty gamma/2 w^2, its gradient gamma w; the bias has no part."""
    plan = Plan("discriminator", (1,), (Linear(1, 1),))
    network, w, into = Network(plan, FLOAT64), Arrays(plan, FLOAT64), Arrays(plan, FLOAT64)
    w.of[0]["weight"][...] = 3.0
    logits = network.forward(np.array([[1.0], [5.0]]), w)
    assert gradient_penalty(network, logits, w, 10.0, into) == pytest.approx(45.0)
    assert into.of[0]["weight"][0, 0] == pytest.approx(30.0)
    assert into.of[0]["bias"][0] == 0.0
