"""Everything that a run's folder holds for its page, read once and checked; whatever is missing or torn is None."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RecipeError, RunError
from gansmith.ground.runfolder import RunFolder, read_rows
from gansmith.ground.settings import Recipe
from gansmith.report import sheets
from gansmith.report.series import Row, number

TEXT_LIMIT = 4_000  # characters of one text of a file that the page shows
RECIPE_LIMIT = 100_000
FINDINGS_SHOWN = 200
EXPLORED_SHOWN = 12
PICTURES = (".png", ".webp", ".gif", ".jpg")


@dataclass(frozen=True)
class Score:
    """One line of an evaluation; None where it says nothing."""

    name: str
    value: float | str
    floor: float | None = None
    count: int | None = None


@dataclass(frozen=True)
class Explored:
    """One folder of explore/: its verb and its first picture."""

    name: str
    picture: Path


@dataclass(frozen=True)
class Contents:
    """What the page is made of."""

    folder: RunFolder
    recipe: Recipe | None  # None where this version cannot read it
    recipe_text: str
    environment: dict[str, Any]
    data: dict[str, Any]
    rows: list[Row]  # of stats.jsonl
    sample_rows: list[Row]
    findings: list[Row]
    scores: list[Score]
    sheets: list[sheets.Sheet]
    explored: list[Explored]

    @property
    def name(self) -> str:
        """The recipe's name, else the folder's."""
        return clipped(self.recipe.name if self.recipe else self.folder.root.resolve().name, 200)

    @property
    def item_size(self) -> tuple[int, int] | None:
        """(height, width) of a picture; None for vectors, and where data.json does not say."""
        shape = self.data.get("item_shape")
        if not isinstance(shape, list) or len(shape) not in (2, 3):
            return None
        sides = [number(side) for side in shape]
        if not all(math.isfinite(side) and 1 <= side <= sheets.PIXEL_LIMIT for side in sides):
            return None
        if len(sides) == 3:
            sides = sides[:2] if sides[2] in (1, 3) else sides[1:]  # channels last, else channels first
        return int(sides[0]), int(sides[1])


def read(folder: RunFolder) -> Contents:
    """Read a run. Raises RunError where the folder holds none."""
    if not folder.recipe.is_file():
        raise RunError(f"{folder.root} is not a run: it holds no {folder.recipe.name}")
    try:
        recipe = folder.load_recipe()
    except RecipeError:
        recipe = None
    return Contents(
        folder=folder,
        recipe=recipe,
        recipe_text=clipped(_text(folder.recipe), RECIPE_LIMIT),
        environment=_table(folder.environment),
        data=_table(folder.data),
        rows=list(read_rows(folder.stats)),
        sample_rows=list(read_rows(folder.sample_rows)),
        findings=list(read_rows(folder.findings))[-FINDINGS_SHOWN:],
        scores=scores(_json(folder.root / "evaluation.json")),
        sheets=sheets.listed(folder),
        explored=_explored(folder.explore),
    )


def scores(value: Any) -> list[Score]:
    """An evaluation as lines: of {name: number}, {name: {value, floor, count}}, a list of such with `name`, or any of
    these under "metrics"."""
    if isinstance(value, dict) and isinstance(value.get("metrics"), (dict, list)):
        return scores(value["metrics"])
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(entry.get("name"), entry) for entry in value if isinstance(entry, dict)]
    else:
        return []
    return [score for name, entry in pairs if (score := _score(str(name), entry)) is not None]


def _score(name: str, entry: Any) -> Score | None:
    if isinstance(entry, dict):
        inner = _score(name, entry.get("value"))
        if inner is None:
            return None
        floor, count = number(entry.get("floor")), number(entry.get("count"))
        return Score(
            inner.name,
            inner.value,
            floor if math.isfinite(floor) else None,
            int(count) if math.isfinite(count) else None,
        )
    if isinstance(entry, str):
        return Score(clipped(name, 200), clipped(entry, 200))
    is_number = isinstance(entry, (int, float)) and not isinstance(entry, bool)
    return Score(clipped(name, 200), number(entry)) if is_number else None


def clipped(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text of at most `limit` characters, with a mark where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(value: Any) -> str:
    """A JSON value as short text: evidence of a finding, an entry of the environment."""
    if isinstance(value, str):
        return clipped(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return clipped(", ".join(plain(entry) for entry in value[:100]))
    if isinstance(value, dict):
        return clipped(", ".join(f"{name} {plain(entry)}" for name, entry in list(value.items())[:100]))
    return clipped("" if value is None else str(value))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError:  # absent, torn, or a number too long to be one
        return None


def _table(path: Path) -> dict[str, Any]:
    value = _json(path)
    return value if isinstance(value, dict) else {}


def _explored(root: Path) -> list[Explored]:
    if not root.is_dir():
        return []
    found: list[Explored] = []
    for place in sorted(each for each in root.iterdir() if each.is_dir()):
        pictures = sorted(each for each in place.iterdir() if each.suffix.lower() in PICTURES)
        if pictures:
            found.append(Explored(place.name, pictures[0]))
    return found[-EXPLORED_SHOWN:]
