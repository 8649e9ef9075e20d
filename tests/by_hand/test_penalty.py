"""R1 by hand: values, central differences, and torch's derivative of a derivative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import Network
from gansmith.by_hand.penalty import gradient_penalty
from gansmith.ground.networks.plan import Activation, ConcatLabels, Conv, Dropout, Linear, Plan, Reshape
from gansmith.ground.recipes.settings import ActivationName

from . import central

FLOAT64 = np.dtype(np.float64)
LABELS = np.array([0, 2, 1, 2])
FLUSH = ((0, 0), (0, 0))  # no zeros around the items


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


def signal_plan(kind: ActivationName) -> Plan:
    """Convolutions along a row, with a bias and without, and labels as maps between them."""
    layers = (
        Conv(1, 3, (1, 2), (1, 2), ((0, 0), (1, 0))),
        Activation(kind, 0.2),
        ConcatLabels(3),
        Conv(6, 2, (1, 2), 1, FLUSH, bias=False),
        Activation(kind, 0.2),
        Reshape((2,)),
        Linear(2, 1),
        Activation("sigmoid"),
    )
    return Plan("discriminator", (1, 1, 3), layers)


def picture_plan(kind: ActivationName) -> Plan:
    """A convolution of pictures, whose patches overlap, and a second one above it."""
    layers = (Conv(1, 3, 2, 1, FLUSH), Activation(kind, 0.2), Conv(3, 1, (1, 2), 1, FLUSH))
    return Plan("discriminator", (1, 2, 3), (*layers, Reshape((1,))))


def ready(plan: Plan) -> tuple[Network, Arrays, np.ndarray, Pass]:
    rng = np.random.default_rng(5)
    network, w = Network(plan), Arrays(plan, FLOAT64)
    w.trained[...] = rng.normal(size=w.trained.shape)
    how = Pass(LABELS, training=True, dropout_key=lambda index: 99 + index)
    channels, height, width = plan.input_shape
    return network, w, rng.normal(size=(4, height, width, channels)), how


@pytest.mark.parametrize("plan", [discriminator_plan, signal_plan, picture_plan])
@pytest.mark.parametrize("kind", ["relu", "leaky", "tanh", "arctan", "sigmoid"])
def test_gradient_by_central_differences(kind: ActivationName, plan: Callable[[ActivationName], Plan]) -> None:
    network, w, x, how = ready(plan(kind))
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
    network, w, into = Network(plan), Arrays(plan, FLOAT64), Arrays(plan, FLOAT64)
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
    network, w, into = Network(plan), Arrays(plan, FLOAT64), Arrays(plan, FLOAT64)
    w.of[0]["weight"][...] = 3.0
    logits = network.forward(np.array([[1.0], [5.0]]), w)
    assert gradient_penalty(network, logits, w, 10.0, into) == pytest.approx(45.0)
    assert into.of[0]["weight"][0, 0] == pytest.approx(30.0)
    assert into.of[0]["bias"][0] == 0.0
