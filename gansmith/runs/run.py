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
from gansmith.runs.diagnose import doctors
from gansmith.runs.processes import about_launch, companions, hear, of_this_job, run_of_this_job, settle
from gansmith.runs.quality import JudgeOnBudget
from gansmith.runs.records import finish, write_checkpoint, writing
from gansmith.runs.recovery.out_of_memory import shrink
from gansmith.runs.recovery.resume import differences, forget, is_over, newest, put_back, same_data
from gansmith.runs.recovery.roll_back import changes, turn_back
from gansmith.runs.choose_recipe import (Budget, choose_recipe)
from gansmith.runs.setup import (Setup, build_game, describe_data, environment, read_groups)
from gansmith.runs.sheets import real_items, sheet_drawer
from gansmith.trained.generator import Generator, load
from gansmith.training import loop, watchers
from gansmith.training.interrupts import StopRequest
from gansmith.training.events import Moment, Outcome, Start, Watcher
from gansmith.training.process_group import Company

if TYPE_CHECKING:
    from gansmith.nets import NetPair

Say = Callable[[str], None]

SAME_SIGNAL = 5.0
"""Seconds in which a rank takes a second signal for the first: its launcher hands on what the terminal sent already."""


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
    with companions() as company:
        folder = RunFolder(Path(company.from_first(lambda: str(folder.root))))
        say = say if company.first else _silent
        if company.from_first(lambda: of_this_job(folder, launch)):
            say(f"started again for the {launch.restarts}. time: {folder.root} goes on")
            return _go_on(company, folder, nets, Budget(), None, watching, say, finished_is_fine=True)
        setup = settle(company, recipe)
        for remark in setup.remarks:
            say(remark)
        # before the folder: what cannot be built leaves nothing behind
        game = company.all_fine(lambda: build_game(setup, nets, company, say))

        def fill() -> None:
            runfolder.write_json(folder.environment, environment(setup.recipe) | about_launch(launch))
            runfolder.write_json(folder.data, describe_data(setup.store, setup.labelling))
            if setup.groups is not None:
                np.save(folder.groups, setup.groups)
            write_png(folder.real_sheet, sheet_drawer(setup)(real_items(setup)))

        company.from_first(lambda: folder.create(setup.recipe, fill))
        return _drive(company, setup, game, folder, nets, Start(0, setup.seconds), watching, say)


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
    with companions() as company:
        return _go_on(company, RunFolder(Path(run)), nets, budget, remedy, watching, say if company.first else _silent)


def _go_on(
    company: Company,
    folder: RunFolder,
    nets: NetPair | None,
    budget: Budget,
    remedy: str | None,
    watching: Sequence[Watcher],
    say: Say,
    *,
    finished_is_fine: bool = False,
) -> Run:
    """`resume` in company. Only the first rank needs to reach the folder."""

    def stored() -> dict[str, Any]:
        recipe = budget.apply(folder.load_recipe())
        return recipes.to_table(recipes.override(recipe, {"watch.remedy": remedy}) if remedy else recipe)

    recipe = recipes.from_table(company.from_first(stored))
    setup = settle(company, recipe, lambda: read_groups(folder))
    company.from_first(lambda: same_data(folder, setup))
    for remark in differences(folder, setup.recipe, company.size) if company.first else ():
        say(remark)
    game = company.all_fine(lambda: build_game(setup, nets, company, say))
    start = put_back(company, game, newest(folder, say) if company.first else None)
    if is_over(setup, start):
        if finished_is_fine:
            if company.first:
                finish(folder, Outcome("finished", start.update, start.seconds), say)
            return Run(folder, nets, "finished")
        raise RunError(f"{folder.root} is finished at update {start.update}: give a longer budget, as in --updates N")
    company.from_first(lambda: forget(folder, setup, start))
    say(f"going on from update {start.update}")
    return _drive(company, setup, game, folder, nets, start, watching, say)


def _silent(_: str) -> None:
    """What ranks other than the first say."""


def _drive(
    company: Company,
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
        outcome = _play(company, setup, game, folder, start, watching, say)
        if outcome.ended == "short":
            mixing = game.release()  # pyright: ignore[reportAttributeAccessIssue] - only torch's games run short
            back = partial(shrink, folder, setup, outcome, mixing, say)
        elif outcome.ended == "rollback":
            back = partial(turn_back, folder, setup, outcome, say)
        else:
            break
        with writing(folder):
            turn = hear(company, setup, back)
        if turn is None:
            return _give_up(company, folder, outcome, nets, say)
        setup, game = turn.setup, build_game(turn.setup, nets, company, say)
        start = Start(0, turn.seconds)
        if turn.saved is not None:
            game.restore(turn.saved.state)
            start = Start(turn.saved.update, turn.seconds)
    if company.first:
        finish(folder, outcome, say)
    return Run(folder, nets, outcome.ended)


def _give_up(company: Company, folder: RunFolder, outcome: Outcome, nets: NetPair | None, say: Say) -> Run:
    """The clean stop of a run that was changed often enough; NaN is an error all the same."""
    count = company.from_first(lambda: len(changes(folder)))
    reason = f"{outcome.reason}; after {count} changes of course the run stops here"
    if company.first:
        finish(folder, dataclasses.replace(outcome, ended="stopped", reason=reason), say)
    if outcome.before is None:  # nobody but NaN goes back to just anywhere
        raise Diverged(reason)
    return Run(folder, nets, "stopped")


def _play(
    company: Company,
    setup: Setup,
    game: Game,
    folder: RunFolder,
    start: Start,
    watching: Sequence[Watcher],
    say: Say,
) -> Outcome:
    """The loop with its watchers, until it ends, wishes to go back or is short of memory. NaN is a wish to go back: both
    rates are halved."""
    recipe, seen = setup.recipe, LastSeen()
    watch = [seen, *_watchers(setup, folder, start, say), *watching] if company.first else []

    def save(moment: Moment) -> None:
        write_checkpoint(folder, recipe, moment)

    try:
        with writing(folder), StopRequest(SAME_SIGNAL if company.size > 1 else 0.0) as interrupted:
            return loop.train(
                game, setup.order(), setup.clock(), watch, save, start=start, interrupted=interrupted, company=company
            )
    except OutOfMemory as full:
        if company.size > 1:  # the others cannot know: it ends this rank, and so all
            raise
        return Outcome("short", seen.update + 1, seen.seconds, str(full))
    except Diverged as nonsense:
        return Outcome("rollback", seen.update, seen.seconds, str(nonsense), dict(lower_rates(recipe).settings))


def _watchers(setup: Setup, folder: RunFolder, start: Start, say: Say) -> list[Watcher]:
    """Those of every run."""
    recipe = setup.recipe
    own: list[Watcher] = [
        watchers.WriteStats(folder, _tensorboard(folder, recipe)),
        *doctors(setup, folder, start, say),
        watchers.StopOnNonsense(),
        watchers.KeepEstimate(folder),
        watchers.WriteSamples(folder, recipe, setup.labelling, sheet_drawer(setup)),
        watchers.WishToSave(recipe, start.seconds, setup.clock().epoch(start.update)),
    ]
    if recipe.watch.judge:
        own.append(JudgeOnBudget(folder, recipe, setup.labelling, seconds=start.seconds))
    return own


class LastSeen:
    """A watcher that knows how far the loop came."""

    update, seconds = 0, 0.0

    def after(self, moment: Moment) -> None:
        """Note the time."""
        self.update, self.seconds = moment.update, moment.seconds


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
