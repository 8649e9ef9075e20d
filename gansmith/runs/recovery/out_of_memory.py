"""Out of memory: the run goes on from its last checkpoint with smaller micro-batches."""

from __future__ import annotations

import dataclasses

from gansmith.ground.errors import OutOfMemory, RecipeError
from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.forget import forget_after
from gansmith.runs.recovery.roll_back import Restart, Say, machine_of
from gansmith.runs.setup import Setup
from gansmith.training import checkpoint
from gansmith.training.events import Outcome


def smaller(recipe: Recipe) -> int | None:
    """The largest micro-batch that is at most half of the last one and divides the batch; None below 1."""
    batch, at_once = recipe.data.batch, recipe.data.micro_batch or recipe.data.batch
    return next((size for size in range(at_once // 2, 0, -1) if batch % size == 0), None)


def shrink(folder: RunFolder, setup: Setup, outcome: Outcome, mixing: tuple[str, ...], say: Say) -> Restart:
    """Set a smaller micro-batch in the run, and say so; its row in findings.jsonl stays. mixing: the players that need
    the whole batch at once. Raises OutOfMemory where nothing smaller is left, or allowed."""
    stored = folder.load_recipe()
    size = smaller(stored)
    if mixing:
        raise OutOfMemory(
            f"{outcome.reason.split(': ')[0]}, and the batch norm of the {' and the '.join(mixing)} looks at the whole "
            f"batch: portions are refused; set a smaller data.batch, or {mixing[0]}.norm=none"
        )
    if size is None:
        raise OutOfMemory(
            f"{outcome.reason.split(': ')[0]}: a single item does not fit; use smaller networks or pictures"
        )
    try:
        recipe = recipes.override(stored, {"data.micro_batch": size})
    except RecipeError as error:
        raise OutOfMemory(f"{outcome.reason} ({error})") from None
    saved = checkpoint.load_newest(folder)[0] if checkpoint.saved_updates(folder) else None
    back = saved.update if saved else 0
    forget_after(folder, back)
    folder.store_recipe(recipe)
    was = stored.data.micro_batch or stored.data.batch
    told = f"out of memory at update {outcome.update}: going on from update {back} with data.micro_batch = {size}, not {was}"
    row = {"update": back, "state": "changed course", "since_update": back, "severity": "course", "text": told}
    append_row(folder.findings, row | {"evidence": {}, "remedy": [], "reason": outcome.reason})
    say(told)
    seconds = float(saved.progress["seconds"]) if saved else 0.0
    return Restart(dataclasses.replace(setup, recipe=machine_of(setup.recipe, recipe)), saved, seconds)
