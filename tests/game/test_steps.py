"""What a step computes, who moves in a turn and when: frozen players, latents, the averaged generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gansmith.game.faults import detached_verdict_step, regression_step, unfrozen_generator_step
from gansmith.game.feedbacks import mixed_discriminator_step, running_generator_step
from gansmith.game.inputs.update import TurnInputs
from gansmith.game.player import BufferSnapshot, Player, Step, Turn
from gansmith.game.step import Gan, Losses, discriminator_step, generator_step, joint_step
from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws, streams
from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.settings import EmaSettings
from gansmith.training.schedules import ema_decay
from miniatures import BATCH, assert_same_arrays, fixed_latents, indices, now, play, world
from variants import changed, inputs, new_game, start

BOTH_NORMS = {"discriminator__norm": "batch", "discriminator__spectral_norm": True, "generator__spectral_norm": True}


# ---- steps are pure functions


@dataclass(frozen=True)
class Row:
    """A step, and the networks whose statistics its passes may move."""

    step: Callable[[Gan, TurnInputs], Losses | tuple[Losses, Losses]]
    moves: tuple[str, ...]


STEPS: dict[str, Row] = {
    "discriminator": Row(discriminator_step, ("generator/", "discriminator/")),
    "generator": Row(generator_step, ("generator/",)),
    "joint": Row(joint_step, ("generator/", "discriminator/")),
    "mixed discriminator": Row(mixed_discriminator_step, ("generator/", "discriminator/")),
    "idle discriminator": Row(partial(discriminator_step, one_batch=True, running=True), ("generator/",)),
    "generator, running": Row(running_generator_step, ("generator/",)),
    "unfrozen generator": Row(unfrozen_generator_step, ("generator/", "discriminator/")),
    "detached verdict": Row(detached_verdict_step, ("generator/",)),
    "regression": Row(regression_step, ("generator/",)),
}
WORLDS: dict[str, tuple[str, dict[str, Any]]] = {
    "norms": ("labelled-pictures", BOTH_NORMS),
    "penalty": ("pictures", {**BOTH_NORMS, "regularizer__name": "r1+r2"}),
    "dropout": ("vectors", {"discriminator__dropout": 0.3, "generator__dropout": 0.1, "loss__real": [0.9, 1.0]}),
    "points": ("labelled-pictures", {"regularizer__name": "gradient-penalty", "discriminator__spectral_norm": True}),
    "differences": ("vectors", {"regularizer__name": "r1+r2", "regularizer__sigma": 0.1}),
    "augmented": ("pictures", {"augment__name": "mirror+ada", "discriminator__conditioning": "classifier"}),
}


def numbers(losses: Losses | tuple[Losses, Losses]) -> list[Tensor]:
    """All that a step says."""
    every = losses if isinstance(losses, tuple) else (losses,)
    return [tensor.detach() for each in every for tensor in (each.total, *each.numbers.values())]


def no_draw(*_: Any) -> None:
    raise AssertionError("drawn while an update was computed")


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("row", STEPS.values(), ids=STEPS)
def test_a_step_is_a_pure_function(row: Row, name: str, monkeypatch: pytest.MonkeyPatch):
    """It moves no weight, leaves no gradient and nobody frozen, draws nothing, and moves no statistics but those of its
    passes. With those put back it returns the same bits again."""
    kind, settings = WORLDS[name]
    game = new_game(kind, **settings)
    play(game, 1, 2)
    (x,), networks = inputs(game, 3).discriminator_turns, (game.gan.generator, game.gan.discriminator)
    before, statistics, dice = game.state().arrays, BufferSnapshot(*networks), torch.get_rng_state()
    monkeypatch.setattr(streams, "generator", no_draw)
    first = numbers(row.step(game.gan, x))
    moved = changed(before, game.state().arrays)
    assert all(array.startswith(row.moves) for array in moved)
    assert {array.rpartition(".")[2] for array in moved} <= {"mean", "variance", "left"}
    for weight in (weight for network in networks for weight in network.parameters()):
        assert weight.requires_grad
        assert weight.grad is None
    statistics.put_back()
    assert_same_arrays(game.state().arrays, before)
    again = numbers(row.step(game.gan, x))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert torch.equal(torch.get_rng_state(), dice)


def test_the_discriminator_s_step_keeps_no_graph_of_the_generator():
    game = new_game("vectors", feedback__latents="same")
    (x,) = inputs(game, 1).discriminator_turns
    for given in (x, replace(x, fake=game.gan.generate(x))):
        discriminator_step(game.gan, given).total.backward()
        assert all(weight.grad is None for weight in game.players.generator.parameters)
        assert all(weight.grad is not None for weight in game.players.discriminator.parameters)


@pytest.mark.parametrize("step", [generator_step, running_generator_step])
def test_the_generator_s_step_flows_through_a_frozen_discriminator(step: Step):
    """Its gradient reaches the generator, and none is computed for the discriminator's weights."""
    game = new_game("vectors")
    (x,) = inputs(game, 1).generator_turns
    step(game.gan, x).total.backward()
    assert all(weight.grad is None for weight in game.players.discriminator.parameters)
    assert all(weight.grad is not None and weight.grad.any() for weight in game.players.generator.parameters)


