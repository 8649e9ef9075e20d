"""Faults that are made on purpose: whose turn it is, what is passed through, and what a step returns."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gansmith.game.faults import detached_verdict_step, never_frozen, regression_step, unfrozen_generator_step
from gansmith.game.torch_game import feedback_of, make_players
from gansmith.nets.network import Network
from miniatures import assert_same_arrays, play
from variants import inputs, new_game, part

STACKED: dict[str, Any] = {"feedback__name": "stacked", "feedback__latents": "same"}
BATCH_NORM_IN_D = {"discriminator__norm": "batch", "discriminator__norm_first": True}


def test_the_turn_of_a_combined_model_is_the_generator_s():
    """Its lengths are of the generator's layers, of which there are more here."""
    game = new_game("vectors", **STACKED, faults=["never-frozen"], generator__widths=[8, 8, 8])
    update = inputs(game, 1, measure=True)
    first, second = never_frozen(game.players, update)
    assert (first.player, second.player) == ("discriminator", "generator")
    assert set(first.lengths) == {"", "0", "2", "4"}
    assert set(second.lengths) == {"", "0", "2", "4", "6"}
    assert [player.optimizer.steps for player in game.players] == [1, 1, 1]


def test_without_the_fault_nobody_else_moves_the_discriminator():
    made = {name: new_game(**STACKED, faults=[name] if name else []) for name in ("", "never-frozen", "never-trained")}
    assert {name: len(list(make_players(game.gan))) for name, game in made.items()} == {
        "": 2, "never-frozen": 3, "never-trained": 2
    }  # fmt: skip
    names = [player.optimizer.name for player in made["never-frozen"].players]
    assert names == ["generator", "discriminator", "accomplice"]
    assert len({feedback_of(game.recipe) for game in made.values()}) == 3


def test_a_fault_of_the_networks_leaves_the_feedback_as_it_is():
    plain = new_game(**STACKED)
    assert feedback_of(new_game(**STACKED, faults=["sigmoid-as-logits"]).recipe) is feedback_of(plain.recipe)
    both = new_game(**STACKED, faults=["sigmoid-as-logits", "never-frozen"])
    assert feedback_of(both.recipe) is never_frozen


def test_a_discriminator_that_was_frozen_for_good_stays_and_its_turn_is_counted_as_none():
    game = new_game(**STACKED, **BATCH_NORM_IN_D, faults=["never-trained"])
    before = part(game, "discriminator")
    play(game, 1, 2)
    assert_same_arrays(part(game, "discriminator"), before)
    assert [player.optimizer.steps for player in game.players] == [2, 0]


PASSES = {  # items in each of D's passes in one update of batch 8, and whether running statistics are used and moved
    "alternating": [(8, False, True), (8, False, True), (8, False, False)],
    "joint": [(8, False, True), (8, False, True)],
    "never-frozen": [(16, False, True), (8, False, True)],
    "never-trained": [(16, True, False), (8, True, False)],
    "verdict": [(16, False, True), (8, False, False)],
    "regression": [(16, False, True)],
}


@pytest.mark.parametrize("name", PASSES)
def test_passes_of_a_discriminator_with_batch_norm(name: str, monkeypatch: pytest.MonkeyPatch):
    settings = {"feedback__name": "labels", "feedback__labels": name}
    if name in ("alternating", "joint"):
        settings = {**STACKED, "feedback__name": name}
    if name.startswith("never"):
        settings = {**STACKED, "faults": [name]}
    game, seen = new_game(**settings, **BATCH_NORM_IN_D), []
    whole = Network.discriminate

    def watch(self: Network, x: torch.Tensor, labels: Any = None, mode: Any = None) -> Any:
        seen.append((len(x), mode.running, mode.track))
        return whole(self, x, labels, mode)

    monkeypatch.setattr(Network, "discriminate", watch)
    play(game, 1, 1)
    assert seen == PASSES[name]


def test_what_their_steps_return():
    game = new_game("vectors")
    (x,) = inputs(game, 1).discriminator_turns
    verdict = detached_verdict_step(game.gan, x)
    assert verdict.is_number
    assert not verdict.total.requires_grad
    one, other = unfrozen_generator_step(game.gan, x)
    assert one is other
    torch.testing.assert_close(one.total.detach(), verdict.total)
    found = regression_step(game.gan, x)
    expected = (game.gan.generate(x) - game.gan.real(x)).square().mean()
    torch.testing.assert_close(found.total, expected)
    assert not found.is_number
