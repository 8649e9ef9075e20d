"""Composite layers, and every pair as a whole: shapes, names, derivatives of first and second order."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.cost import activations, count, operations
from gansmith.ground.networks.plan import (
    Activation,
    AuxiliaryHead,
    Conv,
    Linear,
    Plan,
    Residual,
    Shape,
    Skip,
    ToChannels,
    ToPixels,
    Upsample,
    leaves,
)
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets import NETS, plan_discriminator, plan_generator
from gansmith.nets.initial import initial_weights
from gansmith.nets.modes import Mode
from gansmith.nets.network import Network
from miniatures import PAIRS, assert_same_arrays, play, world

CONV = Conv(2, 2, 3, 1, ((1, 1), (1, 1)))
DOWN = Conv(2, 3, 1, 2, ((0, 0), (0, 0)))


def network(*layers: Any, shape: Shape) -> Network:
    plan = Plan("discriminator", shape, layers)
    return Network(plan, initial_weights(plan, NetSettings(), 1), torch.float64)


def normal(*shape: int) -> torch.Tensor:
    return torch.as_tensor(np.random.default_rng(0).standard_normal(shape))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_upsample_repeats_and_cuts(factor: int, height: int, width: int):
    low = (-(-height // factor), -(-width // factor))
    x = normal(2, 3, *low)
    net = network(Upsample(factor, (height, width)), shape=(3, *low))
    expected = x.numpy().repeat(factor, 2).repeat(factor, 3)[:, :, :height, :width]
    np.testing.assert_array_equal(net(x).numpy(), expected)
    assert net.plan.output_shape == (3, height, width)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_pixels_become_channels_and_channels_pixels(factor: int, colours: int, height: int, width: int):
    """Channel (c, i, j) of a low pixel is row i, column j of the high ones it covers; there and back is the same."""
    high = (colours, height * factor, width * factor)
    low = (colours * factor**2, height, width)
    x = normal(2, *high)
    down, up = network(ToChannels(factor), shape=high), network(ToPixels(factor), shape=low)
    expected = x.numpy().reshape(2, colours, height, factor, width, factor).transpose(0, 1, 3, 5, 2, 4).reshape(2, *low)
    np.testing.assert_array_equal(down(x).numpy(), expected)
    np.testing.assert_array_equal(up(down(x)).numpy(), x.numpy())
    assert (down.plan.output_shape, up.plan.output_shape) == (low, high)


def test_subpixel_refuses_odd_sides():
    with pytest.raises(RecipeError, match="even sides, these pictures are 9x8"):
        NETS["subpixel"].generator(NetSettings(net="subpixel", widths=(4,)), 4, (1, 8, 9), 0)


def test_what_does_not_fit_is_a_value_error():
    for layer, shape in [
        (Upsample(2, (8, 8)), (1, 3, 4)),
        (Residual((DOWN,)), (2, 4, 4)),
        (ToPixels(2), (6, 4, 4)),
        (ToChannels(2), (1, 4, 5)),
        (Skip((DOWN,)), (2, 4, 4)),
        (AuxiliaryHead("classes", (Linear(3, 2),)), (4,)),
    ]:
        with pytest.raises(ValueError, match="does not take"):
            layer.shape_after(shape)


def test_residual_by_hand():
    net = network(Residual((CONV, Activation("relu"), CONV), (), 0.5), shape=(2, 5, 5))
    x = normal(3, 2, 5, 5)
    first, second = ([net.array(number, name) for name in ("weight", "bias")] for number in ("0.body.0", "0.body.2"))
    body = torch.conv2d(torch.relu(torch.conv2d(x, *first, padding=1)), *second, padding=1)
    torch.testing.assert_close(net(x), x + 0.5 * body)


def test_a_body_that_begins_with_an_activation_leaves_its_input_alone():
    for layer in (Residual((Activation("relu"), CONV)), Skip((Activation("leaky"), CONV))):
        net, x = network(layer, shape=(2, 4, 4)), normal(3, 2, 4, 4)
        before = x.clone()
        net(x)
        assert torch.equal(x, before)


def test_a_shortcut_meets_the_body_s_shape():
    net = network(Residual((Conv(2, 3, 3, 2, ((0, 1), (0, 1))),), (DOWN,)), shape=(2, 6, 6))
    x = normal(3, 2, 6, 6)
    shortcut = torch.conv2d(x, net.array("0.shortcut.0", "weight"), net.array("0.shortcut.0", "bias"), stride=2)
    padded = torch.nn.functional.pad(x, (0, 1, 0, 1))
    body = torch.conv2d(padded, net.array("0.body.0", "weight"), net.array("0.body.0", "bias"), stride=2)
    torch.testing.assert_close(net(x), shortcut + body)


def test_skip_keeps_its_input_beside_what_it_makes():
    net, x = network(Skip((CONV,)), shape=(2, 4, 4)), normal(3, 2, 4, 4)
    out = net(x)
    assert torch.equal(out[:, :2], x)
    assert out.shape == (3, 4, 4, 4)


def test_costs_of_layers_within_layers():
    plan = Plan("discriminator", (2, 4, 4), (Residual((CONV, CONV), (CONV,)), Skip((CONV,))))
    one = 2 * 2 * 9 * 2 * 16  # two operations a product; inputs x kernel x outputs
    assert operations(plan) == 4 * one
    assert count(plan).trained == 4 * (2 * 2 * 9 + 2)
    assert activations(plan) == 32 + 3 * 32 + 32 + 32 + 64


# ---- every pair


def pair_world(pair: str, **more: Any) -> Any:
    return world("labelled-pictures", **{**PAIRS[pair], **more})


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures"])
def test_the_networks_are_what_the_plans_say(pair: str, kind: str):
    made = world(kind, **PAIRS[pair])
    game = TorchGame(made.recipe, made.item_shape, made.classes)
    labels = torch.zeros(2, dtype=torch.int64) if made.classes else None
    for net in (game.gan.generator, game.gan.discriminator):
        plan = net.plan
        assert net(torch.randn(2, *plan.input_shape), labels).shape == (2, *plan.output_shape)
        assert sum(parameter.numel() for parameter in net.parameters()) == count(plan).trained
        names = [name for name, _ in leaves(plan.layers)]
        assert len(names) == len(set(names))
        assert operations(plan) > 0
        assert plan.classes == made.classes
    assert game.gan.generator.plan.output_shape == made.item_shape


@pytest.mark.parametrize("pair", PAIRS)
def test_a_discriminator_s_gradients_by_finite_differences(pair: str):
    """First and second order: what the generator and the gradient penalties learn from."""
    made = pair_world(pair, precision__name="float64", discriminator__activation="tanh")
    game = TorchGame(made.recipe, made.item_shape, made.classes)
    labels, mode = torch.tensor([0, 2]), Mode(training=True)

    def logits(x: torch.Tensor) -> torch.Tensor:
        return game.gan.discriminator.discriminate(x, labels, mode).overall

    x = (normal(2, *made.item_shape) * 0.5).requires_grad_()
    assert torch.autograd.gradcheck(logits, x, fast_mode=True)
    assert torch.autograd.gradgradcheck(logits, x, fast_mode=True)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_generator_s_gradients_by_finite_differences(pair: str):
    made = pair_world(pair, precision__name="float64", generator__activation="tanh")
    game = TorchGame(made.recipe, made.item_shape, made.classes)
    labels, mode = torch.tensor([0, 2, 1]), Mode(training=True)
    z = normal(3, made.recipe.latent.dim).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: game.gan.generator(z, labels, mode), z, fast_mode=True)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("regularizer", ["none", "r1+r2", "gradient-penalty"])
def test_training_resumes_bit_for_bit(pair: str, regularizer: str):
    made = pair_world(pair, regularizer__name=regularizer)
    whole, first, second = (TorchGame(made.recipe, made.item_shape, made.classes) for _ in range(3))
    for game in (whole, first, second):
        game.load(made.items, made.labels)
    play(whole, 1, 4)
    play(first, 1, 2)
    second.restore(first.state())
    play(second, 3, 4)
    assert_same_arrays(whole.state().arrays, second.state().arrays)
    before = TorchGame(made.recipe, made.item_shape, made.classes).state().arrays
    after = whole.state().arrays
    for name in before:
        if name.startswith(("generator/", "discriminator/")) and name.endswith("weight"):
            assert not np.array_equal(before[name], after[name]), f"{name} never moved"


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair != "dense"])
@pytest.mark.parametrize("item_shape", [(1, 28, 28), (3, 17, 30), (3, 64, 64)])
def test_pictures_of_any_size(pair: str, item_shape: Shape):
    if pair == "subpixel":  # of any even size
        item_shape = (item_shape[0], item_shape[1] // 2 * 2, item_shape[2])
    made = pair_world(pair, latent__dim=prod(item_shape[1:]) if pair == "hourglass" else 4)
    assert plan_generator(made.recipe, item_shape, 3).output_shape == item_shape
    output = plan_discriminator(made.recipe, item_shape, 3).output_shape
    assert output == ((1, *item_shape[1:]) if pair == "hourglass" else (1,))


@pytest.mark.parametrize("pair", ["encdec", "hourglass"])
def test_all_that_passes_is_the_code(pair: str):
    """Whatever else is in the latents is lost: the pictures lie on a surface of as many dimensions as the code has."""
    wide = {"generator__bottleneck": 2, "latent__dim": 64, "precision__name": "float64"}
    made = world("pictures", **{**PAIRS[pair], **wide})
    game = TorchGame(made.recipe, made.item_shape, 0)
    z = normal(1, 64)
    jacobian = torch.autograd.functional.jacobian(lambda z: game.gan.generator(z).flatten(), z)
    values = torch.linalg.svdvals(jacobian.reshape(64, 64))
    assert values[1] > 1e-6 * values[0]
    assert values[2] < 1e-12 * values[0]


@pytest.mark.parametrize(
    ("pair", "more", "way_out"),
    [
        ("encdec", {"generator__bottleneck": 0}, "bottleneck=64"),
        ("hourglass", {"discriminator__bottleneck": 0}, "bottleneck=64"),
        ("hourglass", {"latent__dim": 10}, "latent.dim=64"),
        ("hourglass", {"discriminator__dropout": 0.5}, "discriminator.dropout=0"),
        ("resnet", {"discriminator__dropout": 0.5}, "discriminator.dropout=0"),
        ("resnet", {"generator__dropout": 0.5}, "generator.dropout=0"),
        ("resnet", {"discriminator__norm": "batch"}, "discriminator.norm=none"),
    ],
)
def test_refusals_say_the_way_out(pair: str, more: dict[str, Any], way_out: str):
    made = world("pictures", **{**PAIRS[pair], **more})
    with pytest.raises(RecipeError) as refused:
        TorchGame(made.recipe, made.item_shape, 0)
    assert way_out in str(refused.value)


@pytest.mark.parametrize("pair", ["encdec", "hourglass", "resnet", "dcgan"])
def test_vectors_are_refused(pair: str):
    made = world("pictures", **PAIRS[pair])
    for plan in (plan_generator, plan_discriminator):
        with pytest.raises(RecipeError, match="vectors"):
            plan(made.recipe, (2,), 0)
