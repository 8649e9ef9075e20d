"""What a run writes when it begins, saves and ends; the watchers write the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gansmith.ground.errors import Diverged, RunError, typed
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.files.whole import write_bytes
from gansmith.ground.pixels import write_png
from gansmith.ground.process.launch import Launch
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import Parts
from gansmith.parts.kept import keep
from gansmith.runs.recovery.roll_back import spared
from gansmith.runs.setup import Setup, describe_data, environment
from gansmith.runs.sheets.run_sheets import real_items, sample_sound, sheet_drawer
from gansmith.training import checkpoint
from gansmith.training.events import Outcome, UpdateEvent


def create(folder: RunFolder, setup: Setup, launch: Launch, parts: Parts, origin: dict[str, Any] | None = None) -> None:
    """Make the folder of a new run, with all that is known before the first update. origin: what it starts from. Raises
    RunError."""

    def fill() -> None:
        job = {"job": launch.job} if launch.job else {}
        write_json(folder.environment, environment(setup.recipe) | {"ranks": launch.size} | job)
        write_json(folder.data, describe_data(setup.store, setup.labelling))
        keep(folder, parts)
        if origin is not None:
            write_json(folder.origin, origin)
        if setup.clusters is not None:
            np.save(folder.groups, setup.clusters)
        real = real_items(setup)
        write_png(folder.real_sheet, sheet_drawer(setup)(real))
        if heard := sample_sound(setup)(real):
            write_bytes(folder.real_sound, heard)

    folder.create(setup.recipe, fill)


@contextmanager
def one_line_errors(folder: RunFolder) -> Iterator[None]:
    """Raise RunError with one line if the disk is full or cannot be written to."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{folder.root} cannot be written to ({error}): {checkpoint.what_is_left(folder)}") from None


def write_checkpoint(folder: RunFolder, recipe: Recipe, event: UpdateEvent) -> None:
    """Save the game, and delete older checkpoints. Raises Diverged for NaN, which is never written, and RunError."""
    state = event.game.state()
    for name, array in state.arrays.items():
        if not np.isfinite(array).all():
            raise Diverged(
                f"{name} holds NaN or infinity at update {event.update}: nothing was saved, the last "
                "checkpoint is whole; try a lower rate, as in --set optimizer.discriminator.rate=1e-4"
            )
    checkpoint.save(folder, checkpoint.Checkpoint(event.update, state, {"seconds": event.seconds}))
    checkpoint.prune(folder, recipe.watch.keep, spare=spared(folder))


def finish(folder: RunFolder, outcome: Outcome, say: Say) -> None:
    """Write the animation and the page of a run that has ended. Raises RunError if the disk is full; the run is whole."""
    from gansmith.report import animation, page

    if outcome.ended == "stopped":
        say(outcome.reason)
    try:
        animation.write_progress(folder)
        report = page.write_report(folder)
    except (OSError, RunError) as error:
        raise RunError(
            f"the training is saved up to update {outcome.update}, but its report is not written ({error}): "
            f"make room, then `{typed('report', folder.root)}`"
        ) from None
    say(f"report: {report}")
