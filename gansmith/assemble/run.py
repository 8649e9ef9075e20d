"""A training from its first update to its report, and a run as Python sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.assemble.doctor import doctors
from gansmith.assemble.forgetting import forget_after
from gansmith.assemble.generator import Generator, load
from gansmith.assemble.judging import JudgeOnBudget
from gansmith.assemble.rollback import changes, spared, turn_back
from gansmith.assemble.setup import (
    Budget,
    Setup,
    build_game,
    choose_recipe,
    describe_data,
    environment,
    set_up,
)
from gansmith.assemble.signals import StopRequest
from gansmith.diagnosis.remedies import lower_rates
from gansmith.ground import recipe as recipes
from gansmith.ground import runfolder
from gansmith.ground.errors import Diverged, RunError
from gansmith.ground.game import Game
from gansmith.ground.pixels import display_zoom, grid, write_png
from gansmith.ground.recipe import override
from gansmith.ground.runfolder import RunFolder, read_rows
from gansmith.ground.settings import Recipe
from gansmith.training import checkpoint, loop, watchers
from gansmith.training.loop import Moment, Outcome, Start, Watcher

if TYPE_CHECKING:
    from gansmith.nets import NetPair

Say = Callable[[str], None]


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
    setup = set_up(recipe)
    for remark in setup.remarks:
        say(remark)
    game = build_game(setup, nets)  # before the folder: what cannot be built leaves nothing behind

    def fill() -> None:
        runfolder.write_json(folder.environment, environment(setup.recipe))
        runfolder.write_json(folder.data, describe_data(setup.store))
        write_png(folder.real_sheet, sheet_drawer(setup)(_real_sheet_items(setup)))

    folder.create(setup.recipe, fill)
    return _drive(setup, game, folder, nets, Start(), watching, say)


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
    folder = RunFolder(Path(run))
    recipe = budget.apply(folder.load_recipe())
    if remedy:
        recipe = recipes.override(recipe, {"watch.remedy": remedy})
    setup = set_up(recipe)
    _same_data(folder, setup)
    for remark in _differences(folder, setup.recipe):
        say(remark)
    game = build_game(setup, nets)
    start = Start()
    if checkpoint.saved_updates(folder):
        saved, remarks = checkpoint.load_newest(folder)
        for remark in remarks:
            say(remark)
        game.restore(saved.state)
        start = Start(saved.update, float(saved.progress["seconds"]))
    if is_over(setup, start):
        raise RunError(f"{folder.root} is finished at update {start.update}: give a longer budget, as in --updates N")
    with _writing(folder):
        forget_after(folder, start.update)
        folder.store_recipe(setup.recipe)
    say(f"going on from update {start.update}")
    return _drive(setup, game, folder, nets, start, watching, say)


def is_over(setup: Setup, start: Start) -> bool:
    """Whether a run that has come to `start` has used up its budget."""
    minutes, total = setup.recipe.budget.minutes, setup.clock().total_updates()
    return start.update > 0 and (start.seconds >= minutes * 60 if minutes else start.update >= (total or 1))


def _drive(
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
        outcome = _play(setup, game, folder, start, watching, say)
        if outcome.ended != "rollback":
            break
        with _writing(folder):
            turn = turn_back(folder, setup, outcome, say)
        if turn is None:
            return _give_up(folder, outcome, nets, say)
        setup, game = turn.setup, build_game(turn.setup, nets)
        start = Start(0, turn.seconds)
        if turn.saved is not None:
            game.restore(turn.saved.state)
            start = Start(turn.saved.update, turn.seconds)
    finish(folder, outcome, say)
    return Run(folder, nets, outcome.ended)


def _give_up(folder: RunFolder, outcome: Outcome, nets: NetPair | None, say: Say) -> Run:
    """The clean stop of a run that was changed often enough; NaN is an error all the same."""
    reason = f"{outcome.reason}; after {len(changes(folder))} changes of course the run stops here"
    finish(folder, dataclasses.replace(outcome, ended="stopped", reason=reason), say)
    if outcome.before is None:  # nobody but NaN goes back to just anywhere
        raise Diverged(reason)
    return Run(folder, nets, "stopped")


def _play(setup: Setup, game: Game, folder: RunFolder, start: Start, watching: Sequence[Watcher], say: Say) -> Outcome:
    """The loop with its watchers, until it ends or wishes to go back. NaN is such a wish: both rates are halved."""
    recipe, clock = setup.recipe, setup.clock()
    own: list[Watcher] = [
        watchers.WriteStats(folder, _tensorboard(folder, recipe)),
        *doctors(setup, folder, start, say),
        watchers.StopOnNonsense(),
        watchers.KeepEstimate(folder),
        watchers.WriteSamples(folder, recipe, setup.classes, sheet_drawer(setup)),
        watchers.WishToSave(recipe, start.seconds, clock.epoch(start.update)),
    ]
    if recipe.watch.judge:
        own.append(JudgeOnBudget(folder, recipe, setup.classes, seconds=start.seconds))
    newest = LastSeen()

    def save(moment: Moment) -> None:
        write_checkpoint(folder, recipe, moment)

    try:
        with _writing(folder), StopRequest() as interrupted:
            return loop.train(
                game, setup.order(), clock, [newest, *own, *watching], save, start=start, interrupted=interrupted
            )
    except Diverged as nonsense:
        return Outcome("rollback", newest.update, newest.seconds, str(nonsense), dict(lower_rates(recipe).settings))


@contextmanager
def _writing(folder: RunFolder) -> Iterator[None]:
    """What the disk refuses is said in one line."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{folder.root} cannot be written to ({error}): earlier checkpoints are whole; make room and resume"
        ) from None


