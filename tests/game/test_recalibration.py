"""Batch statistics of the averaged generator: taken over fixed batches, of its own weights."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from gansmith.nets import NetPair
from gansmith.nets.layers.torch_layer import ForwardContext
from gansmith.nets.modes import Mode
from gansmith.parts import Parts
from miniatures import BATCH, assert_same_arrays, fixed_latents, play, world
from variants import start


def new_game(kind: str = "pictures", **settings) -> TorchGame:
    return start(world(kind, **{"ema__recalibrate": 3, **settings}))


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures"])
def test_they_are_the_means_over_the_fixed_batches(kind: str):
    game = new_game(kind)
    play(game, 1, 5)
    state = game.state().arrays
    network, means, variances = game.average.network, [], []
    first = next(name for name in state if name.startswith("ema/") and name.endswith(".mean"))
    number = int(first.removeprefix("ema/").removesuffix(".mean"))
    for batch in range(3):
        z = torch.as_tensor(draws.latents(game.recipe, 0, batch, BATCH))
        labels = draws.labels(game.recipe, 0, batch, BATCH, game.classes)
        asked = None if labels is None else torch.as_tensor(labels)
        context, x = ForwardContext(asked, Mode(training=True)), z
        with torch.no_grad():
            for layer in network.layers[:number]:
                x = layer(x, context)
        means.append(x.mean((0, 2, 3)).numpy())
        variances.append(x.var((0, 2, 3)).numpy())
    np.testing.assert_allclose(state[first], np.mean(means, 0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(state[first.replace("mean", "variance")], np.mean(variances, 0), rtol=1e-4)


def test_looking_changes_nothing():
    watched, alone = new_game(), new_game()
    for update in range(1, 8):
        play(watched, update, update)
        watched.make(fixed_latents(), None)
        play(alone, update, update)
    assert_same_arrays(watched.state().arrays, alone.state().arrays)
    resumed = new_game()
    resumed.restore(alone.state())
    np.testing.assert_array_equal(resumed.make(fixed_latents(), None), watched.make(fixed_latents(), None))


def test_they_are_measured_once_and_when_there_is_something_new():
    """Not of an untrained game, nor of a restored one, nor again for the next look."""
    game, resumed, passes = new_game(), new_game(), []
    for each in (game, resumed):
        each.average.network.register_forward_pre_hook(lambda _, given: passes.append(given[2].training))
    for update in (1, 2):
        game.make(fixed_latents(), None)
        assert sum(passes) == 3 * (update - 1)
        play(game, update, update)
        game.make(fixed_latents(), None)
        assert sum(passes) == 3 * update
    resumed.restore(game.state())
    resumed.make(fixed_latents(), None)
    assert sum(passes) == 6


def test_without_batch_norm_there_is_nothing_to_measure():
    game, passes = new_game(generator__norm="none"), []
    game.average.network.register_forward_pre_hook(lambda _, given: passes.append(given[2].training))
    play(game, 1, 1)
    game.make(fixed_latents(), None)
    assert passes == [False]


def test_without_it_they_are_the_generator_s():
    game = new_game(ema__recalibrate=0)
    play(game, 1, 3)
    game.make(fixed_latents(), None)
    arrays = game.state().arrays
    copied = [name for name in arrays if name.startswith("ema/") and name.endswith(("mean", "variance"))]
    assert copied
    for name in copied:
        np.testing.assert_array_equal(arrays[name], arrays[name.replace("ema/", "generator/")])


def test_nobody_asks_for_gradients_of_an_average():
    network = new_game().average.network
    assert not any(weight.requires_grad for weight in network.parameters())


def test_it_changes_nothing_of_the_training():
    """Averages are looked at, and never trained with."""
    with_it, without = new_game(), new_game(ema__recalibrate=0)
    for game in (with_it, without):
        play(game, 1, 6)
        game.make(fixed_latents(), None)
    one, other = (
        {name: array for name, array in game.state().arrays.items() if not name.startswith("ema/")}
        for game in (with_it, without)
    )
    assert_same_arrays(one, other)


def test_masks_take_no_part():
    """Of the second batch norm, which stands behind a dropout."""
    game = new_game("vectors", generator__norm="batch", generator__widths=(6, 5), generator__dropout=0.5)
    play(game, 1, 3)
    state, layers = game.state().arrays, [cast(Any, layer) for layer in game.average.network.layers]
    number = [index for index, layer in enumerate(layers) if f"ema/{index}.mean" in state][1]
    assert any(layer.record.keyed for layer in layers[:number])
    means = []
    for batch in range(3):
        x = torch.as_tensor(draws.latents(game.recipe, 0, batch, BATCH))
        for layer in layers[:number]:
            if not layer.record.keyed:
                x = layer(x, ForwardContext(None, Mode(training=True)))
        means.append(x.detach().mean(0).numpy())
    np.testing.assert_allclose(state[f"ema/{number}.mean"], np.mean(means, 0), rtol=1e-4, atol=1e-6)


def own_game(**settings) -> TorchGame:
    made = world("vectors", **{"ema__recalibrate": 3, **settings})
    game = TorchGame(made.recipe, made.item_shape, 0, Parts(nets=NetPair("mine", build)))
    game.load(made.items, None)
    return game


def build(dim: int, shape: tuple[int, ...], classes: int) -> tuple[torch.nn.Module, torch.nn.Module]:
    first = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(dim, 6))
    layers = (first, torch.nn.BatchNorm1d(6, momentum=None), torch.nn.Dropout(0.5), torch.nn.Linear(6, 2))
    return torch.nn.Sequential(*layers), torch.nn.Linear(2, 1)


def test_those_of_own_networks_are_the_means_over_the_fixed_batches():
    """Of the averaged weights, without dropout; the singular vectors are the generator's."""
    game = own_game()
    play(game, 1, 5)
    state = game.state().arrays
    first, means, variances = cast(Any, game.average.network).module[0].eval(), [], []
    for batch in range(3):
        with torch.no_grad():
            x = first(torch.as_tensor(draws.latents(game.recipe, 0, batch, BATCH)))
        means.append(x.mean(0).numpy())
        variances.append(x.var(0).numpy())
    np.testing.assert_allclose(state["ema/1.running_mean"], np.mean(means, 0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(state["ema/1.running_var"], np.mean(variances, 0), rtol=1e-4)
    assert not np.array_equal(state["ema/1.running_mean"], state["generator/1.running_mean"])
    vector = "0.parametrizations.weight.0._u"
    np.testing.assert_array_equal(state[f"ema/{vector}"], state[f"generator/{vector}"])


def test_looking_at_own_networks_changes_nothing():
    watched, alone, without = own_game(), own_game(), own_game(ema__recalibrate=0)
    for update in range(1, 6):
        for game in (watched, alone, without):
            play(game, update, update)
        watched.make(fixed_latents(), None)
    assert_same_arrays(watched.state().arrays, alone.state().arrays)
    trained = {name: array for name, array in alone.state().arrays.items() if not name.startswith("ema/")}
    assert_same_arrays(trained, {name: without.state().arrays[name] for name in trained})
    resumed = own_game()
    resumed.restore(alone.state())
    np.testing.assert_array_equal(resumed.make(fixed_latents(), None), watched.make(fixed_latents(), None))
