"""Tables stepped and averaged row by row, as their labels come, are what they are where every row is stepped every time."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gansmith.by_hand.game import HandGame
from gansmith.game.torch_game import TorchGame
from gansmith.game.weights import lazy, optimizer
from gansmith.game.weights.lazy import LazyAdam, LazyAverage
from gansmith.ground.recipes.settings import OptimizerSettings
from gansmith.nets.layers import lookup
from miniatures import World, assert_same_arrays, fixed_latents, play, world
from variants import start

GROUPS = 20  # of which an update draws up to 8
VECTORS = {"generator__conditioning": "concat", "discriminator__conditioning": "concat", "precision__name": "float64"}
BOTH = {
    f"optimizer__{player}__{key}": value
    for player in ("generator", "discriminator")
    for key, value in (("beta1", 0.0), ("beta2", 0.9))
}
SQUARES = {3: torch.tensor([0, 0.4, 0, 0.4, 0]), 1: torch.tensor([0, 0.1, 0, 0.9, 0])}
SETTINGS = {
    "optimizer__generator__beta1": 0.0,
    "optimizer__discriminator__beta1": 0.0,
    "generator__conditioning": "concat+norm",
    "discriminator__conditioning": "projection",
}


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MANY", GROUPS)


def grouped(**settings) -> World:
    made = world("labelled-pictures", **{**SETTINGS, "precision__name": "float64", **settings})
    return replace(made, classes=GROUPS, labels=np.arange(len(made.items), dtype=np.int64) * 7 % GROUPS)


def eager(made: World) -> TorchGame:
    """The same game, every row in every update."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizer, "can_wait", lambda *_: False)
        game = start(made)
    assert not game.players.generator.optimizer.lazy
    return game


def of_the_game(game: TorchGame) -> dict[str, np.ndarray]:
    """All that both ways have: weights and averages."""
    return {
        name: array
        for name, array in game.state().arrays.items()
        if name.startswith(("generator/", "discriminator/", "ema/"))
    }


def assert_close(one: TorchGame, other: TorchGame, tolerance: float = 1e-9) -> None:
    ours, theirs = of_the_game(one), of_the_game(other)
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name], rtol=tolerance, atol=tolerance, err_msg=name)


