"""The gradient of the generator's loss through the whole discriminator, against central differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gansmith.by_hand.activations import ACTIVATIONS
from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.layers import Activation, Pass
from gansmith.by_hand.network import Network
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import NetSettings, Recipe
from gansmith.losses import LOSSES, NumpyLoss
from gansmith.nets import plan_discriminator, plan_generator

from . import central
from .games import CONVOLUTIONAL, DENSE, TUTORIAL

FLOAT64 = np.dtype(np.float64)
SMALL = NetSettings(widths=(3, 2), kernels=(3,), norm="batch", output="tanh")
PAIRS: dict[str, tuple[Recipe, Shape, int]] = {
    "dense": (DENSE, (1, 3, 3), 0),
    "dense with batch norm": (replace(DENSE, generator=replace(DENSE.generator, norm="batch")), (3, 2, 2), 0),
    "dense, labelled": (replace(DENSE, discriminator=replace(DENSE.discriminator, label_after=1)), (1, 2, 3), 3),
    "curved": (
        replace(
            DENSE,
            generator=replace(DENSE.generator, activations=("arctan", "tanh")),
            discriminator=replace(DENSE.discriminator, activations=("sigmoid", "arctan")),
        ),
        (1, 2, 3),
        0,
    ),
    "dcgan": (
        replace(CONVOLUTIONAL, generator=SMALL, discriminator=replace(SMALL, output="linear")),
        (2, 5, 7),
        0,
    ),
    "dcgan, labelled": (
        replace(CONVOLUTIONAL, generator=SMALL, discriminator=replace(SMALL, output="linear")),
        (1, 5, 5),
        2,
    ),
    "tutorial": (
        replace(
            TUTORIAL,
            generator=replace(TUTORIAL.generator, widths=(3, 2, 2), kernels=(3,)),
            discriminator=replace(TUTORIAL.discriminator, widths=(2, 2), kernels=(3,)),
        ),
        (1, 8, 8),
        0,
    ),
}


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.numpy])
@pytest.mark.parametrize("pair", PAIRS)
def test_the_generators_gradient_through_the_discriminator(pair: str, loss: str) -> None:
    """dL/dw_G for every weight of G (a sample of the larger nets'), and dL/dz, in float64."""
    recipe, shape, classes = PAIRS[pair]
    rng = np.random.default_rng(3)
    generator = Network(plan_generator(recipe, shape, classes))
    discriminator = Network(plan_discriminator(recipe, shape, classes))
    w_g, w_d, into = (Arrays(plan, FLOAT64) for plan in (generator.plan, discriminator.plan, generator.plan))
    for w in (w_g, w_d):
        w.trained[...] = 0.6 * rng.normal(size=w.trained.shape)
    z = rng.normal(size=(5, recipe.latent.dim))
    mode = Pass(np.arange(5) % max(classes, 1), training=True, dropout_key=lambda index: 7 * index)

    part = of_numpy(loss).generator

    def forward() -> tuple[float, np.ndarray]:
        logits = discriminator.forward(generator.forward(z, w_g, mode), w_d, mode)
        return part(logits[:, 0], 0.9)

    _, d_logits = forward()
    d_items = discriminator.backward(d_logits[:, None], w_d, into=None)
    dz = generator.backward(d_items, w_g, into).copy()
    off_kinks(generator, discriminator)
    assert central.error(dz, central.gradient(lambda: forward()[0], z, 1e-6)) < 1e-6
    some = rng.permutation(w_g.trained.size)[:120]
    numeric = np.array([derivative_along(lambda: forward()[0], w_g.trained, place) for place in some])
    assert central.error(into.trained[some], numeric) < 1e-6


def of_numpy(name: str) -> NumpyLoss:
    found = LOSSES[name].numpy
    assert found is not None
    return found


def derivative_along(f, at: np.ndarray, place: int) -> float:
    here = at[place : place + 1]
    return float(central.gradient(f, here, 1e-6)[0])


def off_kinks(*networks: Network) -> None:
    """The comparison means something: no ReLU's input is so near to 0 that a difference could step across."""
    for network in networks:
        for layer in network.layers:
            if isinstance(layer, Activation) and layer.plan.kind in ("relu", "leaky"):
                inputs = np.abs(layer.y[layer.y != 0])
                assert inputs.size == 0 or inputs.min() > 1e-5


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_second_derivatives(kind: str) -> None:
    """f'' of every activation against differences of f'."""
    function, x = ACTIVATIONS[kind], np.array([-1.3, -0.4, 0.2, 0.9])  # pyright: ignore[reportArgumentType]

    def derivative(at: np.ndarray) -> np.ndarray:
        return 1.0 * np.asarray(function.derivative(function.value(at, 0.3), 0.3))

    numeric = (derivative(x + 1e-5) - derivative(x - 1e-5)) / 2e-5
    second = function.second_derivative(function.value(x, 0.3), 0.3)
    assert np.abs(second - numeric).max() < 1e-8


def test_frozen_weights_receive_no_gradient() -> None:
    plan = plan_discriminator(DENSE, (1, 3, 3), 0)
    network, w = Network(plan), Arrays(plan, FLOAT64)
    w.trained[...] = 1.0
    logits = network.forward(np.ones((2, 3, 3, 1)), w)
    dx = network.backward(np.ones_like(logits), w, into=None)
    assert dx.shape == (2, 3, 3, 1)
    assert (w.trained == 1.0).all()


def test_an_unneeded_input_gradient_changes_no_other() -> None:
    plan = plan_discriminator(CONVOLUTIONAL, (2, 4, 6), 0)
    rng = np.random.default_rng(0)
    network, w = Network(plan), Arrays(plan, FLOAT64)
    w.trained[...] = rng.normal(size=w.trained.shape)
    x, full, short = rng.normal(size=(3, 4, 6, 2)), Arrays(plan, FLOAT64), Arrays(plan, FLOAT64)
    for into, need_dx in ((full, True), (short, False)):
        logits = network.forward(x, w, Pass(training=True))
        network.backward(np.ones_like(logits), w, into, need_dx)
    assert np.array_equal(full.trained, short.trained)
