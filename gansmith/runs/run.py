"""A training from its first update to its report: begun in a new folder, or resumed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from gansmith import losses
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, damaged_rows
from gansmith.ground.process.launch import launched
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import NO_PARTS, Parts
from gansmith.parts.kept import check_parts
from gansmith.parts.record import in_words
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.drive import Job, drive
from gansmith.runs.origins.starting import start as start_from
from gansmith.runs.processes import alone, of_this_job, process_group, same_on_all, set_up_on_all
from gansmith.runs.quality import chosen_metric
from gansmith.runs.records import create, finish
from gansmith.runs.recovery.changes import Changes, check_edits, going_on, rising_rates, told_over
from gansmith.runs.recovery.other_data import more, record
from gansmith.runs.recovery.resume import (
    differences,
    forget,
    is_over,
    is_reported,
    need_training,
    newest,
    restore,
    same_data,
)
from gansmith.runs.result import Run
from gansmith.runs.setup import Setup, build_game, read_clusters
from gansmith.trained.moved_data import said_where_data_moved
from gansmith.training.events import Outcome, Start, Watcher
from gansmith.training.process_group import ProcessGroup
from gansmith.training.tracking.table import need, tracked


def begin(
    recipe: Recipe,
    folder: RunFolder,
    parts: Parts = NO_PARTS,
    *,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Start a run in a new folder, and train. Over several processes, rank 0's folder and words count.

    parts: of the user's own; used are those for which the recipe says "own".
    """
    launch, given, parts = launched(), parts.names(), parts.used_by(recipe)
    chosen_metric(recipe.watch.metric, parts.metrics)  # refuses a name that is none
    if unused := {kind: names for kind, names in given.items() if kind not in parts.names()}:
        say(f"not used, as the recipe says otherwise: {in_words(unused)}")
    with losses.joined(parts.loss), process_group() as processes:
        same_on_all(processes, parts)
        folder = RunFolder(Path(processes.broadcast(lambda: str(folder.root))))
        say = say if processes.is_main else _silent
        if processes.broadcast(lambda: of_this_job(folder, launch)):
            say(f"started again for the {launch.restarts}. time: {folder.root} goes on")
            return _go_on(processes, folder, parts, watching, say, may_be_over=True)
        setup = set_up_on_all(processes, recipe)
        for remark in setup.remarks:
            say(remark)
        # build the game before the folder is created: a recipe that cannot be built leaves nothing behind
        game, start = processes.run_on_all(lambda: build_game(setup, parts, processes, say)), Start(0, setup.seconds)
        origin = start_from(processes, setup, game, say)
        with tracking(processes, setup, folder, start, say) as track:
            processes.broadcast(lambda: create(folder, setup, launch, parts, origin))
            with alone(folder, processes):
                repeats = bool(recipe.thread_changes)
                job = Job(processes, setup, folder, parts, watching, say, track, repeats)
                return Run.of(folder, parts, drive(job, game, start))


