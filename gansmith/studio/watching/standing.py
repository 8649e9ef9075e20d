"""Where a run stands: training, paused, finished or failed, and how far it has come, as its files say."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from gansmith import kinds
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.lock import is_held
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.settings import Recipe
from gansmith.studio.starting.trainings import Trainings
from gansmith.studio.watching.readings import last_row
from gansmith.training.checkpoint import STATE, saved_updates
from gansmith.training.schedules import Clock, budget_images

State = Literal["training", "starting", "paused", "finished", "failed"]


@dataclass(frozen=True)
class Standing:
    """Where a run stands."""

    state: State
    reason: str | None
    recipe: str
    update: int
    total: int | None  # updates; None where the budget does not tell
    share: float | None  # of the budget, 0 .. 1
    seconds: float
    images_per_second: float | None
    pictures: bool
    saved: int | None  # the newest checkpoint
    pulled: bool  # a generator from elsewhere: no training can go on


def standing(trainings: Trainings, name: str, run: RunFolder) -> Standing:
    """What the files of a run say."""
    recipe, data, row, saved = recipe_of(run), table(run.data), last_row(run.stats) or {}, saved_updates(run)
    held, pulled = is_held(run.lock), run.pulled.is_file()
    newest = saved[-1] if saved else None
    total = None if recipe is None else total_updates(recipe, data)
    update, seconds = int(row.get("update") or newest or 0), float(row.get("seconds") or 0.0)
    budget = recipe.budget.minutes * 60 if recipe is not None else 0.0
    share = seconds / budget if budget else update / total if total else None
    if held:
        state, reason = "training", None
    elif trainings.is_starting(name):
        state, reason = "starting", (trainings.printed(name) or ["reading the data"])[-1][:500]
    elif pulled or is_over(run, newest, total, budget):
        state, reason = "finished", None
    elif (stopped := early_stop(run, newest)) is not None:
        state, reason = "finished", stopped
    elif recipe is None:
        state, reason = "failed", "its recipe.toml is damaged"
    elif (failure := trainings.failure(name)) is not None:
        state, reason = "failed", failure
    else:
        state, reason = "paused", why_paused(trainings, name, newest)
    return Standing(
        state=state,
        reason=reason,
        recipe="" if recipe is None else recipe.name,
        update=update,
        total=None if budget else total,
        share=None if share is None else min(share, 1.0),
        seconds=seconds,
        images_per_second=row.get("images_per_second"),
        pictures=(kind := kinds.of_data(data)) is not None and kind.pixels,
        saved=newest,
        pulled=pulled,
    )


def recipe_of(run: RunFolder) -> Recipe | None:
    """A run's recipe; None where it is damaged."""
    try:
        return run.load_recipe()
    except GansmithError:
        return None


def table(path: Any) -> dict[str, Any]:
    """A JSON file's object; {} where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def total_updates(recipe: Recipe, data: dict[str, Any]) -> int | None:
    """Updates in the whole run; None where the budget does not tell. data: what data.json says."""
    count = data.get("count")
    if not isinstance(count, int) or count < 1:
        return recipe.budget.updates or None
    images = max(1, count // recipe.data.batch) * recipe.data.batch
    return Clock(recipe, images, budget_images(recipe, images)).total_updates()


def is_over(run: RunFolder, newest: int | None, total: int | None, budget: float) -> bool:
    """Whether the newest checkpoint is at the end of the budget. budget: in seconds; 0 = it is no budget of time."""
    if not newest:
        return False
    if not budget:
        return total is not None and newest >= total
    seconds = (table(run.checkpoint(newest) / STATE).get("progress") or {}).get("seconds", 0.0)
    return isinstance(seconds, int | float) and seconds >= budget


def early_stop(run: RunFolder, newest: int | None) -> str | None:
    """Why a run stopped before the end of its budget by itself; None where it did not, or has gone on since."""
    row = last_row(run.log) or {}
    if "stop" not in row or row.get("update") != newest:
        return None
    return f"stopped early: {row.get('text', '')}"


def why_paused(trainings: Trainings, name: str, newest: int | None) -> str | None:
    """What is to be said of a run that stands still."""
    kept = f"everything up to update {newest:,} is saved" if newest else "nothing is saved yet"
    lines = trainings.printed(name)
    with suppress(OSError):
        run = RunFolder(trainings.folder / name)
        if lines and run.lock.stat().st_mtime_ns <= trainings.log(name).stat().st_mtime_ns:
            told = any(line.startswith(("done:", "gansmith: stopped")) for line in lines[-4:])
            return kept if told else f"its process was stopped at once; {kept}"
    return kept
