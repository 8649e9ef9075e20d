"""Each input of an update is the draw of its own stream, turn and pass; and what a turn does not need is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gansmith.game.inputs.items import Items
from gansmith.game.inputs.update import Drawing, GeneratorInputs, Rows, TurnInputs, UpdateInputs
from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from gansmith.ground.recipes.recipe import override
from miniatures import BATCH, CLASSES, indices, labels, now, world
from variants import new_game

UPDATE = 3
DROPOUT = {"generator__dropout": 0.1, "discriminator__dropout": 0.3}
SAME = {"feedback__latents": "same"}


def drawn_by(game: TorchGame, before: int = 0, **numbers: Any) -> UpdateInputs:
    """Update 3, after so many turns of the discriminator."""
    assert game.drawing is not None
    return game.drawing.draw(indices(UPDATE, game.recipe.feedback.discriminator_turns), now(UPDATE, **numbers), before)


def layers(game: TorchGame) -> tuple[list[int], list[int]]:
    """Those with masks: the generator's and the discriminator's."""
    assert game.drawing is not None
    return list(game.drawing.in_generator), list(game.drawing.in_discriminator)


def assert_generated(game: TorchGame, found: GeneratorInputs, turn: int) -> None:
    """That these are the latents, the labels and the masks of a turn."""
    np.testing.assert_array_equal(found.z, draws.latents(game.recipe, UPDATE, turn, BATCH))
    np.testing.assert_array_equal(found.labels, draws.labels(game.recipe, UPDATE, turn, BATCH, CLASSES))
    keys = {n: draws.dropout_key(game.recipe, UPDATE, turn, "generator", n) for n in layers(game)[0]}
    assert {n: int(key) for n, key in found.dropout.items()} == {n: np.int32(key) for n, key in keys.items()}


def assert_masked(game: TorchGame, x: TurnInputs, turn: int, *passes: draws.Pass) -> None:
    """That these are the discriminator's masks in the passes of a turn."""
    assert list(x.dropout) == list(passes)
    for which, keys in x.dropout.items():
        expected = {n: draws.dropout_key(game.recipe, UPDATE, turn, which, n) for n in layers(game)[1]}
        assert {n: int(key) for n, key in keys.items()} == {n: np.int32(key) for n, key in expected.items()}


def test_two_turns_each_draw_their_own():
    turns = {"feedback__discriminator_turns": 2, "feedback__generator_turns": 2}
    game = new_game("labelled-vectors", **DROPOUT, **turns, loss__real=[0.9, 1.0], loss__generator=[0.8, 1.0])
    update = drawn_by(game, rate=0.25, decay=0.75)
    assert all(layers(game))
    assert (update.ema_decay, float(update.ema_weight)) == (0.75, 0.25)
    for turn, (x, rows) in enumerate(zip(update.discriminator_turns, indices(UPDATE, 2), strict=True)):
        assert x.rows == Rows(0, BATCH, BATCH)
        assert_generated(game, x.latents, turn)
        assert_masked(game, x, turn, "real", "fake")
        assert x.real is not None
        np.testing.assert_array_equal(x.real.items, world("labelled-vectors").items[rows])
        np.testing.assert_array_equal(x.real.labels, labels()[rows])
        np.testing.assert_array_equal(x.targets.real, draws.targets(game.recipe, "real", UPDATE, turn, BATCH))
        assert (x.targets.fake, x.targets.generator) == (0.0, 1.0)
        assert {name: float(rate) for name, rate in x.rates.items()} == {"generator": 0.25, "discriminator": 0.25}
    for turn, x in enumerate(update.generator_turns, 2):
        assert_generated(game, x.latents, turn)
        assert_masked(game, x, turn, "fake")
        np.testing.assert_array_equal(x.targets.generator, draws.targets(game.recipe, "generator", UPDATE, turn, BATCH))
        assert x.rates == update.discriminator_turns[0].rates
        assert x.real is None


def test_the_players_rates_are_their_own():
    game = new_game("vectors")
    assert game.drawing is not None
    clock = replace(now(UPDATE), generator_rate=0.1, discriminator_rate=0.2)
    (x,) = game.drawing.draw(indices(UPDATE), clock, 0).discriminator_turns
    assert (float(x.rates["generator"]), float(x.rates["discriminator"])) == (0.1, 0.2)


def test_what_nobody_asks_for_is_not_drawn():
    game = new_game("vectors")
    update = drawn_by(game)
    for x in (*update.discriminator_turns, *update.generator_turns):
        assert (x.chances, x.dropout, x.directions, x.shares, x.latents.dropout) == ({}, {}, {}, None, {})
        assert (x.penalty_due, x.penalty_seed, x.measure, x.adapts, x.reused_by_generator) == (
            False,
            0,
            False,
            False,
            False,
        )
        assert x.fake is None
        assert x.latents.labels is None
    assert [x.measure for x in drawn_by(game, measure=True).discriminator_turns] == [True]
    assert [x.measure for x in drawn_by(game, measure=True).generator_turns] == [True]


