"""Rolling back: to the newest healthy checkpoint, with one change of the recipe, printed and recorded, at most three times."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from gansmith.diagnosis.findings import written
from gansmith.ground.errors import GansmithError, RunError
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.forget import forget_after
from gansmith.runs.setup import Setup
from gansmith.training import checkpoint
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.events import Outcome

TRIES = 3
IN_FLIGHT = ("optimizer.generator.", "optimizer.discriminator.", "regularizer.", "loss.", "ema.", "augment.")
"""Settings that a run may change where it is; any other change begins again at update 0."""

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Restart:
    """Where a run goes on after a roll-back."""

    setup: Setup
    saved: Checkpoint | None  # None: from the first update
    seconds: float


def changes(folder: RunFolder) -> list[dict[str, Any]]:
    """What was changed so far, oldest first: rows of changes.jsonl."""
    return list(read_rows(folder.changes))


def made(folder: RunFolder) -> list[dict[str, Any]]:
    """The settings that each change set, by dotted name."""
    return [{name: pair[1] for name, pair in row.get("change", {}).items()} for row in changes(folder)]


def roll_back(folder: RunFolder, setup: Setup, outcome: Outcome, say: Say) -> Restart | None:
    """Return a run to its newest healthy checkpoint and change its recipe; None when it was changed `TRIES` times already.

    Everything newer than the checkpoint is dropped; changes.jsonl and findings.jsonl keep what happened.
    """
    before = changes(folder)
    if len(before) >= TRIES:
        return None
    stored = folder.load_recipe()
    old, change = recipes.flat(stored), outcome.change
    try:
        recipe = recipes.override(stored, change)
    except GansmithError as error:
        say(f"the remedy cannot be applied: {error}")
        return None
    flying = all(name.startswith(IN_FLIGHT) for name in change)
    saved = newest_healthy(folder, outcome, before) if flying else None
    back = saved.update if saved else 0
    forget_after(folder, back)
    folder.store_recipe(recipe)
    words = ", ".join(f"{name} {written(old.get(name))} -> {written(value)}" for name, value in change.items())
    told = f"going back to update {back} and changing {words} (change {len(before) + 1} of at most {TRIES})"
    pairs = {name: [old.get(name), value] for name, value in change.items()}
    append_row(
        folder.changes,
        {"at": outcome.update, "back_to": back, "reason": outcome.reason, "change": pairs},
    )
    append_row(
        folder.findings,
        {"update": back, "state": "changed course", "since_update": back, "severity": "course", "text": told}
        | {"evidence": {}, "remedy": [], "reason": outcome.reason},
    )
    say(f"{outcome.reason}")
    say(told)
    return Restart(dataclasses.replace(setup, recipe=machine_of(setup.recipe, recipe)), saved, outcome.seconds)


def machine_of(resolved: Recipe, changed: Recipe) -> Recipe:
    """The changed recipe with the device, threads and precision of the resolved one."""
    return dataclasses.replace(
        changed, device=resolved.device, threads=resolved.threads, precision=resolved.precision, budget=changed.budget
    )


def newest_healthy(folder: RunFolder, outcome: Outcome, before: list[dict[str, Any]]) -> Checkpoint | None:
    """The newest whole checkpoint older than the trouble, and older than one that led there before; None: the start."""
    limit = outcome.update if outcome.before is None else outcome.before
    led_here = [int(row["back_to"]) for row in before if row.get("back_to")]
    for update in reversed(checkpoint.saved_updates(folder)):
        if update >= max(limit, 1) or update in led_here:
            continue
        try:
            return checkpoint.load(folder, update)
        except RunError:  # damaged: the one before it
            continue
    return None


def spared(folder: RunFolder) -> set[int]:
    """Checkpoints that pruning leaves: the best, and while an alarm stands the newest from before it."""
    best = checkpoint.best_update(folder)
    kept = set() if best is None else {best}
    newest = None
    for row in read_rows(folder.findings):
        newest = row
    if newest is not None and newest.get("severity") == "alarm":
        older = [update for update in checkpoint.saved_updates(folder) if update < int(newest["since_update"])]
        kept |= set(older[-1:])
    return kept
