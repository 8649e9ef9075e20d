"""The training loop: `train`, and the few functions that it calls."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from gansmith.ground.game import Game, Report, StepContext
from gansmith.training.events import Outcome, Start, UpdateEvent, Watcher
from gansmith.training.process_group import SINGLE_PROCESS, ProcessGroup
from gansmith.training.schedules import WARM_AFTER, Clock

NOT_WARM = (0, 0.0)  # (update, seconds) from which the speed is measured, as long as the first updates are not over


class Order(Protocol):
    """The order of the items."""

    def turns(self, update: int, discriminator_turns: int) -> np.ndarray:
        """Indices int64 (discriminator_turns, batch) of an update, counted from 1."""
        ...


def train(
    game: Game,
    order: Order,
    clock: Clock,
    watchers: Sequence[Watcher],
    save: Callable[[UpdateEvent], None],
    *,
    start: Start = Start(),  # noqa: B008 - frozen
    interrupted: Callable[[], bool] = lambda: False,
    processes: ProcessGroup = SINGLE_PROCESS,
) -> Outcome:
    """Train to the end of the budget.

    An update is `game.step`. Every `watch.stats_every` updates its statistics become a row. After each update the
    watchers are called; they may request to save, to stop or to roll back. `save` is called at the end too. With
    several processes the clock and the watchers of rank 0 decide for all.
    """
    recipe = clock.recipe
    seconds_allowed = recipe.budget.minutes * 60 or math.inf
    began = time.perf_counter() - start.seconds
    rows = StatsRows(start)
    update, seconds, outcome, warm = start.update, start.seconds, None, NOT_WARM
    if update == 0:
        processes.broadcast_outcome(partial(show_start, watchers, UpdateEvent(game, clock, 0, 0.0)))

    while outcome is None:
        # with a budget in minutes: estimate the number of images in the whole run
        if clock.has_to_estimate(update):
            clock = clock.estimated(update, seconds, warm)
            warm = (update, seconds) if warm != NOT_WARM else warm

        # compute one update
        update += 1
        final = not recipe.budget.minutes and update >= (clock.total_updates() or math.inf)
        due = update % recipe.watch.stats_every == 0 or final
        context = clock.at(update, measure=due)
        game.step(order.turns(update, recipe.feedback.discriminator_turns), context)

        # read the clock
        report = game.report() if due else None  # waits for the device, so that the seconds include its work
        seconds, stopping = processes.sync_clock(time.perf_counter() - began, interrupted())
        final = final or seconds >= seconds_allowed
        if final and report is None:  # the minutes are over: a last row, without gradients and step sizes
            report = game.report()
        if warm == NOT_WARM and update >= max(WARM_AFTER, start.update + 1):
            warm = (update, seconds)

        # call the watchers, and do what they request
        row = None if report is None else rows.make(report, clock, context, seconds)
        event = UpdateEvent(game, clock, update, seconds, row, last=final or stopping)
        outcome = processes.broadcast_outcome(partial(call_watchers, watchers, event, save, final, stopping))

    return outcome


def show_start(watchers: Sequence[Watcher], event: UpdateEvent) -> None:
    """Call the watchers before the first update; their requests are ignored."""
    for watcher in watchers:
        watcher.after(event)


def call_watchers(
    watchers: Sequence[Watcher], event: UpdateEvent, save: Callable[[UpdateEvent], None], final: bool, stopping: bool
) -> Outcome | None:
    """Call the watchers after an update, and do what they request. Returns None if the training goes on."""
    update, seconds, outcome = event.update, event.seconds, None
    requests = [request for watcher in watchers if (request := watcher.after(event))]
    for request in requests:
        if request.kind == "rollback":
            return Outcome("rollback", update, seconds, request.reason, request.change, request.before)
        if request.kind == "stop":
            outcome = Outcome("stopped", update, seconds, request.reason)
    if final:
        outcome = Outcome("finished", update, seconds)
    elif stopping:
        outcome = Outcome("interrupted", update, seconds)
    if outcome and not event.last:  # a watcher requested the stop: only now it is known that this update was the last
        event = replace(event, row=None, last=True)
        for watcher in watchers:
            watcher.after(event)
    if outcome or any(request.kind == "save" for request in requests):
        save(event)
    return outcome


class StatsRows:
    """Makes rows of stats.jsonl, with the speed since the row before."""

    def __init__(self, start: Start) -> None:
        self.update, self.seconds = start.update, start.seconds

    def make(self, report: Report, clock: Clock, context: StepContext, seconds: float) -> dict[str, Any]:
        """One JSON-able row; its keys are listed in docs/guide/run-folder.md."""
        update, images = context.update, clock.images(context.update) - clock.images(self.update)
        images_per_second = images / max(seconds - self.seconds, 1e-9)
        self.update, self.seconds = update, seconds
        return {
            "update": update,
            "images_seen": clock.images(update),
            "epoch": round(clock.epoch(update), 6),
            "seconds": round(seconds, 4),
            "images_per_second": round(images_per_second, 2),
            "rate.generator": context.generator_rate,
            "rate.discriminator": context.discriminator_rate,
            "ema.decay": context.ema_decay,
            **report.numbers,
            "histograms": {name: {"edges": h.edges, "counts": h.counts} for name, h in report.histograms.items()},
            "layers": report.layers,
        }