def test_a_bare_turn_asks_for_nothing_and_numbers_of_the_right_type_are_not_copied():
    z = np.zeros((1, 2), np.float32)
    bare = TurnInputs(Rows(0, 1, 1), GeneratorInputs(z, None), {})
    assert not any((bare.measure, bare.adapts, bare.penalty_due, bare.penalty_seed, bare.reused_by_generator))
    drawing = new_game("vectors").drawing
    assert drawing is not None
    assert drawing._floats(z) is z
    assert drawing._floats(z.astype(np.float64)).dtype == np.float32


@pytest.mark.parametrize("feedback", ["alternating", "stacked", "joint", "labels"])
def test_the_first_turn_of_the_generator_shares_the_latents_of_the_last_of_the_discriminator(feedback: str):
    """Latents, labels and masks. A joint turn is one for both; of labels every turn has masks of its own."""
    turns = 1 if feedback == "joint" else 2
    counts = {"feedback__discriminator_turns": turns, "feedback__generator_turns": turns}
    game = new_game("labelled-vectors", **DROPOUT, **SAME, **counts, feedback__name=feedback)
    update = drawn_by(game)
    last, (first, *others) = update.discriminator_turns[-1], update.generator_turns
    assert (first.latents is last.latents) is (feedback != "labels")
    assert_generated(game, last.latents, turns - 1)
    for turn, x in enumerate(others, turns + 1):
        np.testing.assert_array_equal(x.latents.z, last.latents.z)
        assert x.latents.dropout == {
            n: np.int32(draws.dropout_key(game.recipe, UPDATE, turn, "generator", n)) for n in layers(game)[0]
        }
    reused = [x.reused_by_generator for x in update.discriminator_turns]
    assert reused == ([False, True] if feedback in ("alternating", "stacked") else [False] * turns)
    assert not any(x.reused_by_generator for x in update.generator_turns)


def test_a_joint_turn_has_the_targets_of_both():
    game = new_game("vectors", **SAME, feedback__name="joint", loss__generator=[0.8, 1.0], loss__real=[0.9, 1.0])
    (x,), (of_generator,) = (turns := drawn_by(game)).discriminator_turns, turns.generator_turns
    assert x.targets.generator is of_generator.targets.generator
    np.testing.assert_array_equal(x.targets.generator, draws.targets(game.recipe, "generator", UPDATE, 1, BATCH))
    np.testing.assert_array_equal(x.targets.real, draws.targets(game.recipe, "real", UPDATE, 0, BATCH))
    (alone,) = drawn_by(new_game("vectors", loss__generator=[0.8, 1.0])).discriminator_turns
    assert alone.targets.generator == 1.0


def test_a_loss_without_targets_gets_none():
    (x,) = drawn_by(new_game("vectors", loss__name="hinge")).discriminator_turns
    assert (x.targets.real, x.targets.fake, x.targets.generator) == (1.0, 0.0, 1.0)


def test_a_loss_that_compares_sees_the_last_real_items_again():
    game = new_game("labelled-pictures", **DROPOUT, loss__name="relativistic", augment__name="diffaugment")
    update = drawn_by(game)
    (x,) = update.generator_turns
    assert x.real is update.discriminator_turns[-1].real
    assert_masked(game, x, 1, "real", "fake")
    assert list(x.chances) == ["real", "fake"]
    for which, numbers in x.chances.items():
        np.testing.assert_array_equal(numbers, draws.chances(game.recipe, UPDATE, 1, which, BATCH))


@pytest.mark.parametrize("fitted", [True, False])
def test_regression_has_the_real_items_and_their_labels(fitted: bool):
    game = new_game("labelled-vectors", feedback__name="labels", feedback__labels="regression" if fitted else "verdict")
    update = drawn_by(game)
    (x,), real = update.generator_turns, update.discriminator_turns[-1].real
    assert real is not None
    assert (x.real is real) is fitted
    assert (x.latents.labels is real.labels) is fitted
    np.testing.assert_array_equal(x.latents.z, draws.latents(game.recipe, UPDATE, 1, BATCH))
    (alternating,) = drawn_by(new_game("labelled-vectors", feedback__labels="regression")).generator_turns
    assert alternating.real is None


