"""The loop, with the fake game: what happens, how often, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from fake_game import FakeGame
from gansmith.ground.errors import Diverged
from gansmith.ground.game import NUMBERS, Report, StepContext
from gansmith.training import loop
from gansmith.training.events import Outcome, Request, Start, UpdateEvent
from gansmith.training.schedules import ESTIMATE_AFTER, Clock, budget_images
from miniatures import BATCH, COUNT, assert_same_arrays, indices, world

EPOCH = COUNT  # 40 items are 5 whole batches of 8


class Time:
    """A clock that the game turns: every update takes as long as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float = 1.0) -> None:
        self.seconds, self.passed = seconds, 1000.0
        monkeypatch.setattr(loop.time, "perf_counter", lambda: self.passed)


class Game(FakeGame):
    """The fake game, that writes down what it is asked."""

    def __init__(self, time: Time | None = None, **settings: Any) -> None:
        made = world("vectors", **settings)
        super().__init__(made.recipe, made.item_shape)
        self.load(made.items, None)
        self.time, self.seen, self.reports = time, [], 0
        self.shapes: list[tuple[int, ...]] = []

    def step(self, indices: np.ndarray, context: StepContext) -> None:
        self.seen.append(context)
        self.shapes.append(indices.shape)
        super().step(indices, context)
        if self.time:
            self.time.passed += self.time.seconds

    def report(self) -> Report:
        self.reports += 1
        return super().report()

    @property
    def updates(self) -> list[int]:
        return [context.update for context in self.seen]


class Order:
    def turns(self, update: int, discriminator_turns: int) -> np.ndarray:
        return indices(update, discriminator_turns)


@dataclass
class Watch:
    """A watcher that writes down what it sees, and requests at given updates."""

    name: str = "watch"
    log: list[tuple[str, int]] = field(default_factory=list)
    requests: dict[int, Request] = field(default_factory=dict)
    events: list[UpdateEvent] = field(default_factory=list)

    def after(self, event: UpdateEvent) -> Request | None:
        self.log.append((self.name, event.update))
        self.events.append(event)
        return self.requests.get(event.update)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [event.row for event in self.events if event.row is not None]


def clock_of(game: Game) -> Clock:
    return Clock(game.recipe, EPOCH, budget_images(game.recipe, EPOCH))


def train(game: Game, *watchers: Watch, **options: Any) -> tuple[Outcome, list[int]]:
    """The outcome, and the updates at which the game was saved."""
    saved: list[int] = []
    outcome = loop.train(game, Order(), clock_of(game), watchers, lambda event: saved.append(event.update), **options)
    return outcome, saved


@pytest.mark.parametrize(
    ("budget", "turns", "updates"),
    [
        ({"updates": 1}, 1, 1),
        ({"updates": 7}, 1, 7),
        ({"updates": 7}, 3, 7),
        ({"images": 56}, 1, 7),
        ({"images": 57}, 1, 8),
        ({"images": 57}, 3, 3),
        ({"epochs": 2.0}, 1, 10),
        ({"epochs": 0.5}, 1, 3),
        ({"epochs": 3.0}, 5, 3),
    ],
)
def test_a_budget_is_kept_exactly(budget: dict[str, float], turns: int, updates: int):
    settings = {"budget__updates": 0, **{f"budget__{name}": value for name, value in budget.items()}}
    game = Game(feedback__discriminator_turns=turns, **settings)
    outcome, saved = train(game)
    assert (outcome.ended, outcome.update) == ("finished", updates)
    assert game.updates == list(range(1, updates + 1))
    assert game.shapes == [(turns, BATCH)] * updates
    assert [context.images_seen for context in game.seen] == [turns * BATCH * done for done in range(updates)]
    assert saved == [updates]


def test_the_clock_is_handed_on():
    game = Game(budget__updates=4, optimizer__generator__rate=0.5)
    train(game)
    assert game.seen == [clock_of(game).at(update, measure=update == 4) for update in range(1, 5)]


def test_rows_come_when_they_are_due_and_at_the_end():
    game, watch = Game(budget__updates=7, watch__stats_every=3), Watch()
    train(game, watch)
    assert [row["update"] for row in watch.rows] == [3, 6, 7]
    assert [context.measure for context in game.seen] == [False, False, True, False, False, True, True]
    assert game.reports == 3  # nothing else waits for the device


