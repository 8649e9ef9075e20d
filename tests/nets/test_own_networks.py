"""Networks that a user wrote: held to the manners of the built-in ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.checkpoint import checkpoint as computed_again

from gansmith.game.step import discriminator_step, generator_step
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RecipeError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.networks.plan import Shape
from gansmith.nets import NetPair
from gansmith.nets.network import Mode
from gansmith.nets.own import OwnNetwork
from gansmith.parts import Parts
from gansmith.training import checkpoint
from miniatures import World, assert_same_arrays, fixed_latents, play, world
from variants import changed, inputs, part


class OwnGenerator(nn.Module):
    def __init__(self, latent_dim: int, item_shape: Shape) -> None:
        super().__init__()
        self.item_shape = item_shape
        self.first = nn.Linear(latent_dim, 8)
        self.norm = nn.BatchNorm1d(8, momentum=None)  # a cumulative mean: its count is part of the state
        self.drop = nn.Dropout(0.2)
        self.last = nn.Linear(8, int(np.prod(item_shape)))

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        return torch.tanh(self.last(self.drop(self.norm(self.first(z))))).view(-1, *self.item_shape)


class OwnDiscriminator(nn.Module):
    def __init__(self, item_shape: Shape) -> None:
        super().__init__()
        self.fixed = nn.Linear(int(np.prod(item_shape)), 6).requires_grad_(False)  # features that nobody trains
        self.first = spectral_norm(nn.Linear(6, 8))
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.2)
        self.last = nn.Linear(8, 1)

    def forward(self, x: Tensor, labels: Tensor | None) -> Tensor:
        return self.last(self.drop(torch.relu(self.norm(self.first(self.fixed(x.flatten(1)))))))


def build(latent_dim: int, item_shape: Shape, classes: int) -> tuple[nn.Module, nn.Module]:
    return OwnGenerator(latent_dim, item_shape), OwnDiscriminator(item_shape)


PAIR = Parts(nets=NetPair("own", build))
OWN = {"generator__net": "own", "discriminator__net": "own"}


def new_game(seed: int = 0, **settings) -> tuple[TorchGame, World]:
    made = world("pictures", seed=seed, **OWN, **settings)
    game = TorchGame(made.recipe, made.item_shape, 0, PAIR)
    game.load(made.items, None)
    return game, made


def test_they_train():
    game, made = new_game()
    before = game.state().arrays
    play(game, 1, 5)
    after = game.state().arrays
    for name in ("generator/first.weight", "generator/last.bias", "discriminator/last.weight", "ema/first.weight"):
        assert not np.array_equal(before[name], after[name]), name
    assert game.make(fixed_latents(), None).shape == (10, 8, 8, 1)
    assert game.discriminate(made.items[:5], None).logits.shape == (5,)


class Gapped(nn.Module):
    """Half of a larger array's columns are its weights, and they are exchanged for clipped ones in every pass."""

    def __init__(self, latent_dim: int, item_shape: Shape) -> None:
        super().__init__()
        self.item_shape = item_shape
        self.weight = nn.Parameter(torch.zeros(int(np.prod(item_shape)), 2 * latent_dim)[:, :latent_dim])

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        if not torch.is_grad_enabled():
            self.weight.data = self.weight.data.clamp(-0.02, 0.02)
        return (z @ self.weight.T).view(-1, *self.item_shape)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_weights_with_gaps_and_weights_that_are_exchanged_train_and_are_saved(optimizer: str):
    made = world("pictures", **OWN, optimizer__generator__name=optimizer)
    pair = Parts(nets=NetPair("own", lambda dim, shape, classes: (Gapped(dim, shape), OwnDiscriminator(shape))))
    straight, half, resumed = (TorchGame(made.recipe, made.item_shape, 0, pair) for _ in range(3))
    for game in (straight, half, resumed):
        game.load(made.items, None)
    play(straight, 1, 5)
    before = straight.state().arrays["generator/weight"]
    play(straight, 6, 6)
    assert (straight.state().arrays["generator/weight"] != before).mean() > 0.9
    play(half, 1, 3)
    resumed.restore(half.state())
    play(resumed, 4, 6)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)


def test_every_buffer_is_part_of_the_state():
    arrays = new_game()[0].state().arrays
    for name in ("norm.running_mean", "norm.running_var", "norm.num_batches_tracked"):
        assert f"generator/{name}" in arrays
        assert f"ema/{name}" in arrays
    assert "discriminator/first.parametrizations.weight.0._u" in arrays


