"""Rolling back to the newest healthy checkpoint, with one change of the recipe: at most three times by itself, and as often as
a person asks for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from gansmith.diagnosis.findings import written
from gansmith.ground.errors import GansmithError, RunError
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows, write_rows
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.forget import forget_after
from gansmith.runs.setup import Setup
from gansmith.training import checkpoint
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.events import Outcome
from gansmith.training.threads import Record

Pairs = Mapping[str, Sequence[Any]]
"""Settings by dotted name, each with its old and its new value."""
TRIES = 3
ASKED = "asked for: "
"""How the reason of a change begins that a person asked for; it does not count as a try."""
IN_FLIGHT = ("optimizer.generator.", "optimizer.discriminator.", "regularizer.", "loss.", "ema.", "augment.")
"""Settings that may change in the middle of a run; after any other change it begins again at update 0."""


@dataclasses.dataclass(frozen=True)
class Restart:
    """Where a run goes on, and with which recipe."""

    setup: Setup
    saved: Checkpoint | None  # None: from update 0
    seconds: float


def changes(folder: RunFolder) -> list[dict[str, Any]]:
    """The rows of changes.jsonl, oldest first."""
    return list(read_rows(folder.changes))


def changed_settings(folder: RunFolder) -> list[dict[str, Any]]:
    """The new settings of each change, by dotted name."""
    return [{name: pair[1] for name, pair in row.get("change", {}).items()} for row in changes(folder)]


def what_was_tried(folder: RunFolder) -> str:
    """For a run that gives up: its changes of course, and what is kept of its training."""
    tried = [
        f"at update {row.get('at', 0):,} {words(row.get('change', {}))}, from update {row.get('back_to', 0):,} again"
        for row in changes(folder)
    ]
    saved = checkpoint.saved_updates(folder)
    kept = (
        f"kept are the checkpoints of updates {', '.join(f'{each:,}' for each in saved)}"
        if saved
        else "nothing is kept"
    )
    return f"tried {'; '.join(tried)}; {kept}" if tried else kept


def words(pairs: Pairs) -> str:
    """Changed settings as `name old -> new`."""
    return ", ".join(f"{name} {written(was)} -> {written(value)}" for name, (was, value) in pairs.items())


def roll_back(folder: RunFolder, setup: Setup, outcome: Outcome, say: Say) -> Restart | None:
    """Return a run to its newest healthy checkpoint and change its recipe; None after `TRIES` changes.

    Everything newer than the checkpoint is removed, except changes.jsonl and findings.jsonl, which record it. A change that a
    person asked for is always made; where it takes the last change back, the run goes to the checkpoint of that change, and so
    on as if it had never been made. Its request is taken away at last: a kill before that leaves it to the dropping of old ones.
    """
    try:
        return _roll_back(folder, setup, outcome, say)
    finally:
        if outcome.reason.startswith(ASKED):
            folder.asked.unlink(missing_ok=True)


def _roll_back(folder: RunFolder, setup: Setup, outcome: Outcome, say: Say) -> Restart | None:
    before, asked = changes(folder), outcome.reason.startswith(ASKED)
    tries = [row for row in before if not is_asked(row)]
    if len(tries) >= TRIES and not asked:
        return None
    stored = folder.load_recipe()
    old, change = recipes.flat(stored), outcome.change
    try:
        recipe = recipes.override(stored, change)
    except GansmithError as error:
        say(f"the remedy cannot be applied: {error}")
        return None
    in_flight = all(name.startswith(IN_FLIGHT) for name in change)
    if not in_flight:
        saved = None
    elif asked and (undone := undone_by(before, recipes.flat(recipe), old)) is not None:
        saved = before_change(folder, undone, outcome)
    else:
        saved = newest_healthy(folder, outcome, [] if asked else tries)
    back = saved.update if saved else 0
    pairs = {name: [old.get(name), value] for name, value in change.items()}
    which = "" if asked else f" (change {len(tries) + 1} of at most {TRIES})"
    text = f"going back to update {back} and changing {words(pairs)}{which}"
    say(outcome.reason)
    note_change(folder, outcome.update, back, outcome.reason, pairs, by="user" if asked else "doctor")
    return go_back(folder, setup, recipe, saved, outcome.seconds, outcome.reason, text, say)


def is_asked(row: dict[str, Any]) -> bool:
    """Whether a row of changes.jsonl is of a change that a person asked for."""
    return row.get("by") == "user"


def undone_by(before: list[dict[str, Any]], new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any] | None:
    """The last change, where the new settings take it back and nothing else; None otherwise."""
    pairs = before[-1].get("change", {}) if before else {}
    changed = {name for name, value in new.items() if old.get(name) != value} - {"given"}
    return (
        before[-1] if pairs and changed == set(pairs) and all(new[name] == pairs[name][0] for name in pairs) else None
    )


def before_change(folder: RunFolder, row: dict[str, Any], outcome: Outcome) -> Checkpoint | None:
    """The checkpoint that a change went back to; where it is gone, the newest healthy one."""
    back = int(row.get("back_to", 0))
    if not back:
        return None
    with suppress(RunError):
        return checkpoint.load(folder, back)
    return newest_healthy(folder, outcome, [])


def go_back(
    folder: RunFolder,
    setup: Setup,
    recipe: Recipe,
    saved: Checkpoint | None,
    seconds: float,
    reason: str,
    text: str,
    say: Say,
) -> Restart:
    """Put the folder back to a checkpoint (None: to update 0), store the changed recipe, and record and say why."""
    back = saved.update if saved else 0
    forget_after(folder, back)
    old, new = recipes.flat(folder.load_recipe()), recipes.flat(recipe)
    pairs = {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}
    if recipe.thread_changes:
        recipe = Record.of(recipe).until(back).put(recipe)
    note_course(folder, back, reason, pairs, text)
    folder.store_recipe(recipe)  # last: a kill before it leaves rows of a change that was not made, see `forget_unmade`
    say(text)
    machine = {name: getattr(setup.recipe, name) for name in ("device", "threads", "precision")}  # these are resolved
    return Restart(dataclasses.replace(setup, recipe=dataclasses.replace(recipe, **machine)), saved, seconds)


def note_change(folder: RunFolder, at: int, back: int, reason: str, pairs: Pairs, by: str) -> None:
    """Write that a training went back from one update to another with changed settings. by: "user" or "doctor"."""
    append_row(folder.changes, {"at": at, "back_to": back, "reason": reason, "by": by, "change": pairs})


def note_course(folder: RunFolder, update: int, reason: str, pairs: Pairs, text: str) -> None:
    """Write among the findings that the settings are others from an update on."""
    row = {"update": update, "state": "changed course", "since_update": update, "severity": "course", "text": text}
    append_row(folder.findings, row | {"evidence": {}, "remedy": [], "reason": reason, "change": pairs})


def forget_unmade(folder: RunFolder, recipe: Recipe) -> None:
    """Drop the records of a change of course that a kill came before. recipe: the run's."""
    settings = recipes.flat(recipe)
    for path in (folder.changes, folder.findings):
        rows = list(read_rows(path))
        change = rows[-1].get("change") if rows else None
        if isinstance(change, dict) and any(settings.get(name) != pair[1] for name, pair in change.items()):
            write_rows(path, rows[:-1])


def newest_healthy(folder: RunFolder, outcome: Outcome, before: list[dict[str, Any]]) -> Checkpoint | None:
    """The newest whole checkpoint from before the trouble, without those that led there already; None if there is none."""
    limit = outcome.update if outcome.before is None else outcome.before
    led_there = [int(row["back_to"]) for row in before if row.get("back_to")]
    for update in reversed(checkpoint.saved_updates(folder)):
        if update >= max(limit, 1) or update in led_there:
            continue
        with suppress(RunError):  # damaged: try the one before it
            return checkpoint.load(folder, update)
    return None


def spared(folder: RunFolder) -> set[int]:
    """Checkpoints that must be kept: the best one, during an alarm the newest one from before it, and the one that the last
    change went back to, where a person asked for it, who may take it back."""
    best, findings = checkpoint.best_update(folder), list(read_rows(folder.findings))
    kept = set() if best is None else {best}
    kept |= {int(row["back_to"]) for row in changes(folder)[-1:] if is_asked(row)}
    if findings and findings[-1].get("severity") == "alarm":
        since = int(findings[-1]["since_update"])
        kept |= set([update for update in checkpoint.saved_updates(folder) if update < since][-1:])
    return kept