def test_an_error_leaves_nobody_frozen():
    game = new_game("vectors")
    (x,) = inputs(game, 1).generator_turns
    with pytest.raises(RuntimeError):  # of a width that the discriminator does not take
        generator_step(game.gan, replace(x, fake=torch.zeros(3, 99)))
    assert all(parameter.requires_grad for parameter in game.players.discriminator.parameters)


# ---- a turn moves one player


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures", "vectors"])
@pytest.mark.parametrize("regularizer", ["none", "r1+r2"])
def test_the_discriminator_s_turn_changes_the_discriminator_alone(kind: str, regularizer: str):
    """Weights, batch statistics, singular vectors and optimiser, bit for bit."""
    game = new_game(kind, **BOTH_NORMS, regularizer__name=regularizer)
    play(game, 1, 1)
    (x,) = inputs(game, 2).discriminator_turns
    x = replace(x, fake=game.gan.generate(x))
    before = game.state().arrays
    game.players.discriminator.minimise(discriminator_step, x)
    moved = changed(before, game.state().arrays)
    assert all(name.startswith("discriminator") for name in moved)
    kept = {name.rsplit(".", 1)[1] for name in moved if name.startswith("discriminator/")}
    assert {"weight", "mean", "variance", "left"} <= kept
    for parameter in game.players.generator.parameters:
        assert parameter.grad is None


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures", "vectors"])
def test_the_generator_s_turn_changes_the_generator_alone(kind: str):
    game = new_game(kind, **BOTH_NORMS)
    play(game, 1, 1)
    (x,) = inputs(game, 2).generator_turns
    before = game.state().arrays
    game.players.generator.minimise(generator_step, x)
    moved = changed(before, game.state().arrays)
    assert all(name.startswith("generator") for name in moved)
    assert {name for name in before if name.startswith("generator/") and name.endswith("weight")} <= moved
    for parameter in game.players.discriminator.parameters:
        assert parameter.grad is None
        assert parameter.requires_grad


def test_making_items_moves_the_generator_s_statistics_and_nothing_else():
    game = new_game(**BOTH_NORMS)
    before = game.state().arrays
    game.gan.generate(inputs(game, 1).discriminator_turns[0])
    moved = changed(before, game.state().arrays)
    assert {name.rsplit(".", 1)[1] for name in moved} == {"mean", "variance", "left"}
    assert all(name.startswith("generator/") for name in moved)


# ---- who takes which turn, on which latents


@pytest.mark.parametrize("latents", ["fresh", "same"])
@pytest.mark.parametrize(("k", "g"), list(product((1, 2, 5), (1, 2, 3))))
def test_the_ratio_is_kept_exactly(k: int, g: int, latents: str, monkeypatch: pytest.MonkeyPatch):
    """k discriminator turns on their own real items, then g generator turns; no graph of the generator is made that no
    turn of the generator uses."""
    settings = {"discriminator_turns": k, "generator_turns": g, "latents": latents}
    made = world("vectors", **{f"feedback__{name}": value for name, value in settings.items()})
    game, drawn = start(made), [draws.latents(made.recipe, 1, turn, BATCH) for turn in range(k + g)]
    turns: list[tuple[str, int, bytes]] = []
    graphs: list[bool] = []
    minimise = Player.minimise

    def turn_of(z: Tensor) -> int:
        return next(turn for turn, expected in enumerate(drawn) if np.array_equal(z.numpy(), expected))

    def watched(self: Player, step: Any, x: TurnInputs, **more: Any) -> Turn:
        real = b"" if x.real is None else x.real.items.numpy().tobytes()
        turns.append((self.name, turn_of(x.latents.z), real))
        return minimise(self, step, x, **more)

    monkeypatch.setattr(Player, "minimise", watched)
    game.gan.generator.register_forward_hook(lambda _, given, out: graphs.append(out.requires_grad))
    game.step(indices(1, k), now(1))
    expected = [("discriminator", turn, made.items[rows].tobytes()) for turn, rows in enumerate(indices(1, k))]
    expected += [("generator", k - 1 if latents == "same" else turn, b"") for turn in range(k, k + g)]
    assert turns == expected
    assert sum(graphs) == g
    assert len(graphs) == (k + g - 1 if latents == "same" else k + g)


