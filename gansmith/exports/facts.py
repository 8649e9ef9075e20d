"""What an export says that it is: where it was trained, on what, and how far its pictures are from the data."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

from gansmith.data import sources
from gansmith.exports.task import Task
from gansmith.ground.errors import counted
from gansmith.kinds.picture import coloured
from gansmith.trained.generator import trained_seconds


def facts(task: Task, licence: str) -> dict[str, str]:
    """In a few lines: data, licence, recipe, date, distance."""
    generator = task.generator
    update = generator.update or 0
    trained = datetime.fromtimestamp(task.folder.checkpoint(update).stat().st_mtime)
    return {
        "Data": data_line(task),
        "Licence of the data": licence or "not stated",
        "Recipe": f"{generator.recipe.name}, seed {generator.recipe.seed}",
        "Trained": f"{counted(update, 'update')}, until {trained:%Y-%m-%d}",
        "Distance to the data": distance(task) or "not measured",
    }


def name_of_data(task: Task) -> str:
    """The data's name, without the place where it lies."""
    return sources.short_name(task.generator.recipe.data.source)


def data_line(task: Task) -> str:
    """The data and how much of it there is."""
    kind, shape, count = task.generator.kind, task.generator.item_shape, task.data.get("count", 0)
    classes = f", {counted(len(task.generator.class_names), 'class', 'classes')}" if task.generator.class_names else ""
    if not kind.pixels:
        return f"{name_of_data(task)}: {counted(count, kind.one, kind.many)} of {counted(math.prod(shape), 'number')}{classes}"
    return f"{name_of_data(task)}: {coloured(count, shape[0])}, {shape[2]} x {shape[1]}{classes}"


def figures(task: Task) -> dict[str, dict[str, Any]]:
    """The figures of the last evaluation by their keys, those that are whole; none where there is no evaluation."""
    found: dict[str, dict[str, Any]] = {}
    table = read_table(task.folder.evaluation)
    rows = table.get("figures")
    for row in rows if isinstance(rows, list) else ():
        numbers = ("value", "count")
        if isinstance(row, dict) and all(isinstance(row.get(name), int | float) for name in numbers):
            found[str(row.get("key"))] = {"name": row.get("key"), "floor": None} | row
    return found


def distance(task: Task) -> str:
    """The Frechet distance of the last evaluation beside its floor; "" where there is none."""
    found = figures(task).get("fd")
    return beside_floor(found) + f" (smaller is better, {counted(found['count'], 'picture')})" if found else ""


def beside_floor(figure: dict[str, Any]) -> str:
    """A figure by its name, which tells its features, beside that of real items."""
    floor = figure["floor"]
    real = f"; real pictures among themselves {floor:.4g}" if isinstance(floor, int | float) else ""
    return f"{figure['name']} {figure['value']:.4g}{real}"


def minutes(task: Task) -> float:
    """How long it was trained."""
    return trained_seconds(task.folder, task.generator.update or 0) / 60


def hardware(task: Task) -> str:
    """What it was trained on, as far as the run tells."""
    told = read_table(task.folder.environment)
    ranks = f", {counted(told['ranks'], 'process', 'processes')}" if told.get("ranks", 1) != 1 else ""
    if told.get("gpu") and str(told.get("device")).startswith("cuda"):
        return f"{told['gpu']}{ranks}"
    words = [str(told[name]) for name in ("machine", "instruction set", "blas") if told.get(name)]
    counts = [f"{told[name]} {name}" for name in ("processors", "threads") if told.get(name)]
    return ", ".join(words + counts) + ranks if words + counts else "not known"


def origin(task: Task) -> str:
    """What the training started from: a name on the Hub, or the name of a run; "" where it started from nothing."""
    told = read_table(task.folder.origin)
    if not told.get("source"):
        return ""
    return str(told.get("hub") or f"the run {Path(str(told['source'])).name}")


def read_table(path: Path) -> dict[str, Any]:
    """A JSON file of a run; empty where it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