VARIANTS = {
    "plain": {},
    "micro-batches": {"data__micro_batch": 4, "generator__norm": "none", "generator__conditioning": "concat"},
    "two turns each": {"feedback__generator_turns": 2, "feedback__discriminator_turns": 2},
    "exact r1": {"regularizer__name": "r1", "regularizer__interval": 2},
    "r1 by steps": {"regularizer__name": "r1", "regularizer__sigma": 0.2},
    "joint": {"feedback__name": "joint", "feedback__latents": "same"},
    "no average": {"ema__half_life": 0.0},
    "recalibrated": {"ema__recalibrate": 2},
    "momentum in one": {"optimizer__generator__beta1": 0.5},
    "a second optimiser": {"feedback__name": "stacked", "faults": ["never-frozen"]},
    "a second with momentum": {
        "feedback__name": "stacked",
        "faults": ["never-frozen"],
        "optimizer__generator__beta1": 0.5,
    },
    "momentum in the first": {
        "feedback__name": "stacked",
        "faults": ["never-frozen"],
        "optimizer__discriminator__beta1": 0.5,
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_it_is_the_game_with_every_row_in_every_update(name: str):
    made = grouped(**VARIANTS[name])
    late, early = start(made), eager(made)
    for player in (late.players.generator, late.players.discriminator):
        lazily = player.optimizer
        assert set(lazily.lazy) == (lazily.network.tables if lazily.settings.beta1 == 0 else set())
    decay = 0.0 if name == "no average" else 0.9
    for update in range(1, 16):
        play(late, update, update, decay=decay if update > 2 else 0.0, measure=update % 4 == 0)
        play(early, update, update, decay=decay if update > 2 else 0.0, measure=update % 4 == 0)
    assert_close(late, early)
    ours, theirs = late.report(), early.report()
    assert ours.numbers == pytest.approx(theirs.numbers, rel=1e-9)
    for player, layers in theirs.layers.items():
        for layer, entry in layers.items():
            assert ours.layers[player][layer] == pytest.approx(entry, rel=1e-9)


@pytest.mark.parametrize(("half_life", "lags"), [(0.0, False), (0.5, True), (100.0, True)])
def test_an_average_lags_behind_where_there_is_one(half_life: float, lags: bool):
    game = start(grouped(ema__half_life=half_life))
    assert game.gan.generator.sparse
    assert game.gan.discriminator.sparse
    assert bool(game.average.lazy) is lags
    assert any(name.startswith("ema-rows/") for name in game.state().arrays) is lags


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16"])
def test_a_restored_game_goes_on_bit_for_bit(precision: str):
    made = grouped(precision__name=precision)
    straight, half, resumed = start(made), start(made), start(made)
    play(straight, 1, 9)
    play(half, 1, 5)
    resumed.restore(half.state())
    play(resumed, 6, 9)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)


def test_looking_changes_nothing():
    watched, alone, asked = start(grouped()), start(grouped()), np.arange(10) % GROUPS
    for update in range(1, 8):
        play(watched, update, update)
        watched.make(fixed_latents(), asked)
        play(alone, update, update)
    assert_same_arrays(watched.state().arrays, alone.state().arrays)


@pytest.mark.parametrize("first_lazy", [True, False])
def test_a_game_may_go_on_in_the_other_way(first_lazy: bool):
    """Saved on a processor, resumed on another device or on several: and back."""
    made = grouped()
    first, second = (start(made), eager(made)) if first_lazy else (eager(made), start(made))
    play(first, 1, 6)
    play(second, 1, 3)  # what it remembers of that is forgotten
    second.restore(first.state())
    play(first, 7, 12)
    play(second, 7, 12)
    assert_close(second, first)


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_another_optimiser_takes_what_it_knows(name: str):
    game = start(grouped(optimizer__generator__name=name, optimizer__discriminator__name=name))
    before = start(grouped())
    play(before, 1, 6)
    game.restore(before.state())
    generator = game.players.generator.optimizer
    squares = [memory["square_avg"] for memory in generator.inner.state.values() if "square_avg" in memory]
    assert len(squares) == (len(generator.named) if name == "rmsprop" else 0)
    play(game, 7, 8)


def test_the_engine_by_hand_goes_on_too():
    made = replace(world("labelled-vectors", **{**VECTORS, **BOTH}), classes=GROUPS)
    made = replace(made, labels=np.arange(len(made.items), dtype=np.int64) * 7 % GROUPS)
    game, hand = start(made), HandGame(made.recipe, made.item_shape, made.classes)
    hand.load(made.items, made.labels)
    assert game.players.generator.optimizer.lazy
    play(game, 1, 8)
    hand.restore(game.state())
    play(game, 9, 12)
    play(hand, 9, 12)
    ours, theirs = of_the_game(game), hand.state().arrays
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name], rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("rows", [[3, 1, 3], [1, 3, 3]])
def test_a_step_touches_rows_with_a_gradient_alone(rows: list[int]):
    table = nn.Parameter(torch.ones(5, 2))
    adam = LazyAdam(table, OptimizerSettings(rate=0.1, beta1=0.0, beta2=0.9))
    average = adam.averaged()
    places, values = torch.tensor([rows]), torch.tensor([[1.0, 1], [2, 2], [1, 1]])
    table.grad = torch.sparse_coo_tensor(places, values, (5, 2), check_invariants=True)
    adam.step(0.1, 1)
    torch.testing.assert_close(table.detach(), torch.tensor([1, 0.9, 1, 0.9, 1])[:, None].expand(5, 2))
    torch.testing.assert_close(adam.second[:, 0], SQUARES[rows[0]])
    average.decay(0.75)
    average.decay(0.75)
    written = torch.empty(5, 2)
    average.write(written)
    torch.testing.assert_close(written[:, 0], torch.tensor([1, 0.9 + 0.1 * 0.75**2, 1, 0.9 + 0.1 * 0.75**2, 1]))
    table.grad = None
    adam.step(0.1, 2)
    torch.testing.assert_close(table.detach()[:, 1], torch.tensor([1, 0.9, 1, 0.9, 1]))
    assert adam.change.norm() == 0


def test_momentum_and_several_ranks_cannot_wait():
    network = start(grouped()).gan.generator
    still = OptimizerSettings(beta1=0.0)
    assert lazy.can_wait(network, still, None)
    assert not lazy.can_wait(network, replace(still, beta1=0.5), None)
    assert not lazy.can_wait(network, replace(still, name="rmsprop"), None)
    assert not lazy.can_wait(network, still, object())  # pyright: ignore[reportArgumentType]
    spread: Any = SimpleNamespace(weights=lambda: {"here": torch.zeros(1), "there": torch.zeros(1, device="meta")})
    assert not lazy.can_wait(spread, still, None)
    assert not lazy.can_wait(network.to("meta"), still, None)


def test_an_average_that_keeps_nothing_is_the_table_and_one_without_a_memory_is_what_it_was():
    table, written = torch.arange(6.0).reshape(3, 2), torch.empty(3, 2)
    average = LazyAverage(table)
    average.restore({}, table + 8)
    average.decay(0.25)
    average.write(written)
    torch.testing.assert_close(written, table + 2)
    memory = {name: kept.clone() for name, kept in average.state().items()}
    average.decay(0.0)
    average.write(written)
    assert torch.equal(written, table)
    average.decay(0.5)
    average.restore(memory, written)
    average.write(written)
    torch.testing.assert_close(written, table + 2)


@pytest.mark.parametrize(("spectral", "groups", "sparse"), [(False, 20, True), (True, 20, False), (False, 19, False)])
def test_gradients_of_projections_are_sparse_where_they_may_be(spectral: bool, groups: int, sparse: bool):
    game = start(replace(grouped(discriminator__spectral_norm=spectral), classes=groups, labels=None))
    discriminator = game.gan.discriminator
    discriminator.sparse = True
    discriminator.discriminate(
        torch.zeros(2, 1, 8, 8, dtype=torch.float64), torch.tensor([1, 4])
    ).logits.sum().backward()
    (name,) = (name for name in discriminator.weights() if name.endswith("embedding"))
    gradient = discriminator.weights()[name].grad
    assert gradient is not None
    assert gradient.is_sparse == sparse == (name in discriminator.tables)
