"""The loop of a run with its watchers, as often as it has to begin again: after a roll-back, or with less memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gansmith.diagnosis.remedies import lower_rates
from gansmith.ground.errors import Diverged, OutOfMemory
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.diagnose import doctors
from gansmith.runs.processes import broadcast_restart
from gansmith.runs.quality import MeasureOnBudget
from gansmith.runs.records import finish, write_checkpoint, writing
from gansmith.runs.recovery.out_of_memory import shrink
from gansmith.runs.recovery.roll_back import Restart, changes, roll_back
from gansmith.runs.setup import Setup, build_game
from gansmith.runs.sheets import sheet_drawer
from gansmith.training import loop, watchers
from gansmith.training.events import Outcome, Start, UpdateEvent, Watcher
from gansmith.training.interrupts import StopRequest
from gansmith.training.process_group import ProcessGroup

if TYPE_CHECKING:
    from gansmith.nets import NetPair

Say = Callable[[str], None]

SAME_SIGNAL = 5.0
"""Seconds within which a rank ignores a second Ctrl-C: the terminal sends one, and torchrun repeats it."""


@dataclass
class Job:
    """One training of one run: what it is, where it is written, and who looks on."""

    processes: ProcessGroup
    setup: Setup
    folder: RunFolder
    nets: NetPair | None
    watching: Sequence[Watcher]  # besides those of every run
    say: Say

    def build(self) -> Game:
        """The game at its start."""
        return build_game(self.setup, self.nets, self.processes, self.say)


def drive(job: Job, game: Game, start: Start) -> str:
    """Train until the budget is used up or somebody stops it; then write the report. Returns how it ended.

    Out of memory, a roll-back and NaN make the loop begin again from a checkpoint, with one setting changed. Raises
    Diverged where NaN comes back in spite of that.
    """
    while True:
        seen = LastSeen()
        try:
            with writing(job.folder), StopRequest(SAME_SIGNAL if job.processes.size > 1 else 0.0) as interrupted:
                outcome = loop.train(
                    game,
                    job.setup.order(),
                    job.setup.clock(),
                    [seen, *all_watchers(job, start)] if job.processes.is_main else [],
                    partial(save, job),
                    start=start,
                    interrupted=interrupted,
                    processes=job.processes,
                )
        except OutOfMemory as full:
            if job.processes.size > 1:  # the other ranks do not know: the error ends this rank, and so all of them
                raise
            outcome = Outcome("out of memory", seen.update + 1, seen.seconds, str(full))
        except Diverged as error:
            change = dict(lower_rates(job.setup.recipe).settings)
            outcome = Outcome("rollback", seen.update, seen.seconds, str(error), change)
        if outcome.ended not in ("out of memory", "rollback"):
            if job.processes.is_main:
                finish(job.folder, outcome, job.say)
            return outcome.ended
        restart = plan_restart(job, game, outcome)
        if restart is None:
            return give_up(job, outcome)
        job.setup = restart.setup
        game, start = job.build(), Start(0, restart.seconds)
        if restart.saved is not None:
            game.restore(restart.saved.state)
            start = Start(restart.saved.update, restart.seconds)


def plan_restart(job: Job, game: Game, outcome: Outcome) -> Restart | None:
    """From where, and with which change, the run goes on; None if it was changed often enough."""
    if outcome.ended == "out of memory":
        mixing = game.release()  # pyright: ignore[reportAttributeAccessIssue] - only torch's games run out of memory
        plan = partial(shrink, job.folder, job.setup, outcome, mixing, job.say)
    else:
        plan = partial(roll_back, job.folder, job.setup, outcome, job.say)
    with writing(job.folder):
        return broadcast_restart(job.processes, job.setup, plan)


def give_up(job: Job, outcome: Outcome) -> str:
    """Stop a run that was rolled back too often; after NaN that is an error (Diverged)."""
    count = job.processes.broadcast(lambda: len(changes(job.folder)))
    reason = f"{outcome.reason}; after {count} changes of course the run stops here"
    if job.processes.is_main:
        finish(job.folder, dataclasses.replace(outcome, ended="stopped", reason=reason), job.say)
    if outcome.before is None:  # only NaN rolls back without naming an update
        raise Diverged(reason)
    return "stopped"


def save(job: Job, event: UpdateEvent) -> None:
    """Write a checkpoint."""
    write_checkpoint(job.folder, job.setup.recipe, event)


def all_watchers(job: Job, start: Start) -> list[Watcher]:
    """Those of every run, and the job's own."""
    folder, recipe, labelling = job.folder, job.setup.recipe, job.setup.labelling
    every: list[Watcher] = [
        watchers.WriteStats(folder, _tensorboard(folder, recipe)),
        *doctors(job.setup, folder, start, job.say),
        watchers.StopOnNaN(),
        watchers.KeepEstimate(folder),
        watchers.WriteSamples(folder, recipe, labelling, sheet_drawer(job.setup)),
        watchers.SaveOnSchedule(recipe, start.seconds, job.setup.clock().epoch(start.update)),
    ]
    if recipe.watch.judge:
        every.append(MeasureOnBudget(folder, recipe, labelling, seconds=start.seconds))
    return [*every, *job.watching]


class LastSeen:
    """A watcher that keeps the newest update and its seconds."""

    update, seconds = 0, 0.0

    def after(self, event: UpdateEvent) -> None:
        """Note the time."""
        self.update, self.seconds = event.update, event.seconds


def _tensorboard(folder: RunFolder, recipe: Recipe) -> Callable[[dict[str, Any]], None] | None:
    if not recipe.watch.tensorboard:
        return None
    from gansmith.training.tensorboard import writer

    return writer(folder.tensorboard)
