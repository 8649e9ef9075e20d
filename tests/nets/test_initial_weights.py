"""Initial weights: functions of the seed, under the laws that their names promise."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import get_args

import numpy as np
import pytest
import torch
from torch import nn

from gansmith.ground.networks.plan import BatchNorm, Conv, ConvTranspose, Linear, Plan
from gansmith.ground.recipes.settings import InitialName, NetSettings
from gansmith.nets.initial import initial_weights
from miniatures import assert_same_arrays

LINEAR = Plan("generator", (300,), (Linear(300, 200),))
DOWN = Plan("discriminator", (48, 9, 9), (Conv(48, 64, 5, 2, ((1, 2), (1, 2))),))
UP = Plan("generator", (64, 9, 9), (ConvTranspose(64, 24, 5, 2, ((1, 2), (1, 2))),))


def weights(plan: Plan, initial: InitialName, scale: float = 1.0, seed: int = 0) -> dict[str, np.ndarray]:
    return initial_weights(plan, NetSettings(initial=initial, initial_scale=scale), seed)


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(
    ("initial", "plan", "deviation"),
    [
        ("pytorch", LINEAR, 1 / sqrt(3 * 300)),
        ("pytorch", DOWN, 1 / sqrt(3 * 48 * 25)),
        ("pytorch", UP, 1 / sqrt(3 * 24 * 25)),  # PyTorch counts the outputs of a transposed convolution
        ("keras", LINEAR, sqrt(2 / (300 + 200))),
        ("keras", DOWN, sqrt(2 / (25 * (48 + 64)))),
        ("keras", UP, sqrt(2 / (25 * (64 + 24)))),
        ("he", LINEAR, sqrt(2 / 300)),
        ("he", DOWN, sqrt(2 / (48 * 25))),
        ("he", UP, sqrt(2 / (64 * 25))),
        ("normal", LINEAR, 1.0),
        ("normal", DOWN, 1.0),
        ("normal", UP, 1.0),
    ],
)
def test_the_deviation_is_within_five_percent(initial: InitialName, plan: Plan, deviation: float, scale: float):
    drawn = weights(plan, initial, scale)["0.weight"]
    assert drawn.dtype == np.float32
    assert drawn.std(dtype=float) == pytest.approx(deviation * scale, rel=0.05)
    assert abs(drawn.mean(dtype=float)) < 0.03 * deviation
    if initial in ("pytorch", "keras"):  # uniform
        assert abs(drawn).max() == pytest.approx(sqrt(3) * deviation * scale, rel=0.01)


@pytest.mark.parametrize(
    ("plan", "module"),
    [
        (LINEAR, lambda: nn.Linear(300, 200)),
        (DOWN, lambda: nn.Conv2d(48, 64, 5)),
        (UP, lambda: nn.ConvTranspose2d(64, 24, 5)),
    ],
    ids=["linear", "convolution", "transposed"],
)
def test_pytorch_s_own_layers_have_the_same_bounds(plan: Plan, module: Callable[[], nn.Module]):
    ours = weights(plan, "pytorch")
    for name, reference in module().named_parameters():
        few = reference.numel() < 1000
        expected = float(reference.detach().abs().max())
        assert abs(ours[f"0.{name}"]).max() == pytest.approx(expected, rel=0.2 if few else 0.01)


@pytest.mark.parametrize("initial", [name for name in get_args(InitialName) if name != "pytorch"])
def test_other_laws_leave_biases_at_zero(initial: InitialName):
    assert not weights(LINEAR, initial)["0.bias"].any()


def test_norms_start_as_the_identity_but_under_dcgan_s_law():
    plan = Plan("generator", (500,), (BatchNorm(500, 0.1, 1e-5),))
    for initial in get_args(InitialName):
        arrays = weights(plan, initial, 0.02)
        assert not arrays["0.shift"].any()
        assert not arrays["0.mean"].any()
        assert (arrays["0.variance"] == 1).all()
        if initial == "normal":
            assert arrays["0.scale"].std() == pytest.approx(0.02, rel=0.1)
            assert arrays["0.scale"].mean() == pytest.approx(1, abs=0.005)
        else:
            assert (arrays["0.scale"] == 1).all()


def test_singular_vectors_start_at_length_one():
    plan = Plan("discriminator", (30,), (Linear(30, 20, spectral=True),))
    assert np.linalg.norm(weights(plan, "pytorch")["0.left"]) == pytest.approx(1, abs=1e-6)


def test_weights_are_a_function_of_the_seed_and_the_player():
    first = weights(LINEAR, "keras")
    torch.manual_seed(99)
    np.random.seed(99)
    assert_same_arrays(weights(LINEAR, "keras"), first)
    assert not np.array_equal(weights(LINEAR, "keras", seed=1)["0.weight"], first["0.weight"])
    other_player = Plan("discriminator", LINEAR.input_shape, LINEAR.layers)
    assert not np.array_equal(weights(other_player, "keras")["0.weight"], first["0.weight"])
