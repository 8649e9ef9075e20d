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


def game(kind: str = "pictures", **settings) -> TorchGame:
    made = world(kind, **{"ema__recalibrate": 3, **settings})
    table = TorchGame(made.recipe, made.item_shape, made.classes)
    table.load(made.items, made.labels)
    return table


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures"])
def test_they_are_the_means_over_the_fixed_batches(kind: str):
    table = game(kind)
    play(table, 1, 5)
    state = table.state().arrays
    means, variances = [], []
    first = next(name for name in state if name.startswith("ema/") and name.endswith(".mean"))
    number = int(first.removeprefix("ema/").removesuffix(".mean"))
    for batch in range(3):
        z = torch.as_tensor(draws.latents(table.recipe, 0, batch, BATCH))
        labels = draws.labels(table.recipe, 0, batch, BATCH, table.classes)
        asked = None if labels is None else torch.as_tensor(labels)
        context, x = ForwardContext(asked, Mode(training=True)), z
        with torch.no_grad():
            for layer in table.averaged.layers[:number]:
                x = layer(x, context)
        means.append(x.mean((0, 2, 3)).numpy())
        variances.append(x.var((0, 2, 3)).numpy())
    np.testing.assert_allclose(state[first], np.mean(means, 0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(state[first.replace("mean", "variance")], np.mean(variances, 0), rtol=1e-4)


def test_who_looks_and_when_changes_nothing():
    watched, alone = game(), game()
    for update in range(1, 8):
        play(watched, update, update)
        watched.make(fixed_latents(), None)
        play(alone, update, update)
    assert_same_arrays(watched.state().arrays, alone.state().arrays)
    resumed = game()
    resumed.restore(alone.state())
    np.testing.assert_array_equal(resumed.make(fixed_latents(), None), watched.make(fixed_latents(), None))


def test_the_players_do_not_notice():
    """Averages are looked at, never played with."""
    with_it, without = game(), game(ema__recalibrate=0)
    for table in (with_it, without):
        play(table, 1, 6)
        table.make(fixed_latents(), None)
    one, other = (
        {name: array for name, array in table.state().arrays.items() if not name.startswith("ema/")}
        for table in (with_it, without)
    )
    assert_same_arrays(one, other)


def test_own_networks_are_refused():
    made = world("vectors", ema__recalibrate=3)
    nets = NetPair("mine", lambda dim, shape, classes: (torch.nn.Linear(dim, 2), torch.nn.Linear(2, 1)))
    with pytest.raises(RecipeError, match=r"ema\.recalibrate=0"):
        TorchGame(made.recipe, made.item_shape, 0, nets)
