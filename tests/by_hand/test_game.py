"""The game as a whole: against torch, against itself, and against what it promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gansmith.by_hand import HandGame
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import EngineError, RunError
from gansmith.ground.game import NUMBERS, Game, State
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe, RegularizerSettings

from .games import CONVOLUTIONAL, DENSE, GAMES, GREY, in_precision, moment, play, training_items
from .referee import Referee


def new_game(recipe: Recipe, shape: Shape, classes: int, precision: str = "float32") -> HandGame:
    game = HandGame(in_precision(recipe, precision), shape, classes)
    game.load(*training_items(shape, classes))
    return game


def largest_difference(ours: dict[str, np.ndarray], theirs: dict[str, Any], prefixes: tuple[str, ...]) -> float:
    names = [name for name in ours if name.startswith(prefixes)]
    assert names
    return max(float(np.abs(ours[name] - np.asarray(theirs[name])).max()) for name in names)


def networks_only(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array for name, array in arrays.items() if "optimizer" not in name}


# ---- against torch


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize(("precision", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
def test_ten_updates_are_the_referees(name: str, precision: str, tolerance: float) -> None:
    recipe, shape, classes = GAMES[name]
    game = new_game(recipe, shape, classes, precision)
    start = networks_only(game.state().arrays)
    referee = Referee(game.recipe, shape, classes, start)
    items, labels = training_items(shape, classes)
    for update in range(1, 11):
        game.step(*moment(recipe, update))
        referee.update(items, labels, *moment(recipe, update))
    end = networks_only(game.state().arrays)
    theirs = {key: value.detach().numpy() for key, value in referee.w.items()}
    assert largest_difference(end, theirs, ("generator/", "discriminator/", "ema/")) < tolerance
    moved = [key for key in end if key.endswith("weight") and not np.array_equal(start[key], end[key])]
    assert len(moved) == sum(key.endswith("weight") for key in end), "every weight matrix has learned"


@pytest.mark.parametrize("name", GAMES)
def test_ten_updates_are_the_other_engines(name: str) -> None:
    """Copied weights, in the middle of a training: forward within 1e-5, ten updates within 1e-10 in float64."""
    recipe, shape, classes = GAMES[name]
    ours = new_game(recipe, shape, classes, "float64")
    theirs = TorchGame(ours.recipe, shape, classes)
    theirs.load(*training_items(shape, classes))
    play(ours, recipe, 1, 3)
    theirs.restore(ours.state())
    latents = np.random.default_rng(0).normal(size=(9, recipe.latent.dim)).astype(np.float32)
    labels = np.arange(9) % classes if classes else None
    assert np.abs(ours.make(latents, labels) - theirs.make(latents, labels)).max() < 1e-5
    items, item_labels = training_items(shape, classes)
    difference = ours.discriminate(items, item_labels).logits - theirs.discriminate(items, item_labels).logits
    assert np.abs(difference).max() < 1e-5
    play(ours, recipe, 4, 13)
    play(theirs, recipe, 4, 13)
    assert largest_difference(ours.state().arrays, theirs.state().arrays, ("",)) < 1e-10
    assert ours.state().counters == theirs.state().counters
    back = new_game(recipe, shape, classes, "float64")
    back.restore(theirs.state())
    assert largest_difference(back.state().arrays, theirs.state().arrays, ("",)) == 0


@pytest.mark.parametrize("name", ["dense-r1-lazy", "dcgan", "course"])
def test_reports_are_the_other_engines(name: str) -> None:
    recipe, shape, classes = GAMES[name]
    ours = new_game(recipe, shape, classes, "float64")
    theirs = TorchGame(ours.recipe, shape, classes)
    theirs.load(*training_items(shape, classes))
    theirs.restore(ours.state())
    for update in range(1, 5):
        for game in (ours, theirs):
            game.step(*moment(recipe, update, measure=update == 4))
    mine, yours = ours.report(), theirs.report()
    assert mine.numbers.keys() == yours.numbers.keys() <= NUMBERS.keys()
    assert mine.numbers == pytest.approx(yours.numbers, rel=1e-5)
    assert {who: sum(h.counts) for who, h in mine.histograms.items()} == {"verdict.real": 32, "verdict.fake": 32}
    assert mine.histograms.keys() == yours.histograms.keys()
    assert mine.layers.keys() == yours.layers.keys()
    for player, layers in mine.layers.items():
        assert layers.keys() == yours.layers[player].keys()
        for layer, entry in layers.items():
            assert entry == pytest.approx(yours.layers[player][layer], rel=1e-5), (player, layer)


def test_both_engines_begin_alike() -> None:
    for recipe, shape, classes in GAMES.values():
        ours = new_game(recipe, shape, classes)
        theirs = TorchGame(ours.recipe, shape, classes)
        assert largest_difference(ours.state().arrays, ours.state().arrays | theirs.state().arrays, ("",)) == 0


# ---- against itself


@pytest.mark.parametrize("name", GAMES)
def test_repeated_and_restored_to_the_last_bit(name: str) -> None:
    recipe, shape, classes = GAMES[name]
    straight = new_game(recipe, shape, classes)
    play(straight, recipe, 1, 3)
    middle = straight.state()
    kept = {key: array.copy() for key, array in middle.arrays.items()}
    play(straight, recipe, 4, 6)
    again = new_game(replace(recipe, seed=99), shape, classes)
    again.recipe = straight.recipe
    again.restore(middle)
    play(again, recipe, 4, 6)
    first, second = straight.state(), again.state()
    assert first.counters == second.counters
    assert first.arrays.keys() == second.arrays.keys()
    for key, array in first.arrays.items():
        assert np.array_equal(array, second.arrays[key]), key
        assert array.dtype == np.float32
    assert all(np.array_equal(kept[key], middle.arrays[key]) for key in kept), "a state is a copy"


def test_sampling_and_reporting_disturb_nothing() -> None:
    recipe, shape, classes = GAMES["tutorial"]
    quiet, watched = (new_game(recipe, shape, classes) for _ in range(2))
    play(quiet, recipe, 1, 4)
    for update in range(1, 5):
        watched.step(*moment(recipe, update, measure=True))
        watched.sample(np.ones((5, recipe.latent.dim), np.float32), None)
        watched.discriminate(training_items(shape, classes)[0], None)
        watched.report()
    first, second = quiet.state().arrays, watched.state().arrays
    assert all(np.array_equal(first[key], second[key]) for key in first)


def test_the_first_samples_of_many_are_the_samples_of_few() -> None:
    recipe, shape, classes = GAMES["dcgan"]
    game = new_game(recipe, shape, classes)
    latents = np.random.default_rng(1).normal(size=(150, recipe.latent.dim)).astype(np.float32)
    many = game.make(latents, None)
    for count in (1, 5, 64, 65, 149):
        assert np.array_equal(many[:count], game.make(latents[:count], None))


# ---- what it promises


@pytest.mark.parametrize("name", ["dense", "dcgan", "course"])
def test_each_turn_moves_its_own_player_only(name: str) -> None:
    """The discriminator's turn moves no weight of G, the generator's turn nothing of D, running statistics included."""
    recipe, shape, classes = GAMES[name]
    game = new_game(recipe, shape, classes)
    indices, now = moment(recipe, 1)

    def arrays(prefix: str) -> dict[str, np.ndarray]:
        return {key: array for key, array in game.state().arrays.items() if key.startswith(prefix)}

    def same(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> bool:
        return all(np.array_equal(before[key], after[key]) for key in before)

    fakes = game.generate(now, 0, indices.shape[1])
    generator, discriminator = arrays("generator"), arrays("discriminator")
    game.discriminator_step(indices[0], fakes, now, 0)
    assert same(generator, arrays("generator"))
    assert not same(discriminator, arrays("discriminator"))
    discriminator = arrays("discriminator")
    game.generator_step(fakes, now, 1)
    assert same(discriminator, arrays("discriminator"))
    assert not same(generator, arrays("generator"))


def test_it_is_a_game() -> None:
    assert isinstance(HandGame(DENSE, GREY), Game)


def test_pictures_and_vectors_come_out_as_they_went_in() -> None:
    game = new_game(*GAMES["dcgan"])
    latents = np.zeros((3, 5), np.float32)
    assert (game.sample(latents, None).shape, game.sample(latents, None).dtype) == ((3, 8, 10, 3), np.uint8)
    assert (game.make(latents, None).shape, game.make(latents, None).dtype) == ((3, 8, 10, 3), np.float32)
    assert game.make(latents[:0], None).shape == (0, 8, 10, 3)
    vectors = new_game(*GAMES["dense-vectors"]).sample(latents, None)
    assert (vectors.shape, vectors.dtype) == ((3, 2), np.float32)


def test_averaging_keeps_its_share() -> None:
    game = new_game(DENSE, GREY, 0)
    before = game.averaged.trained.copy()
    game.generator.weights.trained += 1
    game.average(0.75)
    assert game.averaged.trained == pytest.approx(before + 0.25, abs=1e-6)
    game.average(0.0)
    assert np.array_equal(game.averaged.trained, game.generator.weights.trained)


@pytest.mark.parametrize("name", ["dense-sgd", "dcgan", "dense-r1-lazy"])
def test_a_game_that_diverges_says_so_in_its_numbers_only(name: str) -> None:
    """No warning, no exception: the loop finds NaN or infinity in the report."""
    recipe, shape, classes = GAMES[name]
    game = new_game(recipe, shape, classes)
    for update in range(1, 6):
        indices, now = moment(recipe, update, measure=True)
        game.step(indices, replace(now, generator_rate=1e30, discriminator_rate=1e30))
    game.sample(np.ones((3, recipe.latent.dim), np.float32), None)
    assert not all(np.isfinite(value) for value in game.report().numbers.values())


def test_a_lazy_penalty_is_taken_every_third_turn() -> None:
    recipe, shape, classes = GAMES["dense-r1-lazy"]
    game = new_game(recipe, shape, classes)
    taken = []
    for update in range(1, 8):
        game.step(*moment(recipe, update))
        taken.append("loss.penalty" in game.report().numbers)
    assert taken == [True, False, False, True, False, False, True]


REFUSED: list[tuple[Recipe, str]] = [
    (replace(DENSE, generator=replace(DENSE.generator, spectral_norm=True)), "spectral_norm in the generator"),
    (replace(DENSE, device="cuda:1"), "device = 'cuda:1'"),
    (in_precision(DENSE, "bfloat16"), "precision.name = 'bfloat16'"),
    (
        replace(CONVOLUTIONAL, regularizer=RegularizerSettings("r1")),
        "regularizer.name = 'r1' with BatchNorm in the discriminator",
    ),
    (replace(DENSE, discriminator=replace(DENSE.discriminator, slope=1.5)), "slope = 1.5 in the discriminator"),
    (replace(DENSE, faults=("unheard-of",)), "faults = 'unheard-of'"),  # pyright: ignore[reportArgumentType]
]


@pytest.mark.parametrize(("recipe", "name"), REFUSED, ids=[name for _, name in REFUSED])
def test_what_it_cannot_do_is_refused_by_name(recipe: Recipe, name: str) -> None:
    with pytest.raises(EngineError) as refusal:
        HandGame(recipe, GREY)
    assert name in str(refusal.value)
    assert "engine=torch" in str(refusal.value)


def test_a_state_of_another_network_is_refused() -> None:
    state = new_game(DENSE, GREY, 0).state()
    with pytest.raises(RunError, match="generator does not fit"):
        new_game(CONVOLUTIONAL, GREY, 0).restore(state)
    short = State({key: a for key, a in state.arrays.items() if key != "ema/0.weight"}, state.counters)
    with pytest.raises(RunError, match="ema does not fit"):
        new_game(DENSE, GREY, 0).restore(short)