def resume(
    run: str | PathLike[str],
    parts: Parts = NO_PARTS,
    *,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    data: str | None = None,
    polish: bool = False,
    settings: Mapping[str, Any] | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Go on with a run from its newest whole checkpoint; bit-equal to a run that was never stopped.

    parts: the user's own that the run was trained with. budget: a longer one, counted from the run's beginning, or `more`
    than it has had. data: where its data is now, or the same data with more items. polish: where learning rates fall, stay
    at their end rate. settings: with which it goes on, as in {"optimizer.generator.rate": 1e-4}; those that cannot change
    in the middle of a run are refused. Raises GansmithError.
    """
    with process_group() as processes:
        say = say if processes.is_main else _silent
        changes = Changes(budget, data, polish, dict(settings or {}))
        return _go_on(processes, RunFolder(Path(run)), parts, watching, say, changes)


def _go_on(
    processes: ProcessGroup,
    folder: RunFolder,
    parts: Parts,
    watching: Sequence[Watcher],
    say: Say,
    changes: Changes = Changes(),  # noqa: B008 - frozen
    may_be_over: bool = False,
) -> Run:
    """`resume` on every process. Only rank 0 needs access to the folder."""

    def stored() -> dict[str, Any]:
        check_edits(folder)
        recipe = changes.at_once(folder.load_recipe())
        need_training(folder)
        need(recipe.watch.track)
        return recipes.to_table(recipe)

    recipe = recipes.from_table(processes.broadcast(stored))
    chosen_metric(recipe.watch.metric, parts.metrics)  # on all: rank 0 alone measures, and the others would wait for it
    same_on_all(processes, parts)
    with losses.joined(parts.used_by(recipe).loss), alone(folder, processes):
        return _go_on_alone(processes, folder, parts, watching, say, recipe, changes, may_be_over)


def _go_on_alone(
    processes: ProcessGroup,
    folder: RunFolder,
    parts: Parts,
    watching: Sequence[Watcher],
    say: Say,
    recipe: Recipe,
    changes: Changes,
    may_be_over: bool,
) -> Run:
    """The same, while no other process trains the run. recipe: the run's, with what changes at once."""
    parts = parts.used_by(recipe)
    for remark in processes.broadcast(lambda: check_parts(folder, parts)):
        say(remark)
    with said_where_data_moved(folder.root, recipe.data.source, own=changes.data is None):
        setup = set_up_on_all(processes, recipe, lambda: read_clusters(folder))
    other = processes.broadcast(lambda: None if same_data(folder, setup, changes) else more(folder, setup))
    if other is not None:
        say(other["line"])
        clusters = None if other["clusters"] is None else np.array(other["clusters"], np.int64)
        setup = dataclasses.replace(setup, clusters=clusters)
    for remark in differences(folder, setup.recipe, processes.size) if processes.is_main else ():
        say(remark)
    game = processes.run_on_all(lambda: build_game(setup, parts, processes, say))
    start = restore(processes, game, newest(folder, say) if processes.is_main else None)
    if start.update == 0:
        start_from(processes, setup, game, say, folder)
    setup = changes.in_time(setup, start)
    if is_over(setup, start):
        if changes.data is not None and not changes.budget.given() and other is None:
            say(processes.broadcast(lambda: changes.noted_place(folder)))
            return Run(folder, parts, "finished")
        if not may_be_over and processes.broadcast(lambda: is_reported(folder, start)):
            raise RunError(told_over(folder, setup, start))
        if processes.is_main:
            finish(folder, Outcome("finished", start.update, start.seconds), say)
        return Run(folder, parts, "finished")
    if processes.is_main:
        if line := damaged_rows(folder.stats):
            say(line)
        say(going_on(setup, start))
        for line in rising_rates(folder, setup, start, changes.pairs(folder, setup.recipe)):
            say(line)
    if other is not None:
        processes.broadcast(lambda: record(folder, setup, start.update))
    if line := processes.broadcast(lambda: changes.recorded(folder, setup, start)):
        say(line)
    processes.broadcast(lambda: forget(folder, setup, start))
    with tracking(processes, setup, folder, start, say) as track:
        job = Job(processes, setup, folder, parts, watching, say, track)
        return Run.of(folder, parts, drive(job, game, start))


@contextmanager
def tracking(
    processes: ProcessGroup, setup: Setup, folder: RunFolder, start: Start, say: Say
) -> Iterator[Watcher | None]:
    """The watcher that tells the trackers of `watch.track`, on rank 0; None elsewhere, and without trackers."""
    with ExitStack() as stack:
        track: Watcher | None = None

        def open_them() -> None:
            nonlocal track
            track = stack.enter_context(tracked(setup.recipe, folder, start.update, say))

        processes.broadcast(open_them)
        yield track


def _silent(_: str) -> None:
    """For ranks other than 0: print nothing."""
