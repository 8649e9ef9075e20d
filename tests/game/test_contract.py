"""What every engine owes to the loop: the `Game` protocol, over vectors and pictures, with and without labels.

Another engine is one more row of `ENGINES`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest

from fake_game import FakeGame
from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import NUMBERS, Game, State
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.training import checkpoint
from miniatures import BATCH, CLASSES, World, assert_same_arrays, fixed_latents, indices, now, play, world


def by_torch(recipe: Recipe, item_shape: Shape, classes: int) -> Game:
    from gansmith.game.torch_game import TorchGame

    return TorchGame(recipe, item_shape, classes)


def by_hand(recipe: Recipe, item_shape: Shape, classes: int) -> Game:
    return pytest.importorskip("gansmith.by_hand").HandGame(recipe, item_shape, classes)


ENGINES: dict[str, Callable[[Recipe, Shape, int], Game]] = {"fake": FakeGame, "torch": by_torch, "numpy": by_hand}
WORLDS = ("vectors", "pictures", "labelled-vectors", "labelled-pictures")


@dataclasses.dataclass(frozen=True)
class Case:
    """An engine in a world."""

    engine: str
    world: World

    def new(self, **changes) -> Game:
        """A game with its items loaded; changes: settings."""
        made = self.world.having({name.replace("__", "."): value for name, value in changes.items()})
        game = ENGINES[self.engine](made.recipe, made.item_shape, made.classes)
        game.load(made.items, made.labels)
        return game

    @property
    def asked(self) -> np.ndarray | None:
        """Labels for ten latents."""
        return np.arange(10, dtype=np.int64) % CLASSES if self.world.classes else None

    @property
    def outside_shape(self) -> tuple[int, ...]:
        """(H, W, C) or (D,)."""
        return self.world.items.shape[1:]


@pytest.fixture(params=[(engine, kind) for engine in ENGINES for kind in WORLDS], ids="-".join)
def case(request: pytest.FixtureRequest) -> Case:
    engine, kind = request.param
    return Case(engine, world(kind))


def test_it_is_a_game(case: Case):
    assert isinstance(case.new(), Game)


def test_what_is_made(case: Case):
    game = case.new()
    play(game, 1, 2)
    raw = game.make(fixed_latents(), case.asked)
    assert (raw.shape, raw.dtype) == ((10, *case.outside_shape), np.float32)
    assert np.isfinite(raw).all()
    assert len({picture.tobytes() for picture in raw}) == 10
    items = game.sample(fixed_latents(), case.asked)
    if raw.ndim == 4:
        assert items.dtype == np.uint8
        np.testing.assert_array_equal(items, pixels.to_bytes(raw, case.world.recipe.data.pixels))
    else:
        assert items.dtype == np.float32
        np.testing.assert_array_equal(items, raw)


def test_the_first_five_of_many_are_the_five_of_five(case: Case):
    game = case.new()
    play(game, 1, 2)
    z = fixed_latents(70)
    asked = None if case.asked is None else np.resize(case.asked, 70)
    many = game.make(z, asked)
    few = game.make(z[:5], None if asked is None else asked[:5])
    np.testing.assert_array_equal(many[:5], few)


def test_labels_steer(case: Case):
    game = case.new()
    play(game, 1, 2)
    if case.asked is None:
        return
    others = (case.asked + 1) % CLASSES
    assert not np.allclose(game.make(fixed_latents(), case.asked), game.make(fixed_latents(), others))
    items, right = case.world.items[:10], case.world.labels
    assert right is not None
    shifted = (right[:10] + 1) % CLASSES
    assert not np.allclose(game.verdicts(items, right[:10]).logits, game.verdicts(items, shifted).logits)


def test_verdicts_are_of_each_item_alone(case: Case):
    game, items, labels = case.new(), case.world.items, case.world.labels
    play(game, 1, 2)
    whole = game.verdicts(items, labels).logits
    assert (whole.shape, whole.dtype) == ((len(items),), np.float32)
    one = [game.verdicts(items[i : i + 1], None if labels is None else labels[i : i + 1]).logits for i in range(5)]
    np.testing.assert_allclose(np.concatenate(one), whole[:5], rtol=1e-4, atol=1e-5)


def test_updates_move_the_players_and_the_average(case: Case):
    game = case.new()
    before, made = game.state().arrays, game.make(fixed_latents(), case.asked)
    play(game, 1, 3)
    after = game.state().arrays
    assert any(not np.array_equal(before[name], after[name]) for name in before if name.startswith("generator/"))
    assert not np.array_equal(made, game.make(fixed_latents(), case.asked))


def test_the_average_keeps_its_share(case: Case):
    """Decay 1 keeps the averaged generator as it was; decay 0 makes it the generator."""
    game = case.new(generator__norm="none")  # batch statistics are copied whatever the decay
    before = game.make(fixed_latents(), case.asked)
    play(game, 1, 2, decay=1.0)
    np.testing.assert_allclose(game.make(fixed_latents(), case.asked), before, atol=1e-6)  # w + (a - w) rounds
    play(game, 3, 3, decay=0.0)
    arrays = game.state().arrays
    averaged = {name.removeprefix("ema/"): array for name, array in arrays.items() if name.startswith("ema/")}
    assert averaged
    for name, array in averaged.items():
        np.testing.assert_allclose(array, arrays[f"generator/{name}"], rtol=1e-6, atol=1e-7, err_msg=name)


def test_reports_are_means_since_the_last_one(case: Case):
    game, singles = case.new(), []
    for update in range(1, 5):
        game.step(indices(update), now(update))
        singles.append(game.report().numbers)
    together = case.new()
    play(together, 1, 4)
    numbers = together.report().numbers
    assert numbers
    assert numbers.keys() <= NUMBERS.keys()
    for name, value in numbers.items():
        assert isinstance(value, float)
        assert value == pytest.approx(np.mean([row[name] for row in singles]), rel=1e-4, abs=1e-6), name


def test_a_report_empties_the_statistics(case: Case):
    game = case.new()
    play(game, 1, 2, measure=True)
    assert game.report().numbers
    empty = game.report()
    assert (empty.numbers, empty.histograms, empty.layers) == ({}, {}, {})


def test_a_report_goes_into_json(case: Case):
    game = case.new()
    play(game, 1, 2, measure=True)
    report = game.report()
    json.dumps(dataclasses.asdict(report), allow_nan=False)
    for histogram in report.histograms.values():
        assert len(histogram.edges) == len(histogram.counts) + 1
        assert sum(histogram.counts) == 2 * BATCH


def test_a_state_is_a_snapshot(case: Case):
    game = case.new()
    play(game, 1, 2)
    state = game.state()
    json.dumps(state.counters)
    copies = {name: array.copy() for name, array in state.arrays.items()}
    play(game, 3, 4)
    assert_same_arrays(state.arrays, copies)
    assert all(isinstance(array, np.ndarray) for array in state.arrays.values())


def test_looking_changes_nothing(case: Case):
    """Watchers may make, sample, take verdicts, report and save between any two updates."""
    watched, alone = case.new(), case.new()
    for update in range(1, 6):
        play(watched, update, update, measure=True)
        watched.make(fixed_latents(), case.asked)
        watched.sample(fixed_latents(3), None if case.asked is None else case.asked[:3])
        watched.verdicts(case.world.items[:7], None if case.world.labels is None else case.world.labels[:7])
        watched.report()
        watched.state()
        np.random.random(3)
        play(alone, update, update)
    assert_same_arrays(watched.state().arrays, alone.state().arrays)


def test_a_restored_game_goes_on_bit_for_bit(case: Case, tmp_path):
    """Through a file, into another game."""
    straight, half, resumed = case.new(), case.new(), case.new()
    play(straight, 1, 7)
    play(half, 1, 4)
    play(resumed, 1, 2)  # whatever it did before
    folder = RunFolder(tmp_path)
    checkpoint.save(folder, checkpoint.Checkpoint(4, half.state(), {"seconds": 1.0}))
    resumed.restore(checkpoint.load(folder, 4).state)
    assert_same_arrays(resumed.state().arrays, half.state().arrays)
    assert resumed.state().counters == half.state().counters
    assert resumed.report().numbers == {}
    play(resumed, 5, 7)
    assert_same_arrays(resumed.state().arrays, straight.state().arrays)


def test_going_back_undoes_what_came_after(case: Case):
    game = case.new()
    play(game, 1, 3)
    state = game.state()
    play(game, 4, 6)
    there = game.state().arrays
    game.restore(state)
    play(game, 4, 6)
    assert_same_arrays(game.state().arrays, there)


def test_a_seed_decides_everything(case: Case):
    first, second, other = case.new(), case.new(), case.new(seed=2)
    for game in (first, second, other):
        play(game, 1, 5)
    assert_same_arrays(first.state().arrays, second.state().arrays)
    made = [game.make(fixed_latents(), case.asked) for game in (first, other)]
    assert not np.allclose(*made)


def test_items_are_read_and_never_written(case: Case):
    items = case.world.items.copy()
    items.setflags(write=False)  # as a memory-mapped store is
    game = ENGINES[case.engine](case.world.recipe, case.world.item_shape, case.world.classes)
    game.load(items, case.world.labels)
    play(game, 1, 3)
    game.verdicts(items, case.world.labels)
    np.testing.assert_array_equal(items, case.world.items)


def test_several_discriminator_turns_take_several_rows(case: Case):
    game = case.new(feedback__discriminator_turns=3)
    game.step(indices(1, turns=3), now(1))
    assert game.report().numbers


def test_a_rate_of_zero_stands_still(case: Case):
    game = case.new(generator__norm="none")
    before = game.state().arrays
    play(game, 1, 2, rate=0.0)
    after = game.state().arrays
    for name in before:
        if name.startswith(("generator/", "discriminator/")):
            np.testing.assert_array_equal(before[name], after[name], err_msg=name)


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_a_state_of_another_network_is_refused(engine: str):
    game = Case(engine, world("vectors")).new()
    saved = game.state()
    name = next(iter(saved.arrays))
    missing = {key: array for key, array in saved.arrays.items() if key != name}
    wider = {**saved.arrays, name: np.zeros((99, 99), np.float32)}
    for broken in (missing, wider):
        with pytest.raises(RunError, match="does not fit"):
            game.restore(State(broken, saved.counters))
