"""Signals, (channels, 1, length), in the pairs that are made for pictures: everything runs along the row."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.by_hand.limits import missing_layers
from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Conv, ConvTranspose, PhaseShuffle, Plan, leaves
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.nets.initial import initial_weights
from gansmith.nets.modes import Mode
from gansmith.nets.network import Network

WAVEGAN = {
    "latent.dim": 100,
    "generator.widths": [1024, 512, 256, 128, 64],
    "discriminator.widths": [64, 128, 256, 512, 1024],
    **{f"{player}.{key}": value for player in ("generator", "discriminator") for key, value in
       {"kernels": [25], "strides": [4]}.items()},
}  # fmt: skip


def plans(shape: tuple[int, ...], **changes: object) -> tuple[Plan, Plan]:
    recipe = override(Recipe(), {**WAVEGAN, **{name.replace("__", "."): value for name, value in changes.items()}})
    return plan_generator(recipe, shape, 0), plan_discriminator(recipe, shape, 0)


def test_the_published_pair_has_the_published_shapes():
    """Donahue et al. 2019, tables 3 and 4 with d = 64: 16 x 1024 numbers become 16,384 samples, and back."""
    generator, discriminator = plans((1, 1, 16384), discriminator__phase_shuffle=2)
    assert (generator.output_shape, discriminator.output_shape) == ((1, 1, 16384), (1,))
    up = [layer for _, layer in leaves(generator.layers) if isinstance(layer, ConvTranspose)]
    assert [layer.weight_shape() for layer in up] == [
        (1024, 512, 1, 25), (512, 256, 1, 25), (256, 128, 1, 25), (128, 64, 1, 25), (64, 1, 1, 25)
    ]  # fmt: skip
    down = [layer for _, layer in leaves(discriminator.layers) if isinstance(layer, Conv)]
    assert [(layer.inputs, layer.outputs, layer.stride) for layer in down] == [
        (1, 64, (1, 4)), (64, 128, (1, 4)), (128, 256, (1, 4)), (256, 512, (1, 4)), (512, 1024, (1, 4))
    ]  # fmt: skip
    assert sum(isinstance(layer, PhaseShuffle) for layer in discriminator.layers) == 4, "after each but the last"


@pytest.mark.parametrize("net", ["dense", "dcgan", "encdec", "resnet", "hourglass"])
@pytest.mark.parametrize("shape", [(1, 1, 64), (3, 1, 45)])
def test_every_pair_takes_signals(net: str, shape: tuple[int, ...]):
    small: dict[str, object] = {}
    for player in ("generator", "discriminator"):
        small |= {
            f"{player}__net": net,
            f"{player}__widths": [6, 4],
            f"{player}__kernels": [9],
            f"{player}__bottleneck": 5,
        }
    small["latent__dim"] = shape[2] if net == "hourglass" else 7
    for plan in plans(shape, **small):
        assert all(layer.weight_shape()[2] == 1 for _, layer in leaves(plan.layers) if isinstance(layer, Conv))
        network = Network(plan, initial_weights(plan, Recipe().generator, 0))
        import torch

        y = network(torch.zeros(2, *plan.input_shape), mode=Mode(training=True, dropout_keys={}))
        assert tuple(y.shape[1:]) == plan.output_shape


def test_the_numpy_engine_has_every_layer_of_the_pair():
    recipe = override(Recipe(), {**WAVEGAN, "discriminator.phase_shuffle": 2})
    assert list(missing_layers(recipe, plans((1, 1, 16384), discriminator__phase_shuffle=2))) == []


def test_pictures_of_one_row_in_the_middle_stay_pictures():
    recipe = override(Recipe(), {"discriminator.widths": [4, 4, 4, 4]})
    kernels = [
        layer.weight_shape()[2:] for layer in plan_discriminator(recipe, (1, 8, 8), 0).layers if isinstance(layer, Conv)
    ]
    assert kernels == [(4, 4)] * 4


def test_too_many_strides_are_refused_in_places():
    with pytest.raises(RecipeError, match="shrink 64 places to 1"):
        plans((1, 1, 64))


def test_a_signal_and_its_neighbours_share_nothing():
    """The penalty on single items keeps its meaning under phase shuffle: an item's logit depends on that item alone."""
    import torch

    _, plan = plans((1, 1, 64), discriminator__widths=[4, 4], generator__widths=[4, 4], discriminator__phase_shuffle=2)
    network = Network(plan, initial_weights(plan, Recipe().discriminator, 0))
    x = torch.tensor(np.random.default_rng(0).normal(size=(4, 1, 1, 64)).astype(np.float32), requires_grad=True)
    keys = {index: 5 for index, layer in enumerate(plan.layers) if layer.keyed}
    (gradient,) = torch.autograd.grad(network(x, mode=Mode(training=True, dropout_keys=keys))[2].sum(), x)
    assert [bool(row.any()) for row in gradient.flatten(1)] == [False, False, True, False]
