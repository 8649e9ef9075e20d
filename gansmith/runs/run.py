"""A training from its first update to its report: begun in a new folder, or resumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from gansmith.runs.recovery.resume import check_data, differences, forget, is_over, newest, restore
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
    remedy: str | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Go on with a run from its newest whole checkpoint; bit-equal to a run that was never stopped.

    remedy: "auto" or "none" instead of the run's own setting.
    """
    with process_group() as processes:
        say = say if processes.is_main else _silent
        return _go_on(processes, RunFolder(Path(run)), nets, watching, say, budget, remedy)


def _go_on(
    processes: ProcessGroup,
    folder: RunFolder,
    nets: NetPair | None,
    watching: Sequence[Watcher],
    say: Say,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    remedy: str | None = None,
    may_be_over: bool = False,
) -> Run:
    """`resume` on every process. Only rank 0 needs access to the folder."""

    def stored() -> dict[str, Any]:
        recipe = budget.apply(folder.load_recipe())
        return recipes.to_table(recipes.override(recipe, {"watch.remedy": remedy}) if remedy else recipe)

    recipe = recipes.from_table(processes.broadcast(stored))
    with alone(folder, processes):
        return _go_on_alone(processes, folder, nets, watching, say, recipe, may_be_over)


def _go_on_alone(
    processes: ProcessGroup,
    folder: RunFolder,
    nets: NetPair | None,
    watching: Sequence[Watcher],
    say: Say,
    recipe: Recipe,
    may_be_over: bool,
) -> Run:
    """The same, while no other process trains the run. recipe: the run's, with a new budget."""
    setup = set_up_on_all(processes, recipe, lambda: read_clusters(folder))
    processes.broadcast(lambda: check_data(folder, setup))
    for remark in differences(folder, setup.recipe, processes.size) if processes.is_main else ():
        say(remark)
    game = processes.run_on_all(lambda: build_game(setup, nets, processes, say))
    start = restore(processes, game, newest(folder, say) if processes.is_main else None)
    if start.update == 0:
        start_from(processes, setup, game, say, folder)
    if is_over(setup, start):
        if not may_be_over:
            raise RunError(
                f"{folder.root} is finished at update {start.update}: give a longer budget, as in --updates N"
            )
        if processes.is_main:
            finish(folder, Outcome("finished", start.update, start.seconds), say)
        return Run(folder, nets, "finished")
    processes.broadcast(lambda: forget(folder, setup, start))
    say(f"going on from update {start.update}")
    return Run(folder, nets, drive(Job(processes, setup, folder, nets, watching, say), game, start))


def _silent(_: str) -> None:
    """For ranks other than 0: print nothing."""
