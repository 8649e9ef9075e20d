"""A training from its first update to its report: begun in a new folder, or resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from gansmith import losses
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process.launch import launched
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import NO_PARTS, Parts
from gansmith.parts.kept import check_parts
from gansmith.parts.record import in_words
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.drive import Job, drive
from gansmith.runs.processes import alone, of_this_job, process_group, same_on_all, set_up_on_all
from gansmith.runs.quality import chosen_metric
from gansmith.runs.records import create, finish
from gansmith.runs.recovery.resume import check_data, differences, forget, is_over, is_reported, newest, restore
from gansmith.runs.result import Run
from gansmith.runs.setup import Setup, build_game, read_clusters
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
        with tracking(processes, setup, folder, start, say) as track:
            processes.broadcast(lambda: create(folder, setup, launch, parts))
            with alone(folder, processes):
                repeats = bool(recipe.thread_changes)
                job = Job(processes, setup, folder, parts, watching, say, track, repeats)
                return Run.of(folder, parts, drive(job, game, start))


def resume(
    run: str | Path,
    parts: Parts = NO_PARTS,
    *,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    settings: Mapping[str, Any] | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Go on with a run from its newest whole checkpoint; bit-equal to a run that was never stopped.

    parts: the user's own that the run was trained with. settings: of [watch] and budget.until, instead of the run's own:
    {"watch.remedy": "auto", "watch.track": ["trackio"]}.
    """
    with process_group() as processes:
        say = say if processes.is_main else _silent
        return _go_on(processes, RunFolder(Path(run)), parts, watching, say, budget, settings)


def _go_on(
    processes: ProcessGroup,
    folder: RunFolder,
    parts: Parts,
    watching: Sequence[Watcher],
    say: Say,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    settings: Mapping[str, Any] | None = None,
    may_be_over: bool = False,
) -> Run:
    """`resume` on every process. Only rank 0 needs access to the folder."""

    def stored() -> dict[str, Any]:
        recipe = budget.apply(folder.load_recipe())
        recipe = recipes.override(recipe, dict(settings or {}))
        need(recipe.watch.track)
        return recipes.to_table(recipe)

    recipe = recipes.from_table(processes.broadcast(stored))
    same_on_all(processes, parts)
    with losses.joined(parts.used_by(recipe).loss), alone(folder, processes):
        return _go_on_alone(processes, folder, parts, watching, say, recipe, may_be_over)


def _go_on_alone(
    processes: ProcessGroup,
    folder: RunFolder,
    parts: Parts,
    watching: Sequence[Watcher],
    say: Say,
    recipe: Recipe,
    may_be_over: bool,
) -> Run:
    """The same, while no other process trains the run. recipe: the run's, with a new budget."""
    parts = parts.used_by(recipe)
    for remark in processes.broadcast(lambda: check_parts(folder, parts)):
        say(remark)
    setup = set_up_on_all(processes, recipe, lambda: read_clusters(folder))
    processes.broadcast(lambda: check_data(folder, setup))
    for remark in differences(folder, setup.recipe, processes.size) if processes.is_main else ():
        say(remark)
    game = processes.run_on_all(lambda: build_game(setup, parts, processes, say))
    start = restore(processes, game, newest(folder, say) if processes.is_main else None)
    if is_over(setup, start):
        if not may_be_over and processes.broadcast(lambda: is_reported(folder, start)):
            raise RunError(
                f"{folder.root} is finished at update {start.update}: give a longer budget, as in --updates N"
            )
        if processes.is_main:
            finish(folder, Outcome("finished", start.update, start.seconds), say)
        return Run(folder, parts, "finished")
    processes.broadcast(lambda: forget(folder, setup, start))
    say(f"going on from update {start.update}")
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
