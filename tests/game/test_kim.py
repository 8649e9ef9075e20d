"""Kim's DCGAN: two generator updates for each of the discriminator's, on the same latents, counted exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gansmith import recipes
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
    table = TorchGame(recipe, (1, 8, 8), 3 if labelled else 0)
    table.load(pictures(), labels() if labelled else None)
    return table


@pytest.mark.parametrize("name", ["kim-dcgan", "kim-dcgan-mnist"])
def test_two_to_one_on_the_same_latents(name: str, monkeypatch: pytest.MonkeyPatch):
    table = miniature(name)
    turns: list[str] = []
    latents: list[np.ndarray] = []
    for player in (table.generator, table.discriminator):
        descend = player.descend
        monkeypatch.setattr(player, "descend", lambda *rest, p=player, d=descend: turns.append(p.name) or d(*rest))
    forward = table.generator.network.forward

    def watched(z: torch.Tensor, *rest: Any) -> torch.Tensor:
        latents.append(z.numpy().copy())
        return forward(z, *rest)

    monkeypatch.setattr(table.generator.network, "forward", watched)
    for update in range(1, 8):
        turns.clear()
        latents.clear()
        table.step(indices(update), now(update, 2e-4, decay=0.0))
        assert turns == ["discriminator", "generator", "generator"]
        assert len({z.tobytes() for z in latents}) == 1  # one batch of latents an update
    assert (table.generator.steps, table.discriminator.steps) == (14, 7)
    counters = table.state().counters
    assert counters["generator-optimizer.steps"] == 2 * int(counters["discriminator-optimizer.steps"])


def test_the_second_turn_sees_a_generator_that_has_moved(monkeypatch: pytest.MonkeyPatch):
    table = miniature("kim-dcgan")
    shown: list[torch.Tensor] = []
    advise = table.advise
    monkeypatch.setattr(
        table,
        "advise",
        lambda fakes, *rest, **named: shown.append(fakes.pixels.detach()) or advise(fakes, *rest, **named),
    )
    table.step(indices(1), now(1, 1e-2, decay=0.0))
    first, second = shown
    assert not torch.equal(first, second)
