"""The training loop. The whole of it is `train`; everything else here is what it hands to its watchers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Protocol

import numpy as np

from gansmith.ground.game import Game, Now, Report
from gansmith.training.company import ALONE, Company
from gansmith.training.schedules import WARM_AFTER, Clock

NEVER = 10**18


@dataclass(frozen=True)
class Moment:
    """What a watcher sees after an update (or before the first: update = 0, no row)."""

    game: Game
    clock: Clock
    update: int
    seconds: float  # of the loop with its watchers, over all sittings of the run
    row: dict[str, Any] | None = None  # a row of stats, where one was due
    last: bool = False  # nothing comes after this

    @property
    def images_seen(self) -> int:
        """Real items given to the discriminator so far."""
        return self.clock.images(self.update)


@dataclass(frozen=True)
class Wish:
    """What a watcher may ask of the loop."""

    kind: Literal["stop", "save", "rollback"]
    reason: str
    change: dict[str, Any] = field(default_factory=dict)  # rollback: settings to change, by dotted name
    before: int | None = None  # rollback: to a checkpoint older than this update; None = to the newest


class Watcher(Protocol):
    """Sees every update, and may wish for something. It cannot disturb the training: draws are stateless."""

    def after(self, moment: Moment) -> Wish | None:
        """Called before the first update and after each one; after one at which somebody wished to stop, once more,
        with `last` set and without the row."""
        ...


class Order(Protocol):
    """Which items each turn of the discriminator sees."""

    def turns(self, update: int, discriminator_turns: int) -> np.ndarray:
        """Indices int64 (discriminator_turns, batch) of an update, counted from 1."""
        ...


@dataclass(frozen=True)
class Start:
    """Where the loop begins: nowhere, or at a checkpoint."""

    update: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How the loop ended."""

    ended: Literal["finished", "stopped", "interrupted", "rollback", "short"]  # "short": of memory
    update: int
    seconds: float
    reason: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    before: int | None = None  # rollback: as in the wish


COLD = (0, 0.0)
"""Before the update and the second from which on the pace is taken."""


def train(
    game: Game,
    order: Order,
    clock: Clock,
    watchers: Sequence[Watcher],
    save: Callable[[Moment], None],
    *,
    start: Start = Start(),
    interrupted: Callable[[], bool] = lambda: False,
    company: Company = ALONE,
) -> Outcome:
    """Play the game to the end of its budget.

    An update is `game.step`; every `watch.stats_every` updates it is reported; after each one the watchers look, and
    may wish to save, to stop, or to go back. The last thing that happens is `save`. In company the first rank's clock
    counts, and its watchers look for all.
    """
    recipe = clock.recipe
    seconds_allowed = recipe.budget.minutes * 60 or math.inf
    began = time.perf_counter() - start.seconds
    meter = Meter(start)
    update, seconds, outcome = start.update, start.seconds, None
    since = COLD
    if update == 0:
        company.decide(partial(show, watchers, Moment(game, clock, 0, 0.0)))

    while outcome is None:
        # with a budget in minutes, estimate the length of the run, from the pace since the last time
        if clock.has_to_estimate(update):
            clock = clock.estimated(update, seconds, since)
            since = (update, seconds) if since != COLD else since

        # play one update
        update += 1
        final = update >= (clock.total_updates() or NEVER) and not recipe.budget.minutes
        due = update % recipe.watch.stats_every == 0 or final
        now = clock.at(update, measure=due)
        game.step(order.turns(update, recipe.feedback.discriminator_turns), now)

        # look at the clock
        report = game.report() if due else None  # waits for the device, so the seconds below are true
        seconds, stopping = company.agree(time.perf_counter() - began, interrupted())
        final = final or seconds >= seconds_allowed
        if final and report is None:  # the minutes are over: the last row, without what only a measured update tells
            report = game.report()
        if since == COLD and update >= max(WARM_AFTER, start.update + 1):
            since = (update, seconds)

        # let the watchers look at the game, and do as they wish
        row = None if report is None else meter.row(report, clock, now, seconds)
        moment = Moment(game, clock, update, seconds, row, last=final or stopping)
        outcome = company.decide(partial(consult, watchers, moment, save, final=final, stopping=stopping))

    return outcome


def show(watchers: Sequence[Watcher], moment: Moment) -> None:
    """Let the watchers look at the beginning; there is nothing to wish for yet."""
    for watcher in watchers:
        watcher.after(moment)


def consult(
    watchers: Sequence[Watcher], moment: Moment, save: Callable[[Moment], None], *, final: bool, stopping: bool
) -> Outcome | None:
    """Let the watchers look at an update, and do as they wish; None where the game goes on."""
    update, seconds, outcome = moment.update, moment.seconds, None
    wishes = [wish for watcher in watchers if (wish := watcher.after(moment))]
    for wish in wishes:
        if wish.kind == "rollback":
            return Outcome("rollback", update, seconds, wish.reason, wish.change, wish.before)
        if wish.kind == "stop":
            outcome = Outcome("stopped", update, seconds, wish.reason)
    if final:
        outcome = Outcome("finished", update, seconds)
    elif stopping:
        outcome = Outcome("interrupted", update, seconds)
    if outcome and not moment.last:  # a wish to stop: nobody knew that this update was the last
        moment = replace(moment, row=None, last=True)
        for watcher in watchers:
            watcher.after(moment)
    if outcome or any(wish.kind == "save" for wish in wishes):
        save(moment)
    return outcome


class Meter:
    """Turns reports into rows of stats, with the pace since the row before."""

    def __init__(self, start: Start) -> None:
        self.update, self.seconds = start.update, start.seconds

    def row(self, report: Report, clock: Clock, now: Now, seconds: float) -> dict[str, Any]:
        """One JSON-able row; its keys are listed in docs/guide/run-folder.md."""
        update = now.update
        images = clock.images(update) - clock.images(self.update)
        pace = images / max(seconds - self.seconds, 1e-9)
        self.update, self.seconds = update, seconds
        return {
            "update": update,
            "images_seen": clock.images(update),
            "epoch": round(clock.epoch(update), 6),
            "seconds": round(seconds, 4),
            "images_per_second": round(pace, 2),
            "rate.generator": now.generator_rate,
            "rate.discriminator": now.discriminator_rate,
            "ema.decay": now.ema_decay,
            **report.numbers,
            "histograms": {name: {"edges": h.edges, "counts": h.counts} for name, h in report.histograms.items()},
            "layers": report.layers,
        }
