"""All that the page of a run shows at once."""

from __future__ import annotations

from typing import Any

from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes import meanings
from gansmith.ground.recipes import recipe as recipes
from gansmith.studio.starting.form import changeable
from gansmith.studio.watching.home import Cards
from gansmith.studio.watching.readings import newest, said_finding
from gansmith.studio.watching.standing import recipe_of, table
from gansmith.training.checkpoint import saved_updates

LINES = 200  # of what a training has printed
MOST_SHEETS = 2000
MOST_SAID = 500  # rows of each other file that grows: the newest


def details(cards: Cards, name: str) -> dict[str, Any]:
    """The answer of /api/runs/NAME. Raises StudioError 404."""
    studio = cards.studio
    card, run = cards.one(name), RunFolder(studio.folder / name)
    recipe = recipe_of(run)
    return {
        "card": card,
        "recipe": {} if recipe is None else recipes.flat(recipe),
        "meanings": {key.name: key.meaning for part in meanings.tables() for key in part.keys},
        "rows": cards.histories.of(run.stats).read()[0],
        "sheets": newest(run.sample_rows, MOST_SHEETS),
        "findings": [said_finding(row) for row in newest(run.findings, MOST_SAID)],
        "changes": newest(run.changes, MOST_SAID),
        "judgements": newest(run.judgements, MOST_SHEETS),
        "log": newest(run.log, MOST_SAID),
        "printed": studio.trainings.printed(name)[-LINES:],
        "checkpoints": saved_updates(run),
        "facts": facts(run),
        "changeable": changeable(recipe),
    }


def facts(run: RunFolder) -> dict[str, Any]:
    """What the training runs on, and on what."""
    data, machine = table(run.data), table(run.environment)
    known = ("description", "count", "kind", "item_shape", "class_names", "skipped", "left_out", "remarks")
    return {
        "data": {name: data[name] for name in known if name in data},
        "environment": machine,
        "origin": table(run.origin),
    }