def test_a_restored_game_goes_on_bit_for_bit(tmp_path: Path):
    straight, _ = new_game()
    play(straight, 1, 6)
    half, _ = new_game()
    play(half, 1, 3)
    resumed, _ = new_game(seed=0)
    folder = RunFolder(tmp_path)
    checkpoint.save(folder, checkpoint.Checkpoint(3, half.state(), {}))
    resumed.restore(checkpoint.load(folder, 3).state)
    play(resumed, 4, 6)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)


def test_a_seed_fixes_their_weights_and_dropout():
    one, same, other = new_game()[0], new_game()[0], new_game(seed=5)[0]
    torch.rand(3)
    for game in (one, same, other):
        play(game, 1, 3)
    assert_same_arrays(one.state().arrays, same.state().arrays)
    assert not np.array_equal(one.state().arrays["ema/first.weight"], other.state().arrays["ema/first.weight"])


def test_the_global_generators_are_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    game, _ = new_game()
    play(game, 1, 2)
    game.make(fixed_latents(), None)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_the_discriminator_is_frozen_in_the_generator_s_turn():
    """Its weights, its batch statistics and its power iteration."""
    game, _ = new_game()
    play(game, 1, 1)
    before = part(game, "discriminator/")
    drawn = inputs(game, 2)
    game.players.generator.minimise(generator_step, drawn.generator_turns[0])
    assert_same_arrays(part(game, "discriminator/"), before)
    game.players.discriminator.minimise(discriminator_step, drawn.discriminator_turns[0])
    moved = changed(before, part(game, "discriminator/"))
    assert {"discriminator/norm.running_mean", "discriminator/first.parametrizations.weight.0._u"} <= moved


def test_what_the_user_froze_stays_frozen():
    game, _ = new_game()
    before = part(game, "discriminator/")["discriminator/fixed.weight"]
    play(game, 1, 4)
    np.testing.assert_array_equal(part(game, "discriminator/")["discriminator/fixed.weight"], before)
    assert not game.gan.discriminator.arrays()["fixed.weight"].requires_grad


@pytest.mark.parametrize("mode", [Mode(), Mode(training=True, track=False, dropout_keys={0: 1})])
def test_untracked_passes_leave_every_buffer(mode: Mode):
    net = OwnNetwork(OwnDiscriminator((1, 4, 4)))
    before = {name: value.clone() for name, value in net.arrays().items()}
    net(torch.randn(8, 1, 4, 4), None, mode)
    assert all(torch.equal(value, before[name]) for name, value in net.arrays().items())


def test_dropout_follows_the_key_alone():
    net = OwnNetwork(nn.Dropout(0.5))
    x = torch.ones(4, 50)
    one, same, other = (net(x, None, Mode(training=True, dropout_keys={0: key})) for key in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(net(x), x)


def test_regularizers_reach_them():
    game, _ = new_game(regularizer__name="r1")
    play(game, 1, 2)
    assert game.report().numbers["loss.penalty"] > 0


class Checkpointed(nn.Module):
    """A discriminator whose activations are computed again in the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, items: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return computed_again(self.layers, items, use_reentrant=False)  # pyright: ignore[reportReturnType]


class Scripted(nn.Module):
    """A discriminator with running statistics, for torch's script compiler."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.last = nn.BatchNorm1d(2), nn.Linear(2, 1)

    def forward(self, items: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return self.last(self.norm(items))


class Detached(nn.Module):
    """A generator that cuts its own graph."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return self.last(latents).detach()


class Plain(Detached):
    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return self.last(latents)


def game_of(generator: nn.Module, discriminator: nn.Module, **settings: Any) -> TorchGame:
    made = world("vectors", **settings)
    game = TorchGame(made.recipe, (2,), parts=Parts(nets=NetPair("own", lambda *_: (generator, discriminator))))
    game.load(made.items, None)
    return game


@pytest.mark.parametrize("feedback", ["alternating", "stacked"])
def test_a_discriminator_may_be_checkpointed(feedback: str):
    """It is computed again in the backward pass, and has to be frozen there too."""
    game = game_of(Plain(), Checkpointed(), feedback__name=feedback)
    play(game, 1, 2)
    assert all(np.isfinite(value) for value in game.report().numbers.values())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_discriminator_may_be_scripted():
    """The generator's turn leaves its running statistics as they are."""
    scripted = torch.jit.script(Scripted())
    game, plain = game_of(Plain(), scripted), game_of(Plain(), Scripted())
    for each in (game, plain):
        play(each, 1, 3)
        assert int(each.state().arrays["discriminator/norm.num_batches_tracked"]) == 2 * 3


def test_a_generator_without_a_gradient_is_an_error():
    with pytest.raises(RecipeError, match="no gradient comes from the verdicts to the generator of own"):
        game_of(Detached(), Checkpointed())
