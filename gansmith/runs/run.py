"""A training from its first update to its report, and a run as Python sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.diagnosis.remedies import lower_rates
from gansmith.ground import recipe as recipes
from gansmith.ground.errors import Diverged, OutOfMemory, RunError
from gansmith.ground.files import runfolder
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.game import Game
from gansmith.ground.pixels import write_png
from gansmith.ground.process.launch import launched
from gansmith.ground.recipe import override
from gansmith.ground.settings import Recipe
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.diagnose import doctors
from gansmith.runs.processes import (
    about_launch,
    broadcast_restart,
    of_this_job,
    process_group,
    run_of_this_job,
    set_up_on_all,
)
from gansmith.runs.quality import MeasureOnBudget
from gansmith.runs.records import finish, write_checkpoint, writing
from gansmith.runs.recovery.out_of_memory import shrink
from gansmith.runs.recovery.resume import differences, forget, is_over, newest, put_back, same_data
from gansmith.runs.recovery.roll_back import changes, roll_back
from gansmith.runs.setup import Setup, build_game, describe_data, environment, read_groups
from gansmith.runs.sheets import real_items, sheet_drawer
from gansmith.trained.generator import Generator, load
from gansmith.training import loop, watchers
from gansmith.training.events import Outcome, Start, UpdateEvent, Watcher
from gansmith.training.interrupts import StopRequest
from gansmith.training.process_group import ProcessGroup

if TYPE_CHECKING:
    from gansmith.nets import NetPair

Say = Callable[[str], None]

SAME_SIGNAL = 5.0
"""Seconds within which a rank ignores a second Ctrl-C: the terminal sends one, and torchrun repeats it."""


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
        return _drive(processes, setup, game, folder, nets, Start(0, setup.seconds), watching, say)


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
    return _drive(processes, setup, game, folder, nets, start, watching, say)


def _silent(_: str) -> None:
    """For ranks other than 0: print nothing."""


def _drive(
    processes: ProcessGroup,
    setup: Setup,
    game: Game,
    folder: RunFolder,
    nets: NetPair | None,
    start: Start,
    watching: Sequence[Watcher],
    say: Say,
) -> Run:
    """The loop with the watchers of every run, then the report."""
    while True:
        outcome = _play(processes, setup, game, folder, start, watching, say)
        if outcome.ended == "out of memory":
            mixing = game.release()  # pyright: ignore[reportAttributeAccessIssue] - only torch's games run short
            back = partial(shrink, folder, setup, outcome, mixing, say)
        elif outcome.ended == "rollback":
            back = partial(roll_back, folder, setup, outcome, say)
        else:
            break
        with writing(folder):
            restart = broadcast_restart(processes, setup, back)
        if restart is None:
            return _give_up(processes, folder, outcome, nets, say)
        setup, game = restart.setup, build_game(restart.setup, nets, processes, say)
        start = Start(0, restart.seconds)
        if restart.saved is not None:
            game.restore(restart.saved.state)
            start = Start(restart.saved.update, restart.seconds)
    if processes.is_main:
        finish(folder, outcome, say)
    return Run(folder, nets, outcome.ended)


def _give_up(processes: ProcessGroup, folder: RunFolder, outcome: Outcome, nets: NetPair | None, say: Say) -> Run:
    """Stop a run that was rolled back too often; after NaN that is an error (Diverged)."""
    count = processes.broadcast(lambda: len(changes(folder)))
    reason = f"{outcome.reason}; after {count} changes of course the run stops here"
    if processes.is_main:
        finish(folder, dataclasses.replace(outcome, ended="stopped", reason=reason), say)
    if outcome.before is None:  # only NaN rolls back without naming an update
        raise Diverged(reason)
    return Run(folder, nets, "stopped")


def _play(
    processes: ProcessGroup,
    setup: Setup,
    game: Game,
    folder: RunFolder,
    start: Start,
    watching: Sequence[Watcher],
    say: Say,
) -> Outcome:
    """Run the loop with its watchers until it ends, rolls back or runs out of memory. NaN is a roll-back that halves both
    learning rates."""
    recipe, seen = setup.recipe, LastSeen()
    watch = [seen, *_watchers(setup, folder, start, say), *watching] if processes.is_main else []

    def save(event: UpdateEvent) -> None:
        write_checkpoint(folder, recipe, event)

    try:
        with writing(folder), StopRequest(SAME_SIGNAL if processes.size > 1 else 0.0) as interrupted:
            return loop.train(
                game,
                setup.order(),
                setup.clock(),
                watch,
                save,
                start=start,
                interrupted=interrupted,
                processes=processes,
            )
    except OutOfMemory as full:
        if processes.size > 1:  # the other ranks do not know: the error ends this rank, and so all of them
            raise
        return Outcome("out of memory", seen.update + 1, seen.seconds, str(full))
    except Diverged as nonsense:
        return Outcome("rollback", seen.update, seen.seconds, str(nonsense), dict(lower_rates(recipe).settings))


def _watchers(setup: Setup, folder: RunFolder, start: Start, say: Say) -> list[Watcher]:
    """Those of every run."""
    recipe = setup.recipe
    own: list[Watcher] = [
        watchers.WriteStats(folder, _tensorboard(folder, recipe)),
        *doctors(setup, folder, start, say),
        watchers.StopOnNaN(),
        watchers.KeepEstimate(folder),
        watchers.WriteSamples(folder, recipe, setup.labelling, sheet_drawer(setup)),
        watchers.SaveOnSchedule(recipe, start.seconds, setup.clock().epoch(start.update)),
    ]
    if recipe.watch.judge:
        own.append(MeasureOnBudget(folder, recipe, setup.labelling, seconds=start.seconds))
    return own


class LastSeen:
    """A watcher that keeps the newest update and its seconds."""

    update, seconds = 0, 0.0

    def after(self, event: UpdateEvent) -> None:
        """Note the time."""
        self.update, self.seconds = event.update, event.seconds


def free_folder(recipe: Recipe, parent: Path = Path("runs")) -> RunFolder:
    """runs/<recipe>-001, -002 ...: the first that is free, or the one that this job began before it was started again."""
    begun = run_of_this_job(recipe, parent, launched())
    if begun:
        return begun
    number = 1
    while (parent / f"{recipe.name}-{number:03d}").exists():
        number += 1
    return RunFolder(parent / f"{recipe.name}-{number:03d}")


def _tensorboard(folder: RunFolder, recipe: Recipe) -> Callable[[dict[str, Any]], None] | None:
    if not recipe.watch.tensorboard:
        return None
    from gansmith.training.tensorboard import writer

    return writer(folder.tensorboard)
