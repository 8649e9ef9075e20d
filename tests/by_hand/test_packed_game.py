"""A discriminator that judges packs, with labels and R1, is one game in both engines."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.by_hand import HandGame
from gansmith.game.torch_game import TorchGame
from gansmith.ground.recipes.recipe import override

from .games import GAMES, in_precision, play, training_items


@pytest.mark.parametrize("name", [name for name in GAMES if GAMES[name][0].discriminator.net == "dense"][:2])
def test_ten_updates_of_packs_are_the_other_engines(name: str) -> None:
    recipe, shape, classes = GAMES[name]
    recipe = in_precision(override(recipe, {"discriminator.pack": 2, "regularizer.name": "r1"}), "float64")
    ours, theirs = (engine(recipe, shape, classes) for engine in (HandGame, TorchGame))
    for game in (ours, theirs):
        game.load(*training_items(shape, classes))
    theirs.restore(ours.state())
    play(ours, recipe, 1, 10)
    play(theirs, recipe, 1, 10)
    ends, others = ours.state().arrays, theirs.state().arrays
    assert all(np.abs(ends[key] - np.asarray(others[key])).max() < 1e-10 for key in ends)
    items, labels = training_items(shape, classes)
    assert np.abs(ours.discriminate(items, labels).logits - theirs.discriminate(items, labels).logits).max() < 1e-5
