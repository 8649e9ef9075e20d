"""Where a penalty looks: which items ask for gradients, what is left as it is, and the points beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from gansmith.game.inputs.update import TurnInputs
from gansmith.game.penalties import Penalty
from gansmith.game.torch_game import TorchGame
from variants import inputs, new_game


def prepared(**settings: Any) -> tuple[TorchGame, TurnInputs, Penalty]:
    game = new_game("vectors", **{f"regularizer__{name}": value for name, value in settings.items()})
    (x,) = inputs(game, 1).discriminator_turns
    return game, x, game.gan.penalty


@pytest.mark.parametrize(
    ("name", "at_real", "at_fake"),
    [("none", False, False), ("r1", True, False), ("r2", False, True), ("r1+r2", True, True)],
)
def test_items_ask_for_gradients_where_a_penalty_is_taken(name: str, at_real: bool, at_fake: bool):
    """A graph that generated items came with stays, as in a joint turn."""
    game, x, penalty = prepared(name=name)
    real, fake, graphed = game.gan.real(x), game.gan.generate(x).detach(), game.gan.generate(x)
    found, made, points = penalty.prepare(real, fake, x)
    assert (found.requires_grad, made.requires_grad, points) == (at_real, at_fake, [])
    assert (found is real) is not at_real
    assert (made is fake) is not at_fake
    assert penalty.prepare(real, graphed, x)[1] is graphed
    idle, _, _ = penalty.prepare(real, fake, replace(x, penalty_due=False))
    assert not idle.requires_grad


def test_moved_items_are_sigma_away_along_their_directions():
    game, x, penalty = prepared(name="r1+r2", sigma=0.5)
    real, fake = game.gan.real(x), game.gan.generate(x)
    found, made, points = penalty.prepare(real, fake, x)
    assert found is real
    assert made is fake
    assert [which for which, _ in points] == ["real", "fake"]
    for which, moved in points:
        at = real if which == "real" else fake.detach()
        torch.testing.assert_close(moved, at + 0.5 * x.directions[which])
        assert not moved.requires_grad


def test_points_between_are_as_far_as_their_shares():
    game, x, penalty = prepared(name="gradient-penalty")
    assert x.shares is not None
    real, fake = game.gan.real(x), game.gan.generate(x)
    found, made, ((which, between),) = penalty.prepare(real, fake, x)
    assert (which, found is real, made is fake) == ("real", True, True)
    share = x.shares[:, None]
    torch.testing.assert_close(between.detach(), real + share * (fake.detach() - real))
    assert between.is_leaf
    assert between.requires_grad
