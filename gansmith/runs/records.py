"""What a training writes into its folder besides what its watchers write, and what is said where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from gansmith.ground.errors import Diverged, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.roll_back import spared
from gansmith.training import checkpoint
from gansmith.training.events import Outcome, UpdateEvent

Say = Callable[[str], None]


@contextmanager
def writing(folder: RunFolder) -> Iterator[None]:
    """What the disk refuses is said in one line."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{folder.root} cannot be written to ({error}): earlier checkpoints are whole; make room and resume"
        ) from None


def write_checkpoint(folder: RunFolder, recipe: Recipe, event: UpdateEvent) -> None:
    """Save the game, and prune older checkpoints. NaN is never written. Raises Diverged or RunError."""
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
