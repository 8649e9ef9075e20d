"""Batch statistics of the averaged generator: taken over fixed batches, of its own weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from gansmith.ground.errors import RecipeError
from gansmith.nets import NetPair
from gansmith.nets.layers.torch_layer import ForwardContext
from gansmith.nets.modes import Mode
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


def test_own_networks_are_refused():
    made = world("vectors", ema__recalibrate=3)
    nets = NetPair("mine", lambda dim, shape, classes: (torch.nn.Linear(dim, 2), torch.nn.Linear(2, 1)))
    with pytest.raises(RecipeError, match=r"ema\.recalibrate=0"):
        TorchGame(made.recipe, made.item_shape, 0, nets)
