"""A training from its first update to its report: begun in a new folder, or resumed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process.launch import launched
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.drive import Job, drive
from gansmith.runs.origins.starting import start as start_from
from gansmith.runs.processes import alone, of_this_job, process_group, set_up_on_all
from gansmith.runs.records import create, finish
from gansmith.runs.recovery.changes import Changes, going_on, rising_rates, told_over
from gansmith.runs.recovery.other_data import more, record
from gansmith.runs.recovery.resume import (
    differences,
    forget,
    is_over,
    newest,
    restore,
    said_where_data_moved,
    same_data,
)
from gansmith.runs.result import Run
from gansmith.runs.setup import build_game, read_clusters
from gansmith.training.events import Outcome, Start, Watcher
from gansmith.training.process_group import ProcessGroup

if TYPE_CHECKING:
    from gansmith.nets import NetPair


def begin(
    recipe: Recipe,
    folder: RunFolder,
    nets: NetPair | None = None,
    *,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Start a run in a new folder, and train. Over several processes, rank 0's folder and words count."""
    if nets is not None:  # the run has to know that its networks are not the recipe's
        recipe = recipes.override(recipe, {"generator.net": "own", "discriminator.net": "own"})
    launch = launched()
    with process_group() as processes:
        folder = RunFolder(Path(processes.broadcast(lambda: str(folder.root))))
        say = say if processes.is_main else _silent
        if processes.broadcast(lambda: of_this_job(folder, launch)):
            say(f"started again for the {launch.restarts}. time: {folder.root} goes on")
            return _go_on(processes, folder, nets, watching, say, may_be_over=True)
        setup = set_up_on_all(processes, recipe)
        for remark in setup.remarks:
            say(remark)
        # build the game before the folder is created: a recipe that cannot be built leaves nothing behind
        game = processes.run_on_all(lambda: build_game(setup, nets, processes, say))
        origin = start_from(processes, setup, game, say)
        processes.broadcast(lambda: create(folder, setup, launch, origin))
        with alone(folder, processes):
            job = Job(processes, setup, folder, nets, watching, say)
            return Run(folder, nets, drive(job, game, Start(0, setup.seconds)))


def resume(
    run: str | Path,
    nets: NetPair | None = None,
    *,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    data: str | None = None,
    polish: bool = False,
    remedy: str | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Go on with a run from its newest whole checkpoint; bit-equal to a run that was never stopped.

    budget: a longer one, counted from the run's beginning, or `more` than it has had. data: where its data is now, or the
    same data with more items. polish: where learning rates fall, stay at their end rate. remedy: "auto" or "none" instead
    of the run's own setting. Raises GansmithError.
    """
    with process_group() as processes:
        say = say if processes.is_main else _silent
        changes = Changes(budget, data, polish, remedy)
        return _go_on(processes, RunFolder(Path(run)), nets, watching, say, changes)


def _go_on(
    processes: ProcessGroup,
    folder: RunFolder,
    nets: NetPair | None,
    watching: Sequence[Watcher],
    say: Say,
    changes: Changes = Changes(),  # noqa: B008 - frozen
    may_be_over: bool = False,
) -> Run:
    """`resume` on every process. Only rank 0 needs access to the folder."""
    recipe = recipes.from_table(processes.broadcast(lambda: recipes.to_table(changes.at_once(folder.load_recipe()))))
    with alone(folder, processes):
        return _go_on_alone(processes, folder, nets, watching, say, recipe, changes, may_be_over)


def _go_on_alone(
    processes: ProcessGroup,
    folder: RunFolder,
    nets: NetPair | None,
    watching: Sequence[Watcher],
    say: Say,
    recipe: Recipe,
    changes: Changes,
    may_be_over: bool,
) -> Run:
    """The same, while no other process trains the run. recipe: the run's, with what changes at once."""
    with said_where_data_moved(folder, recipe):
        setup = set_up_on_all(processes, recipe, lambda: read_clusters(folder))
    other = processes.broadcast(lambda: None if same_data(folder, setup, changes) else more(folder, setup))
    if other is not None:
        say(other["line"])
        clusters = None if other["clusters"] is None else np.array(other["clusters"], np.int64)
        setup = dataclasses.replace(setup, clusters=clusters)
    for remark in differences(folder, setup.recipe, processes.size) if processes.is_main else ():
        say(remark)
    game = processes.run_on_all(lambda: build_game(setup, nets, processes, say))
    start = restore(processes, game, newest(folder, say) if processes.is_main else None)
    if start.update == 0:
        start_from(processes, setup, game, say, folder)
    setup = changes.in_time(setup, start)
    if is_over(setup, start):
        if not may_be_over:
            raise RunError(told_over(folder, setup, start))
        if processes.is_main:
            finish(folder, Outcome("finished", start.update, start.seconds), say)
        return Run(folder, nets, "finished")
    if processes.is_main:
        say(going_on(setup, start))
        for line in rising_rates(folder, setup, start):
            say(line)
    if other is not None:
        processes.broadcast(lambda: record(folder, setup, start.update))
    processes.broadcast(lambda: forget(folder, setup, start))
    return Run(folder, nets, drive(Job(processes, setup, folder, nets, watching, say), game, start))


def _silent(_: str) -> None:
    """For ranks other than 0: print nothing."""
