"""Resuming a run: its newest checkpoint, the check that the data is the same, and what differs on this machine."""

from __future__ import annotations

import json

from gansmith.ground.errors import RunError, typed
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.records import one_line_errors
from gansmith.runs.recovery.changes import Changes
from gansmith.runs.recovery.forget import forget_after
from gansmith.runs.recovery.roll_back import forget_unmade
from gansmith.runs.setup import Setup, environment
from gansmith.trained.parcel import pulled_from
from gansmith.training import checkpoint
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.events import Start
from gansmith.training.process_group import ProcessGroup


def need_training(folder: RunFolder) -> None:
    """Raises RunError for a generator that was pulled from the Hub."""
    if (source := pulled_from(folder)) is not None:
        start = typed("train", folder.recipe, "--from", folder.root)
        raise RunError(
            f"{folder.root} was pulled from {source} and holds a generator alone, so no training can go on: start one from its "
            f"weights by `{start}`"
        )


def newest(folder: RunFolder, say: Say) -> Checkpoint | None:
    """The newest whole checkpoint; None if the run has no checkpoint."""
    if not checkpoint.saved_updates(folder):
        return None
    saved, remarks = checkpoint.load_newest(folder)
    for remark in remarks:
        say(remark)
    return saved


def restore(processes: ProcessGroup, game: Game, saved: Checkpoint | None) -> Start:
    """Restore the game from the checkpoint of rank 0; without one, start at update 0."""
    saved = processes.broadcast_checkpoint(saved)
    if saved is None:
        return Start()
    game.restore(saved.state)
    return Start(saved.update, float(saved.progress["seconds"]))


def is_over(setup: Setup, start: Start) -> bool:
    """Whether a run that has come to `start` has used up its budget."""
    minutes, total = setup.recipe.budget.minutes, setup.clock().total_updates()
    return start.update > 0 and (start.seconds >= minutes * 60 if minutes else start.update >= (total or 1))


def is_reported(folder: RunFolder, start: Start) -> bool:
    """Whether the page of a run was written after its last checkpoint; a kill between the two leaves it out."""
    try:
        return folder.report.stat().st_mtime >= (folder.checkpoint(start.update) / checkpoint.STATE).stat().st_mtime
    except OSError:
        return False


def forget(folder: RunFolder, setup: Setup, start: Start) -> None:
    """Remove what is newer than the start, and store the recipe that goes on."""
    with one_line_errors(folder):
        forget_unmade(folder, setup.recipe)
        forget_after(folder, start.update)
        folder.store_recipe(setup.recipe)


def same_data(folder: RunFolder, setup: Setup, changes: Changes) -> bool:
    """Whether the data is the data of the run. Raises RunError if it is not, unless other data was asked for."""
    try:
        stored = json.loads(folder.data.read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError):
        raise RunError(
            f"{folder.data} is missing or damaged, and tells which data the run is on: put it back, or start a new run"
        ) from None
    if stored == setup.store.fingerprint:
        return True
    if changes.data is None:
        source = setup.recipe.data.source
        raise RunError(
            f"the data of {folder.root} changed since it was started ({stored[:8]} is now "
            f"{setup.store.fingerprint[:8]}): put the old data back; or, if items were added, go on with all of them by "
            f"`{typed('resume', folder.root, '--data', source)}`; or start a new run from its weights by "
            f"`{typed('train', folder.recipe, '--from', folder.root)}`"
        )
    return False


def differences(folder: RunFolder, recipe: Recipe, ranks: int) -> list[str]:
    """What differs between this machine and the one that the run was on: results may differ in their last bits."""
    try:
        old = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    new = environment(recipe) | {"ranks": ranks}
    return [f"{k} was {old[k]} and is {new[k]}: the last bits may differ" for k in old if k in new and old[k] != new[k]]
