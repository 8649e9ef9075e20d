"""The loop of a run with its watchers. It begins again after a roll-back, and with less memory when memory ran out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gansmith.diagnosis.remedies import lower_rates
from gansmith.ground.errors import Diverged, OutOfMemory, StoppedByUser, typed
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.ground.progress import Say
from gansmith.parts import Parts
from gansmith.parts.kept import option
from gansmith.runs.diagnose import doctors
from gansmith.runs.origins.starting import start as start_from
from gansmith.runs.processes import broadcast_restart
from gansmith.runs.quality import MeasureOnBudget
from gansmith.runs.records import finish, one_line_errors, write_checkpoint
from gansmith.runs.recovery.out_of_memory import shrink
from gansmith.runs.recovery.roll_back import Restart, roll_back, what_was_tried
from gansmith.runs.setup import Setup, build_game, in_units
from gansmith.runs.sheets.run_sheets import sample_lines, sheet_drawer
from gansmith.runs.watching.asked import Asked
from gansmith.runs.watching.callbacks import Callbacks
from gansmith.runs.watching.stopping import StopEarly
from gansmith.training import loop, threads, watchers
from gansmith.training.checkpoint import saved_updates
from gansmith.training.events import Outcome, Start, UpdateEvent, Watcher
from gansmith.training.interrupts import StopRequest
from gansmith.training.process_group import ProcessGroup

SAME_SIGNAL = 5.0
"""Seconds in which a rank ignores a second Ctrl-C: the terminal sends one, and torchrun repeats it."""


@dataclass
class Job:
    """One training: what is trained, by which processes, where it is written, and who is informed."""

    processes: ProcessGroup
    setup: Setup
    folder: RunFolder
    parts: Parts  # of the user's own
    watching: Sequence[Watcher]  # in addition to those of every run
    say: Say
    track: Watcher | None = None  # tells the trackers of watch.track
    repeats: bool = False  # another run: threads are changed as in its record


def drive(job: Job, game: Game, start: Start) -> Outcome:
    """Train until the budget is used up or someone stops it; then write the report. Returns how it ended, and why.

    After a roll-back, after NaN and when memory ran out, one setting is changed and the loop begins again from a
    checkpoint. Raises Diverged if NaN comes back in spite of that, and StoppedByUser after a second Ctrl-C.
    """
    try:
        return drive_on(job, game, start)
    except KeyboardInterrupt:  # which waits for nothing
        raise StoppedByUser(at_once(job.folder)) from None


def drive_on(job: Job, game: Game, start: Start) -> Outcome:
    """The same, until a second Ctrl-C."""
    stopped = False  # whether a stop was asked for during an update that the run goes back from
    while True:
        seen = LastSeen(start)
        interrupted = StopRequest(SAME_SIGNAL if job.processes.size > 1 else 0.0, received=stopped)
        try:
            with one_line_errors(job.folder), interrupted:
                watching = [seen, *all_watchers(job, start)] if job.processes.is_main else []
                if start.update and job.parts.callbacks:  # the loop shows a start at update 0 only
                    theirs = [watcher for watcher in watching if isinstance(watcher, Callbacks)]
                    event = UpdateEvent(game, job.setup.clock(), start.update, start.seconds)
                    job.processes.broadcast_outcome(partial(loop.show_start, theirs, event))
                outcome = loop.train(
                    game,
                    job.setup.order(),
                    job.setup.clock(),
                    watching,
                    partial(write_checkpoint, job.folder, job.setup.recipe),
                    start=start,
                    interrupted=interrupted,
                    processes=job.processes,
                )
        except OutOfMemory as error:
            if job.processes.size > 1:  # the other ranks still wait: the error ends this rank, and so all of them
                raise
            outcome = Outcome("out of memory", seen.update + 1, seen.seconds, str(error))
        except Diverged as error:
            change = dict(lower_rates(job.setup.recipe).settings)
            outcome = Outcome("rollback", seen.update, seen.seconds, str(error), change)
        if outcome.ended not in ("out of memory", "rollback"):
            if job.processes.is_main:
                finish(job.folder, outcome, job.say)
            return outcome
        stopped = interrupted()
        restart = plan_restart(job, game, outcome)
        if restart is None:
            return give_up(job, outcome)
        job.setup = restart.setup
        game, start = build_game(job.setup, job.parts, job.processes, job.say), Start(0, restart.seconds)
        if restart.saved is None:
            start_from(job.processes, job.setup, game, job.say, job.folder)
        else:
            game.restore(restart.saved.state)
            start = Start(restart.saved.update, restart.seconds)


def at_once(folder: RunFolder) -> str:
    """What is left of a run that was stopped within an update."""
    saved = saved_updates(folder)
    resumed = typed("resume", folder.root, *option(folder))
    if not saved:
        return f"at once, before anything was saved; `{resumed}` begins it again"
    return f"at once, and what came after update {saved[-1]:,} is not saved; go on with `{resumed}`"


def plan_restart(job: Job, game: Game, outcome: Outcome) -> Restart | None:
    """Where the run goes on, and with which change; None after too many changes."""
    if outcome.ended == "out of memory":
        whole_batch = game.release()  # pyright: ignore[reportAttributeAccessIssue] - only torch's games run out of memory
        plan = partial(shrink, job.folder, job.setup, outcome, whole_batch, job.say)
    else:
        plan = partial(roll_back, job.folder, job.setup, outcome, job.say)
    with one_line_errors(job.folder):
        return broadcast_restart(job.processes, job.setup, plan)


def give_up(job: Job, outcome: Outcome) -> Outcome:
    """Stop a run that was rolled back too often. Raises Diverged if the reason is NaN."""
    tried = job.processes.broadcast(lambda: what_was_tried(job.folder))
    reason = f"{outcome.reason}. The trouble came back, so the run stops here: {tried}"
    ended = dataclasses.replace(outcome, ended="stopped", reason=reason)
    if job.processes.is_main:
        finish(job.folder, ended, job.say)
    if outcome.before is None:  # only NaN rolls back without naming an update
        raise Diverged(reason)
    return ended


def all_watchers(job: Job, start: Start) -> list[Watcher]:
    """The watchers of every run, and the job's own."""
    folder, recipe, labelling = job.folder, job.setup.recipe, job.setup.labelling
    beside = doctors(job.setup, folder, start, job.say)
    stop = StopEarly(folder, recipe, beside[0].course if beside else None)
    store, begun = job.setup.store, start.seconds
    judge = MeasureOnBudget(folder, recipe, labelling, job.parts.metrics, seconds=begun, say=job.say, units=store.units)
    callbacks = Callbacks(job.parts.callbacks, folder, recipe, labelling, job.say, partial(in_units, store))
    return [
        watchers.WriteStats(folder),
        *beside,
        watchers.StopOnNaN(),
        watchers.KeepEstimate(folder),
        watchers.WriteSamples(
            folder, recipe, labelling, sheet_drawer(job.setup), job.setup.to_items, sample_lines(job.setup)
        ),
        watchers.SaveOnSchedule(recipe, start.seconds, job.setup.clock().epoch(start.update)),
        *([judge] if recipe.watch.judge else []),
        *([stop] if stop.is_wanted else []),
        *threads.fitting(folder, recipe, start.update, job.say, follow=job.repeats),
        *([callbacks] if job.parts.callbacks else []),
        Asked(folder, recipe, job.say),
        *([job.track] if job.track else []),
        *job.watching,
    ]


class LastSeen:
    """A watcher that remembers the newest update and its seconds."""

    def __init__(self, start: Start) -> None:
        self.update, self.seconds = start.update, start.seconds

    def after(self, event: UpdateEvent) -> None:
        self.update, self.seconds = event.update, event.seconds
