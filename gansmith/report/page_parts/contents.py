"""Everything that a run's folder holds for its page, read once and checked; whatever is missing or torn is None."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gansmith.diagnosis.findings import flag
from gansmith.ground.errors import RecipeError, RunError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES
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
    floor: float | None = None  # what real items score against real items
    count: int | None = None  # items it was measured on
    interval: tuple[float, float] | None = None
    meaning: str = ""


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
    judgements: list[Row]
    findings: list[Row]
    scores: list[Score]
    sheets: list[sheets.Sheet]
    explored: list[Explored]

    @property
    def name(self) -> str:
        """The recipe's name, else the folder's."""
        return clipped(self.recipe.name if self.recipe else self.folder.root.resolve().name, 200)

    @property
    def threshold(self) -> float | None:
        """The logit above which the discriminator says real; None where the loss has no such logit."""
        return LOSSES[self.recipe.loss.name].threshold if self.recipe else 0.0

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
            sides = sides[1:] if sides[0] in (1, 3) else sides[:2]  # channels first, else last
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
        judgements=list(read_rows(folder.judgements)),
        findings=list(read_rows(folder.findings))[-FINDINGS_SHOWN:],
        scores=scores(_json(folder.evaluation)),
        sheets=sheets.listed(folder),
        explored=_explored(folder.explore),
    )


def scores(value: Any) -> list[Score]:
    """An evaluation as lines: of {name: number}, {name: {value, floor, count, interval, meaning}}, a list of such with
    `name`, or any of these under "figures" or "metrics"."""
    if isinstance(value, dict):
        for key in ("figures", "metrics"):
            if isinstance(value.get(key), (dict, list)):
                return scores(value[key])
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(entry.get("name"), entry) for entry in value if isinstance(entry, dict)]
    else:
        return []
    return [score for name, entry in pairs if (score := _score(str(name), entry)) is not None]


def _score(name: str, entry: Any) -> Score | None:
    table = entry if isinstance(entry, dict) else {"value": entry}
    value, floor, count = table.get("value"), number(table.get("floor")), number(table.get("count"))
    if isinstance(value, str):
        value = clipped(value, 200)
    elif not math.isfinite(number(value)) and not isinstance(value, float):
        return None
    ends = table.get("interval")
    low, high = (number(end) for end in ends) if isinstance(ends, list) and len(ends) == 2 else (math.nan, math.nan)
    return Score(
        clipped(name, 200),
        value if isinstance(value, str) else number(value),
        floor if math.isfinite(floor) else None,
        int(count) if math.isfinite(count) else None,
        (low, high) if math.isfinite(low + high) else None,
        clipped(plain(table.get("meaning")), 300),
    )


def remedies(row: Row) -> list[str]:
    """What a finding advises, one line each: as text, or as {set, why, source} with the settings as `--set` takes them."""
    given = row.get("remedy")
    entries = given if isinstance(given, list) else [given]
    return [line for entry in entries[:20] if (line := _remedy(entry))]


def _remedy(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("set"), dict):
        return plain(entry)
    flags = " ".join(flag(name, value) for name, value in list(entry["set"].items())[:20])
    why, source = plain(entry.get("why")), plain(entry.get("source"))
    return clipped(": ".join(part for part in (flags, why) if part) + (f" ({source})" if source else ""))


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
