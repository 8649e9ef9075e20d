"""Resuming a run: its newest checkpoint, the check that the data is the same, and a warning where the machine differs."""

from __future__ import annotations

import json
from collections.abc import Callable

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.records import writing
from gansmith.runs.recovery.forget import forget_after
from gansmith.runs.setup import Setup, environment
from gansmith.training import checkpoint
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.events import Start
from gansmith.training.process_group import ProcessGroup

Say = Callable[[str], None]


def newest(folder: RunFolder, say: Say) -> Checkpoint | None:
    """The newest whole checkpoint, if there is any."""
    if not checkpoint.saved_updates(folder):
        return None
    saved, remarks = checkpoint.load_newest(folder)
    for remark in remarks:
        say(remark)
    return saved


def put_back(processes: ProcessGroup, game: Game, saved: Checkpoint | None) -> Start:
    """Restore the game from the checkpoint of rank 0; where there is none, start at update 0."""
    saved = processes.broadcast_checkpoint(saved)
    if saved is None:
        return Start()
    game.restore(saved.state)
    return Start(saved.update, float(saved.progress["seconds"]))


def is_over(setup: Setup, start: Start) -> bool:
    """Whether a run that has come to `start` has used up its budget."""
    minutes, total = setup.recipe.budget.minutes, setup.clock().total_updates()
    return start.update > 0 and (start.seconds >= minutes * 60 if minutes else start.update >= (total or 1))


def forget(folder: RunFolder, setup: Setup, start: Start) -> None:
    """Nothing newer than the start is left in the folder; the recipe is the one that goes on."""
    with writing(folder):
        forget_after(folder, start.update)
        folder.store_recipe(setup.recipe)


def same_data(folder: RunFolder, setup: Setup) -> None:
    """Refuse to go on with other data than the run was started with. Raises RunError."""
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


def differences(folder: RunFolder, recipe: Recipe, ranks: int) -> list[str]:
    """What differs between this machine and the one that the run was on: results may differ in their last bits."""
    try:
        old = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    new = environment(recipe) | {"ranks": ranks}
    return [f"{k} was {old[k]} and is {new[k]}: the last bits may differ" for k in old if k in new and old[k] != new[k]]