def test_a_row_says_everything():
    time_free = {"images_per_second", "seconds"}
    game, watch = Game(budget__updates=6, watch__stats_every=3, feedback__discriminator_turns=2), Watch()
    train(game, watch)
    expected = {"update", "images_seen", "epoch", "rate.generator", "rate.discriminator", "ema.decay"}
    for row in watch.rows:
        names = set(row) - time_free - {"histograms", "layers"}
        assert expected <= names
        assert names - expected <= set(NUMBERS)
        assert "loss.generator" in names
    last = watch.rows[-1]
    assert (last["update"], last["images_seen"], last["epoch"]) == (6, 6 * 2 * BATCH, 6 * 2 * BATCH / EPOCH)
    assert last["rate.generator"] == game.seen[-1].generator_rate


def test_the_pace_is_that_since_the_row_before(monkeypatch: pytest.MonkeyPatch):
    time = Time(monkeypatch, seconds=2.0)
    game, watch = Game(time, budget__updates=4, watch__stats_every=2), Watch()
    train(game, watch)
    assert [row["images_per_second"] for row in watch.rows] == [BATCH / 2.0] * 2
    time.seconds = 0.5
    faster, watch = Game(time, budget__updates=6, watch__stats_every=2), Watch()
    train(faster, watch, start=Start(4, 8.0))
    assert [(row["seconds"], row["images_per_second"]) for row in watch.rows] == [(9.0, BATCH / 0.5)]


def test_watchers_see_every_update_in_their_order():
    log: list[tuple[str, int]] = []
    train(Game(budget__updates=3), Watch("first", log), Watch("second", log))
    assert log == [(name, update) for update in range(4) for name in ("first", "second")]


def test_the_first_look_comes_before_the_first_update():
    game = Game(budget__updates=2)
    seen: list[tuple[int, int]] = []

    class Early(Watch):
        def after(self, event: UpdateEvent) -> None:
            seen.append((event.update, len(game.seen)))
            assert (event.row is None) == (event.update != 2)
            assert event.images_seen == event.update * BATCH
            assert event.last == (event.update == 2)

    train(game, Early())
    assert seen == [(0, 0), (1, 1), (2, 2)]


def test_a_resumed_run_goes_on_with_the_next_update():
    game, watch = Game(budget__updates=6), Watch()
    outcome, saved = train(game, watch, start=Start(4, 100.0))
    assert game.updates == [5, 6]
    assert [event.update for event in watch.events] == [5, 6]
    assert outcome.seconds >= 100
    assert saved == [6]


def test_a_wish_to_save_is_granted():
    _, saved = train(Game(budget__updates=6), Watch(requests={2: Request("save", ""), 4: Request("save", "")}), Watch())
    assert saved == [2, 4, 6]


def test_two_wishes_save_once():
    request = {2: Request("save", "")}
    _, saved = train(Game(budget__updates=3), Watch(requests=request), Watch(requests=request))
    assert saved == [2, 3]


def test_a_wish_to_stop_saves_and_stops():
    game = Game(budget__updates=6)
    watches = Watch(requests={3: Request("stop", "good enough")}), Watch()
    outcome, saved = train(game, *watches)
    assert (outcome.ended, outcome.update, outcome.reason) == ("stopped", 3, "good enough")
    assert (game.updates, saved) == ([1, 2, 3], [3])
    assert [(event.update, event.last) for event in watches[1].events] == [
        *((update, False) for update in range(4)),
        (3, True),  # once more: nobody knew that it was the last
    ]
    assert watches[1].events[-1].row is None  # so that no row is written twice


def test_a_wish_to_go_back_ends_the_sitting_without_saving():
    change = {"optimizer.generator.rate": 1e-4}
    game = Game(budget__updates=6)
    outcome, saved = train(game, Watch(requests={3: Request("save", ""), 5: Request("rollback", "NaN", change)}))
    assert (outcome.ended, outcome.update, outcome.reason, outcome.change) == ("rollback", 5, "NaN", change)
    assert saved == [3]


def test_a_wish_at_the_end_changes_nothing():
    outcome, saved = train(Game(budget__updates=3), Watch(requests={3: Request("stop", "late")}))
    assert (outcome.ended, saved) == ("finished", [3])


def test_an_interruption_finishes_the_update_and_saves():
    game, watch = Game(budget__updates=9), Watch()
    outcome, saved = train(game, watch, interrupted=lambda: len(game.seen) == 4)
    assert (outcome.ended, outcome.update) == ("interrupted", 4)
    assert saved == [4]
    assert watch.events[-1].last
    assert not watch.events[-2].last


def test_what_a_watcher_raises_ends_the_run_unsaved():
    class Doubt(Watch):
        def after(self, event: UpdateEvent) -> None:
            if event.update == 2:
                raise Diverged("NaN")

    saved: list[int] = []
    game = Game(budget__updates=5)
    with pytest.raises(Diverged):
        loop.train(game, Order(), clock_of(game), [Doubt()], lambda event: saved.append(event.update))
    assert saved == []
    assert game.updates == [1, 2]