@pytest.mark.parametrize(
    ("name", "mirrors", "operates"), [("mirror", True, False), ("ada", False, True), ("mirror+ada", True, True)]
)
def test_views_are_of_their_pass(name: str, mirrors: bool, operates: bool):
    game = new_game("pictures", augment__name=name)
    update = drawn_by(game)
    (x,), (of_generator,) = update.discriminator_turns, update.generator_turns
    assert x.real is not None
    if mirrors:
        np.testing.assert_array_equal(x.real.mirrored, draws.mirrored(game.recipe, UPDATE, 0, BATCH))
    else:
        assert x.real.mirrored is None
    assert list(x.chances) == (["real", "fake"] if operates else [])
    assert list(of_generator.chances) == (["fake"] if operates else [])
    for which, numbers in x.chances.items():
        np.testing.assert_array_equal(numbers, draws.chances(game.recipe, UPDATE, 0, which, BATCH))


@pytest.mark.parametrize(("name", "adapts"), [("ada", [3, 7]), ("diffaugment", []), ("none", [])])
def test_every_fourth_turn_of_the_discriminator_adapts(name: str, adapts: list[int]):
    game = new_game("pictures", augment__name=name)
    assert [before for before in range(9) if drawn_by(game, before).discriminator_turns[0].adapts] == adapts
    assert not any(drawn_by(game, before).generator_turns[0].adapts for before in range(9))


@pytest.mark.parametrize("turns", [1, 2])
@pytest.mark.parametrize(
    ("name", "sigma", "directions"),
    [
        ("r1", 0.5, ["real"]),
        ("r2", 0.5, ["fake"]),
        ("r1+r2", 1.0, ["real", "fake"]),
        ("r1+r2", 0.0, []),
        ("gradient-penalty", 0.0, []),
    ],
)
def test_a_penalty_s_places_are_drawn_where_it_is_due(name: str, sigma: float, directions: list[str], turns: int):
    """Every third turn of the discriminator, counted over updates: here the turns 5 and 6."""
    settings = {"regularizer__name": name, "regularizer__sigma": sigma, "regularizer__interval": 3}
    game = new_game("vectors", **settings, feedback__discriminator_turns=turns)
    for before in (5, 6):
        for turn, x in enumerate(drawn_by(game, before).discriminator_turns):
            due = (before + turn) % 3 == 0
            assert x.penalty_due is due
            assert x.penalty_seed == 0
            assert list(x.directions) == (directions if due else [])
            for where, steps in x.directions.items():
                np.testing.assert_array_equal(steps, draws.directions(game.recipe, UPDATE, turn, where, (BATCH, 2)))
            assert (x.shares is not None) is (due and name == "gradient-penalty")
            if x.shares is not None:
                np.testing.assert_array_equal(x.shares, draws.shares(game.recipe, UPDATE, turn, BATCH))


@pytest.mark.parametrize(("shape", "spare"), [((1, 8, 6), (0, 2)), ((1, 5, 8), (3, 0)), ((1, 8, 8), None)])
def test_windows_begin_somewhere_where_pictures_are_larger(shape: tuple[int, int, int], spare: tuple[int, int] | None):
    made = world("pictures")
    items = Items(made.items, None, "symmetric", shape, torch.device("cpu"))
    drawing = Drawing(made.recipe, new_game().gan.loss, items, 0, ((), ()), 1, 2, np.dtype(np.float32))
    (x,) = drawing.draw(indices(UPDATE)[:, :4], now(UPDATE), 0).discriminator_turns
    assert x.rows == Rows(4, 4, 8)
    assert x.real is not None
    if spare is None:
        assert x.real.corners is None
    else:
        np.testing.assert_array_equal(x.real.corners, draws.corners(made.recipe, UPDATE, 0, BATCH, spare)[4:])


def test_own_views_and_penalties_get_seeds():
    made = world("vectors", regularizer__interval=2)
    recipe = override(made.recipe, {"augment.name": "own", "regularizer.name": "own"})
    items = Items(made.items, None, "symmetric", (2,), torch.device("cpu"))
    drawing = Drawing(recipe, new_game("vectors").gan.loss, items, 0, ((), ()), 0, 1, np.dtype(np.float32))
    for before in (0, 1):
        update = drawing.draw(indices(UPDATE), now(UPDATE), before)
        (x,), (of_generator,) = update.discriminator_turns, update.generator_turns
        assert int(x.penalty_seed) == (0 if before else draws.penalty_seed(recipe, UPDATE, 0))
        assert {which: int(seed) for which, seed in x.chances.items()} == {
            which: draws.view_seed(recipe, UPDATE, 0, which) for which in ("real", "fake")
        }
        assert {which: int(seed) for which, seed in of_generator.chances.items()} == {
            "fake": draws.view_seed(recipe, UPDATE, 1, "fake")
        }