@pytest.mark.parametrize(("latents", "distinct"), [("fresh", 5), ("same", 2)])
def test_what_the_generator_is_fed(latents: str, distinct: int):
    """Two discriminator turns and three generator turns: five draws, or the discriminator's two."""
    made = world(
        "labelled-vectors", feedback__latents=latents, feedback__discriminator_turns=2, feedback__generator_turns=3
    )
    game, fed = start(made), []
    game.gan.generator.register_forward_pre_hook(lambda _, given: fed.append((given[0].clone(), given[1].clone())))
    game.step(indices(1, 2), now(1))
    assert len(fed) == (5 if latents == "fresh" else 4)
    for number, (z, labels) in enumerate(fed):
        turn = number if latents == "fresh" else min(number, 1)
        np.testing.assert_array_equal(z.numpy(), draws.latents(made.recipe, 1, turn, BATCH))
        np.testing.assert_array_equal(labels.numpy(), draws.labels(made.recipe, 1, turn, BATCH, 3))
    assert len({z.numpy().tobytes() for z, _ in fed}) == distinct


@pytest.mark.parametrize("kind", ["vectors", "labelled-pictures"])
def test_reusing_the_forward_pass_changes_nothing(kind: str):
    """With the same latents the generator's turn may take the discriminator turn's items."""
    made = world(kind, feedback__latents="same", generator__norm="none")
    reusing, again = start(made), start(made)
    for update in range(1, 6):
        reusing.step(indices(update), now(update))
        drawn = inputs(again, update)
        again.players.discriminator.minimise(discriminator_step, drawn.discriminator_turns[0])
        again.players.generator.minimise(generator_step, drawn.generator_turns[0])
        again.average.update(drawn.ema_decay, drawn.ema_weight)
    assert_same_arrays(reusing.state().arrays, again.state().arrays)


# ---- passes of the discriminator


@pytest.mark.parametrize("kind", ["vectors", "pictures", "labelled-pictures"])
def test_one_pass_over_both_equals_two(kind: str, monkeypatch: pytest.MonkeyPatch):
    """A discriminator without batch norm may see real and generated items in one batch: equal to rounding."""
    made = world(kind, precision__name="float64")
    joined, apart = start(made), start(made)
    assert joined.gan.items_are_independent
    play(joined, 1, 5, rate=1e-3)
    monkeypatch.setattr(Gan, "items_are_independent", False)
    play(apart, 1, 5, rate=1e-3)
    others = apart.state().arrays
    for name, array in joined.state().arrays.items():
        np.testing.assert_allclose(array, others[name], rtol=1e-7, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("settings", [{"discriminator__norm": "batch"}, {"discriminator__dropout": 0.3}])
def test_batches_that_must_not_mix_do_not(settings: dict[str, Any]):
    assert not new_game(**settings).gan.items_are_independent


# ---- real items


def test_mirrored_pictures_are_turned_left_to_right():
    made = world("pictures", augment__name="mirror")
    seen, original = (
        game.gan.real(inputs(game, 1).discriminator_turns[0]) for game in (start(made), new_game("pictures"))
    )
    mirrored = draws.mirrored(made.recipe, 1, 0, BATCH)
    assert 0 < mirrored.sum() < BATCH
    for index in range(BATCH):
        expected = original[index].flip(2) if mirrored[index] else original[index]
        assert torch.equal(seen[index], expected)


def test_vectors_have_no_mirror():
    with pytest.raises(RecipeError, match="these items are vectors"):
        new_game("vectors", augment__name="mirror")


def test_a_game_without_items_says_so():
    made = world("vectors")
    with pytest.raises(ValueError, match=r"load\(\) the items"):
        TorchGame(made.recipe, made.item_shape).step(indices(1), now(1))


# ---- the averaged generator


@pytest.mark.parametrize(("half_life", "batch"), [(1000, 100), (64, 64)])
def test_the_average_forgets_by_half_lives(half_life: int, batch: int):
    game = new_game()
    with torch.no_grad():
        for value in game.average.network.arrays().values():
            value.fill_(1)
        for value in game.gan.generator.arrays().values():
            value.fill_(0)
    for turn in range(half_life // batch):
        decay = ema_decay(EmaSettings(half_life, ramp_up=0), batch, turn * batch)
        game.average.update(decay, 1 - decay)
    for name, value in game.average.network.arrays().items():
        expected = 0.0 if name.endswith(("mean", "variance")) else 0.5  # batch statistics are copied
        assert float(value.mean()) == pytest.approx(expected, abs=1e-5), name


def test_samples_come_from_the_average():
    game = new_game()
    play(game, 1, 3, decay=1.0)
    frozen = game.make(fixed_latents(), None)
    with torch.no_grad():
        for parameter in game.players.generator.parameters:
            parameter.zero_()
    np.testing.assert_array_equal(game.make(fixed_latents(), None), frozen)
