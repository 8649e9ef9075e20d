"""A training from its first update to its report, and a run as Python sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.ground.errors import RunError
from gansmith.ground.files import runfolder
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.pixels import write_png
from gansmith.ground.process.launch import launched
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.drive import Job, Say, drive
from gansmith.runs.processes import (
    about_launch,
    of_this_job,
    process_group,
    run_of_this_job,
    set_up_on_all,
)
from gansmith.runs.records import finish
from gansmith.runs.recovery.resume import differences, forget, is_over, newest, put_back, same_data
from gansmith.runs.setup import build_game, describe_data, environment, read_groups
from gansmith.runs.sheets import real_items, sheet_drawer
from gansmith.trained.generator import Generator, load
from gansmith.training.events import Outcome, Start, Watcher
from gansmith.training.process_group import ProcessGroup

if TYPE_CHECKING:
    from gansmith.nets import NetPair


@dataclass(frozen=True)
class Run:
    """A finished, interrupted or killed training: its folder and what is in it."""

    folder: RunFolder
    nets: NetPair | None = None
    ended: str = ""

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        return self.folder.load_recipe()

    @property
    def stats(self) -> list[dict[str, Any]]:
        """The rows of stats.jsonl."""
        return list(read_rows(self.folder.stats))

    def generator(self, checkpoint: str = "last") -> Generator:
        """The averaged generator of a checkpoint."""
        return load(self.folder.root, nets=self.nets, checkpoint=checkpoint)

    def _repr_html_(self) -> str:
        """Samples and curves, for notebooks."""
        from gansmith.report.notebook import run_html

        return run_html(self.folder)


def train(
    recipe: str | Path | Recipe,
    data: str | None = None,
    nets: NetPair | None = None,
    *,
    out: str | Path | None = None,
    updates: int | None = None,
    images: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    engine: str | None = None,
    device: str | None = None,
    seed: int | None = None,
    settings: dict[str, Any] | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Train a GAN and return its run.

    recipe: a built-in name, a .toml file or a Recipe. data: a source instead of the recipe's. nets: one's own pair of
    networks. settings: {"loss.name": "hinge", ...}. out: the run's folder; runs/<recipe>-<number> by default.
    Raises GansmithError with one line that says what to do.
    """
    budget = Budget(updates, images, epochs, minutes)
    chosen = choose_recipe(recipe, data=data, budget=budget, engine=engine, device=device, seed=seed, settings=settings)
    return begin(chosen, RunFolder(Path(out)) if out else free_folder(chosen), nets, watching=watching, say=say)


def begin(
    recipe: Recipe,
    folder: RunFolder,
    nets: NetPair | None,
    *,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Start a run in a new folder."""
    if nets is not None:  # the run remembers that its networks are not the recipe's
        recipe = override(recipe, {"generator.net": "own", "discriminator.net": "own"})
    launch = launched()
    with process_group() as processes:
        folder = RunFolder(Path(processes.broadcast(lambda: str(folder.root))))
        say = say if processes.is_main else _silent
        if processes.broadcast(lambda: of_this_job(folder, launch)):
            say(f"started again for the {launch.restarts}. time: {folder.root} goes on")
            return _go_on(processes, folder, nets, Budget(), None, watching, say, finished_is_fine=True)
        setup = set_up_on_all(processes, recipe)
        for remark in setup.remarks:
            say(remark)
        # before the folder: what cannot be built leaves nothing behind
        game = processes.run_on_all(lambda: build_game(setup, nets, processes, say))

        def fill() -> None:
            runfolder.write_json(folder.environment, environment(setup.recipe) | about_launch(launch))
            runfolder.write_json(folder.data, describe_data(setup.store, setup.labelling))
            if setup.groups is not None:
                np.save(folder.groups, setup.groups)
            write_png(folder.real_sheet, sheet_drawer(setup)(real_items(setup)))

        processes.broadcast(lambda: folder.create(setup.recipe, fill))
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

    remedy: "auto" or "none" instead of what the run was started with.
    """
    with process_group() as processes:
        return _go_on(
            processes, RunFolder(Path(run)), nets, budget, remedy, watching, say if processes.is_main else _silent
        )


def _go_on(
    processes: ProcessGroup,
    folder: RunFolder,
    nets: NetPair | None,
    budget: Budget,
    remedy: str | None,
    watching: Sequence[Watcher],
    say: Say,
    *,
    finished_is_fine: bool = False,
) -> Run:
    """`resume` on every process. Only rank 0 needs access to the folder."""

    def stored() -> dict[str, Any]:
        recipe = budget.apply(folder.load_recipe())
        return recipes.to_table(recipes.override(recipe, {"watch.remedy": remedy}) if remedy else recipe)

    recipe = recipes.from_table(processes.broadcast(stored))
    setup = set_up_on_all(processes, recipe, lambda: read_groups(folder))
    processes.broadcast(lambda: same_data(folder, setup))
    for remark in differences(folder, setup.recipe, processes.size) if processes.is_main else ():
        say(remark)
    game = processes.run_on_all(lambda: build_game(setup, nets, processes, say))
    start = put_back(processes, game, newest(folder, say) if processes.is_main else None)
    if is_over(setup, start):
        if finished_is_fine:
            if processes.is_main:
                finish(folder, Outcome("finished", start.update, start.seconds), say)
            return Run(folder, nets, "finished")
        raise RunError(f"{folder.root} is finished at update {start.update}: give a longer budget, as in --updates N")
    processes.broadcast(lambda: forget(folder, setup, start))
    say(f"going on from update {start.update}")
    return Run(folder, nets, drive(Job(processes, setup, folder, nets, watching, say), game, start))


def _silent(_: str) -> None:
    """For ranks other than 0: print nothing."""


def free_folder(recipe: Recipe, parent: Path = Path("runs")) -> RunFolder:
    """runs/<recipe>-001, -002 ...: the first that is free, or the one that this job began before it was started again."""
    begun = run_of_this_job(recipe, parent, launched())
    if begun:
        return begun
    number = 1
    while (parent / f"{recipe.name}-{number:03d}").exists():
        number += 1
    return RunFolder(parent / f"{recipe.name}-{number:03d}")