def minutes(time: Time, value: float, **settings: Any) -> Game:
    return Game(time, budget__updates=0, budget__minutes=value, **settings)


def test_minutes_end_with_the_update_that_reaches_them(monkeypatch: pytest.MonkeyPatch):
    game, watch = minutes(Time(monkeypatch, seconds=25.0), 1.0), Watch()
    outcome, saved = train(game, watch)
    assert (outcome.ended, outcome.update, outcome.seconds) == ("finished", 3, 75.0)
    assert saved == [3]
    assert [row["update"] for row in watch.rows] == [3]  # one row at least, though none was due


def test_minutes_count_the_watchers_and_earlier_sittings(monkeypatch: pytest.MonkeyPatch):
    time = Time(monkeypatch, seconds=10.0)

    class Slow(Watch):
        def after(self, event: UpdateEvent) -> None:
            time.passed += 10.0

    outcome, _ = train(minutes(time, 1.0), Slow(), start=Start(5, 15.0))
    assert (outcome.update, outcome.seconds) == (8, 65.0)


def test_the_length_is_estimated_after_fifty_updates_and_a_hundred(monkeypatch: pytest.MonkeyPatch):
    time, watch = Time(monkeypatch, seconds=1.0), Watch()
    game = minutes(time, 2.0, schedule__rate="linear", schedule__factor=0.0)

    class Faster(Watch):
        def after(self, event: UpdateEvent) -> None:
            time.seconds = 1.0 if event.update < 80 else 0.5

    train(game, watch, Faster())
    totals = [event.clock.total_images for event in watch.events if event.update > ESTIMATE_AFTER]
    second = 100 + 30 * 50 / 40  # 50 updates in 40 seconds since the first estimate, and 30 seconds are left
    assert totals[:50] == [120 * BATCH] * 50
    assert len(set(totals[50:])) == 1
    assert totals[-1] == second * BATCH
    assert {event.clock.total_images for event in watch.events if event.update < ESTIMATE_AFTER} == {None}
    rates = [context.generator_rate for context in game.seen]
    assert rates[:ESTIMATE_AFTER] == [1e-2] * ESTIMATE_AFTER
    assert rates[60] == pytest.approx(1e-2 * (1 - 60 / 120))
    assert rates[110] == pytest.approx(1e-2 * (1 - 110 * BATCH / totals[-1]))
    assert len(rates) > 120
    assert rates[-1] == pytest.approx(0, abs=1e-3)


def test_an_estimate_of_an_earlier_sitting_is_kept(monkeypatch: pytest.MonkeyPatch):
    """Also by a run that was killed after the estimate and goes on from a checkpoint before it."""
    settings = {"budget__estimated_images": [999 * BATCH, 888 * BATCH], "schedule__rate": "linear"}
    game, watch = minutes(Time(monkeypatch), 2.0, **settings), Watch()
    train(game, watch, start=Start(40, 40.0))
    assert {event.clock.total_images for event in watch.events} == {888 * BATCH}
    rates = {context.update: context.generator_rate for context in game.seen}
    slopes = [1e-2 - rates[update] for update in (60, 120)]  # the earlier update goes by the first of them
    assert slopes[1] / slopes[0] == pytest.approx(119 / 59 * 999 / 888)


def test_a_longer_budget_in_minutes_is_estimated_at_once(monkeypatch: pytest.MonkeyPatch):
    """`resume --minutes 4` of a run of two: the schedules know the new end from the first update on."""
    game, watch = minutes(Time(monkeypatch), 4.0, schedule__rate="linear", schedule__factor=0.0), Watch()
    train(game, watch, start=Start(120, 120.0))
    assert {event.clock.total_images for event in watch.events} == {240 * BATCH}
    assert game.seen[0].generator_rate == pytest.approx(1e-2 / 2)


def test_watchers_that_look_do_not_disturb():
    class Look(Watch):
        def after(self, event: UpdateEvent) -> None:
            event.game.make(np.ones((3, 4), np.float32), None)
            event.game.discriminate(world("vectors").items[:3], None)
            event.game.state()

    watched, alone = Game(budget__updates=12), Game(budget__updates=12)
    train(watched, Look())
    train(alone)
    assert_same_arrays(watched.state().arrays, alone.state().arrays)


def test_the_fake_game_learns():
    """So that what the loop is tested with is a game, and no stub."""
    game, watch = Game(budget__updates=200, watch__stats_every=1), Watch()
    train(game, watch)
    losses = [row["loss.generator"] for row in watch.rows]
    assert np.mean(losses[-20:]) < 0.8 * np.mean(losses[:5])
    np.testing.assert_allclose(game.mean[0], world("vectors").items.mean(0), atol=0.5)