class LastSeen:
    """A watcher that knows how far the loop came."""

    update, seconds = 0, 0.0

    def after(self, moment: Moment) -> None:
        """Note the time."""
        self.update, self.seconds = moment.update, moment.seconds


def write_checkpoint(folder: RunFolder, recipe: Recipe, moment: Moment) -> None:
    """Save the game, and prune older checkpoints. NaN is never written. Raises Diverged or RunError."""
    state = moment.game.state()
    for name, array in state.arrays.items():
        if not np.isfinite(array).all():
            raise Diverged(
                f"{name} holds NaN or infinity at update {moment.update}: nothing was saved, the last "
                "checkpoint is whole; try a lower rate, as in --set optimizer.discriminator.rate=1e-4"
            )
    checkpoint.save(folder, checkpoint.Checkpoint(moment.update, state, {"seconds": moment.seconds}))
    checkpoint.prune(folder, recipe.watch.keep, spare=spared(folder))


def finish(folder: RunFolder, outcome: Outcome, say: Say) -> None:
    """The animation and the page of a run that came to an end, whatever end. Raises RunError where they cannot be
    written, as on a full disk: the run itself is whole by then."""
    from gansmith.report import animation, page

    if outcome.ended == "stopped":
        say(outcome.reason)
    try:
        animation.write_progress(folder)
        report = page.write_report(folder)
    except (OSError, RunError) as error:
        raise RunError(
            f"the training is saved up to update {outcome.update}, but its report is not written ({error}): "
            f"make room, then `gansmith report {folder.root}`"
        ) from None
    say(f"report: {report}")


def free_folder(recipe: Recipe, parent: Path = Path("runs")) -> RunFolder:
    """runs/<recipe>-001, -002 ...: the first that is free."""
    number = 1
    while (parent / f"{recipe.name}-{number:03d}").exists():
        number += 1
    return RunFolder(parent / f"{recipe.name}-{number:03d}")


def sheet_drawer(setup: Setup) -> Callable[[np.ndarray], np.ndarray]:
    """How a sheet of items is drawn: pictures in a grid (one column a class), vectors as a scatter."""
    if setup.store.kind == "vectors":
        from gansmith.report.scatter import on_plane, scatter_sheet

        real = np.asarray(setup.store.items[:2000])
        plane = on_plane(real, real)
        return lambda points: scatter_sheet(on_plane(points, real), plane)
    columns = setup.classes if 1 < setup.classes <= 20 else None
    zoom = display_zoom(*setup.item_shape[1:], target=48)
    return lambda pictures: grid(pictures, columns, zoom=zoom)


def _real_sheet_items(setup: Setup) -> np.ndarray:
    """As many real items as a sheet has samples: of labelled runs, one column a class."""
    rows = setup.order().rows(0)
    count = setup.recipe.watch.samples
    if setup.classes and setup.store.labels is not None:
        labels = np.asarray(setup.store.labels)
        of_class = [np.flatnonzero(labels == label) for label in range(setup.classes)]
        rows = np.array([np.resize(of_class[i % setup.classes], count)[i // setup.classes] for i in range(count)])
    else:
        rows = np.resize(rows, count)
    return np.asarray(setup.store.items[rows])


def _same_data(folder: RunFolder, setup: Setup) -> None:
    import json

    try:
        stored = json.loads(folder.data.read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError):
        raise RunError(
            f"{folder.data} is missing or damaged: this run cannot tell whether its data is the same"
        ) from None
    if stored != setup.store.fingerprint:
        raise RunError(
            f"the data of {folder.root} changed since it was started ({stored[:8]} is now "
            f"{setup.store.fingerprint[:8]}): put the old data back, or start a new run"
        )


def _differences(folder: RunFolder, recipe: Recipe) -> list[str]:
    """What differs between this machine and the one that the run was on: results may differ in their last bits."""
    import json

    try:
        old = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    new = environment(recipe)
    return [f"{k} was {old[k]} and is {new[k]}: the last bits may differ" for k in old if k in new and old[k] != new[k]]


def _tensorboard(folder: RunFolder, recipe: Recipe) -> Callable[[dict[str, Any]], None] | None:
    if not recipe.watch.tensorboard:
        return None
    from gansmith.assemble.tensorboard import writer

    return writer(folder.tensorboard)
