"""A turn of a player: whose gradient is taken, in which precision, what is kept of it, and what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gansmith.game import player as played
from gansmith.game.inputs.update import TurnInputs
from gansmith.game.player import BufferSnapshot, minimise_together, share
from gansmith.game.step import Gan, Losses, discriminator_step, generator_step, joint_step
from gansmith.game.torch_game import TorchGame
from gansmith.nets.network import Network
from miniatures import play
from variants import inputs, new_game

SPECTRAL = {"generator__spectral_norm": True, "discriminator__spectral_norm": True, "generator__norm": "none"}


def turn_of(game: TorchGame, update: int = 1, **numbers: Any) -> TurnInputs:
    """The discriminator's turn of an update."""
    (x,) = inputs(game, update, **numbers).discriminator_turns
    return x


def test_a_graph_is_kept_where_another_player_needs_it_and_nowhere_else():
    """Its activations are most of what an update takes of the memory."""
    game = new_game("vectors")
    for keep, words in ((True, ""), (False, "backward through the graph a second time")):
        losses = discriminator_step(game.gan, turn_of(game))
        discriminator = game.players.discriminator
        discriminator.add_gradient(losses, 1.0, keep_graph=keep)
        if keep:
            discriminator.add_gradient(losses, 1.0)
        else:
            with pytest.raises(RuntimeError, match=words):
                discriminator.add_gradient(losses, 1.0)
        discriminator.optimizer.forget_gradients()
    losses = discriminator_step(game.gan, turn_of(game))
    game.players.discriminator.add_gradient(losses, 1.0)
    with pytest.raises(RuntimeError, match="a second time"):
        game.players.discriminator.add_gradient(losses, 1.0)


def test_shares_of_a_gradient_add_up():
    game = new_game("vectors", precision__name="float64")
    discriminator, whole = game.players.discriminator, []
    for shares in ((1.0,), (0.25, 0.75)):
        for part in shares:
            discriminator.add_gradient(discriminator_step(game.gan, turn_of(game)), part)
        whole.append([weight.grad for weight in discriminator.parameters])
        discriminator.optimizer.forget_gradients()
    for one, other in zip(*whole, strict=True):
        torch.testing.assert_close(one, other)
    x = turn_of(game)
    assert [share(part, x) for part in x.micro_batches(2)] == [0.25] * 4


def test_a_number_has_a_gradient_of_zeros():
    game = new_game("vectors")
    game.players.generator.add_gradient(Losses(torch.tensor(3.0), {}, is_number=True), 1.0)
    assert all(weight.grad is not None and not weight.grad.any() for weight in game.players.generator.parameters)
    losses = generator_step(game.gan, turn_of(game))
    assert not losses.is_number


def test_second_derivatives_are_taken_in_float32():
    """The discriminator's backward pass is not in bfloat16, the generator's and both forward passes are."""
    game, seen = new_game(precision__name="bfloat16"), []

    def watched(step: Any) -> Any:
        def step_of(gan: Gan, x: TurnInputs) -> Losses:
            seen.append(torch.is_autocast_enabled("cpu"))
            losses = step(gan, x)
            losses.total.register_hook(lambda _: seen.append(torch.is_autocast_enabled("cpu")))
            return losses

        return step_of

    game.players.discriminator.minimise(watched(discriminator_step), turn_of(game))
    game.players.generator.minimise(watched(generator_step), turn_of(game))
    assert seen == [True, False, True, True]


@pytest.mark.parametrize("micro", [0, 4, 2])
def test_what_a_turn_says(micro: int):
    game = new_game("vectors", data__micro_batch=micro)
    x = replace(turn_of(game, measure=True), adapts=True)
    parts = 8 // (micro or 8)
    turn = game.players.discriminator.minimise(discriminator_step, x)
    assert (turn.player, turn.adapts, len(turn.numbers), len(turn.logits)) == ("discriminator", True, parts, parts)
    assert [len(real) for real, _ in turn.logits] == [len(fake) for _, fake in turn.logits] == [8 // parts] * parts
    assert set(turn.lengths) == {"", "0", "2", "4"}
    other = game.players.generator.minimise(generator_step, replace(x, adapts=False, measure=False))
    assert (other.player, other.adapts, len(other.numbers), other.logits, other.lengths) == (
        "generator", False, parts, [], {}
    )  # fmt: skip
    assert not any(value.requires_grad for numbers in (*turn.numbers, *other.numbers) for value in numbers.values())


def test_a_turn_that_moves_nobody_only_says():
    game = new_game("vectors")
    before = game.state().arrays
    turn = game.players.discriminator.minimise(discriminator_step, turn_of(game, measure=True), move=False)
    assert (len(turn.numbers), turn.lengths, game.players.discriminator.optimizer.steps) == (1, {}, 0)
    assert all(weight.grad is None for weight in game.players.discriminator.parameters)
    after = game.state().arrays
    assert all(np.array_equal(after[name], array) for name, array in before.items())


def test_players_that_move_together_each_take_their_own_loss():
    game = new_game("vectors", feedback__name="joint", feedback__latents="same", data__micro_batch=4)
    both = game.players.discriminator, game.players.generator
    x = replace(turn_of(game, measure=True), adapts=True)
    turns = minimise_together(both, joint_step, x)
    assert [(turn.player, turn.adapts, len(turn.numbers)) for turn in turns] == [
        ("discriminator", True, 2), ("generator", True, 2)
    ]  # fmt: skip
    assert ["loss.discriminator" in turns[0].numbers[0], "loss.generator" in turns[1].numbers[0]] == [True, True]
    assert [player.optimizer.steps for player in both] == [1, 1]
    assert all(turn.lengths for turn in turns)


def test_a_whole_batch_needs_no_copy_of_what_networks_keep(monkeypatch: pytest.MonkeyPatch):
    made: list[Any] = []
    monkeypatch.setattr(played, "BufferSnapshot", lambda *networks: made.append(networks) or BufferSnapshot(*networks))
    play(new_game(**SPECTRAL), 1, 1)
    play(new_game(**SPECTRAL, data__micro_batch=8), 1, 1)
    assert not made
    play(new_game(**SPECTRAL, data__micro_batch=4), 1, 1)
    assert len(made) == 2


def test_a_snapshot_puts_back_what_no_optimiser_moves():
    game = new_game(**SPECTRAL)
    gan = game.gan
    snapshot = BufferSnapshot(gan.generator, gan.discriminator)
    before = kept(gan)
    play(game, 1, 1)
    assert not any(torch.equal(one, other) for one, other in zip(before, kept(gan), strict=True))
    snapshot.put_back(gan.generator)
    after = kept(gan)
    of_generator = len(vectors(gan.generator))
    same = [torch.equal(one, other) for one, other in zip(before, after, strict=True)]
    assert same == [True] * of_generator + [False] * (len(before) - of_generator)
    weights = [weight.detach().clone() for weight in gan.generator.parameters()]
    snapshot.put_back()
    assert all(torch.equal(one, other) for one, other in zip(before, kept(gan), strict=True))
    assert all(torch.equal(one, other) for one, other in zip(weights, gan.generator.parameters(), strict=True))


def kept(gan: Gan) -> list[Tensor]:
    """The singular vectors of both networks, as they are now."""
    return [array.clone() for network in (gan.generator, gan.discriminator) for array in vectors(network)]


def vectors(network: Network) -> list[Tensor]:
    """The singular vectors that a pass moves: those of more than one number."""
    return [array for name, array in network.arrays().items() if name.endswith("left") and array.numel() > 1]
