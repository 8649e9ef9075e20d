"""Out of memory: the run goes on from its last checkpoint with smaller micro-batches."""

from __future__ import annotations

from gansmith.ground.errors import OutOfMemory
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.roll_back import Restart, go_back
from gansmith.runs.setup import Setup
from gansmith.training import checkpoint
from gansmith.training.events import Outcome


def smaller(recipe: Recipe) -> int | None:
    """The largest micro-batch that is at most half of the last one and divides the batch; None below 1."""
    batch, last = recipe.data.batch, recipe.data.micro_batch or recipe.data.batch
    return next((size for size in range(last // 2, 0, -1) if batch % size == 0), None)


def shrink(folder: RunFolder, setup: Setup, outcome: Outcome, whole_batch: tuple[str, ...], say: Say) -> Restart:
    """Set a smaller micro-batch in the run, and record it in findings.jsonl.

    whole_batch: the players with batch norm, which need the whole batch at once. Raises OutOfMemory if there is nothing
    smaller.
    """
    stored, what = folder.load_recipe(), outcome.reason.split(": ")[0]
    size = smaller(stored)
    if whole_batch:
        raise OutOfMemory(
            f"{what}, and the batch norm of the {' and the '.join(whole_batch)} needs the whole batch, so micro-batches "
            f"are refused; set a smaller data.batch, or {whole_batch[0]}.norm=none"
        )
    if size is None:
        raise OutOfMemory(f"{what}: a single item does not fit; use smaller networks or pictures")
    recipe = recipes.override(stored, {"data.micro_batch": size})
    saved = checkpoint.load_newest(folder)[0] if checkpoint.saved_updates(folder) else None
    text = (
        f"out of memory at update {outcome.update}: going on from update {saved.update if saved else 0} with "
        f"data.micro_batch = {size}, not {stored.data.micro_batch or stored.data.batch}"
    )
    seconds = float(saved.progress["seconds"]) if saved else 0.0
    return go_back(folder, setup, recipe, saved, seconds, outcome.reason, text, say)
