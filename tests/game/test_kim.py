"""Kim's DCGAN: two generator updates for each of the discriminator's, on the same latents, counted exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gansmith import recipes
from gansmith.game.player import Player, Turn
from gansmith.game.torch_game import TorchGame
from gansmith.ground.recipes.recipe import override
from miniatures import BATCH, indices, labels, now, pictures


def miniature(name: str) -> TorchGame:
    """The recipe with networks for 8x8 pictures; all that is said of the game itself stays."""
    narrow: dict[str, Any] = {
        "data.batch": BATCH,
        "device": "cpu",
        "generator.widths": [8, 4],
        "generator.dense": [],
        "discriminator.widths": [4, 8],
        "discriminator.dense": [],
    }
    recipe = override(recipes.load(name), narrow)
    labelled = recipe.data.labels == "classes"
    game = TorchGame(recipe, (1, 8, 8), 3 if labelled else 0)
    game.load(pictures(), labels() if labelled else None)
    return game


@pytest.mark.parametrize("name", ["kim-dcgan", "kim-dcgan-mnist"])
def test_two_to_one_on_the_same_latents(name: str, monkeypatch: pytest.MonkeyPatch):
    game = miniature(name)
    turns: list[str] = []
    latents: list[np.ndarray] = []
    minimise, forward = Player.minimise, game.gan.generator.forward

    def named(self: Player, *rest: Any, **more: Any) -> Turn:
        turns.append(self.name)
        return minimise(self, *rest, **more)

    def watched(z: torch.Tensor, *rest: Any) -> torch.Tensor:
        latents.append(z.numpy().copy())
        return forward(z, *rest)

    monkeypatch.setattr(Player, "minimise", named)
    monkeypatch.setattr(game.gan.generator, "forward", watched)
    for update in range(1, 8):
        turns.clear()
        latents.clear()
        game.step(indices(update), now(update, 2e-4, decay=0.0))
        assert turns == ["discriminator", "generator", "generator"]
        assert len({z.tobytes() for z in latents}) == 1  # one batch of latents an update
    assert [player.optimizer.steps for player in game.players] == [14, 7]
    counters = game.state().counters
    assert counters["generator-optimizer.steps"] == 2 * int(counters["discriminator-optimizer.steps"])


def test_the_second_turn_sees_a_generator_that_has_moved():
    game, made = miniature("kim-dcgan"), []
    game.gan.generator.register_forward_hook(lambda _, given, out: made.append((given[0], out.detach())))
    game.step(indices(1), now(1, 1e-2, decay=0.0))
    (z, first), (same, second) = made  # the discriminator's turn and the first generator turn share theirs
    assert torch.equal(z, same)
    assert not torch.equal(first, second)
