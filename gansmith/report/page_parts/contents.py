"""Everything that a run's folder holds for its page, read once and checked. What is missing or damaged is left out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gansmith import kinds
from gansmith.diagnosis.findings import Remedy
from gansmith.ground.errors import RecipeError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import loss_of
from gansmith.report import sheets
from gansmith.report.series import Row, number

TEXT_LIMIT = 4_000  # characters of one text of a file that the page shows
RECIPE_LIMIT = 100_000
FINDINGS_SHOWN = 200
EXPLORED_SHOWN = 12
PICTURES = (".png", ".webp", ".gif", ".jpg")


@dataclass(frozen=True)
class Contents:
    """What the page is made of."""

    folder: RunFolder
    recipe: Recipe | None  # None where this version cannot read it
    recipe_text: str
    environment: dict[str, Any]
    data: dict[str, Any]
    origin: dict[str, Any]  # origin.json: what it started from
    rows: list[Row]  # of stats.jsonl
    sample_rows: list[Row]
    measurements: list[Row]  # of judgements.jsonl
    logged: list[Row]  # numbers of log.jsonl, one row an update
    findings: list[Row]
    scores: list[Row]  # figures of evaluation.json
    sheets: list[sheets.Sheet]
    explored: dict[str, Path]  # folder of explore/ -> its first picture

    @property
    def name(self) -> str:
        """The recipe's name, or else the folder's."""
        return clipped(self.recipe.name if self.recipe else self.folder.root.resolve().name, 200)

    @property
    def threshold(self) -> float | None:
        """The logit above which the discriminator says real; None where the loss has no such logit."""
        return loss_of(self.recipe).threshold if self.recipe else 0.0

    @property
    def probability(self) -> bool:
        """Whether the sigmoid of a logit is the probability that the item is real."""
        return self.recipe is not None and loss_of(self.recipe).probability

    @property
    def item_size(self) -> tuple[int, int] | None:
        """(height, width) of a picture; None for what is none, and where data.json does not say."""
        kind = kinds.of_data(self.data)
        if kind is None or not kind.pixels:
            return None
        shape = self.data.get("item_shape")  # channels first
        sides = [number(side) for side in shape[1:]] if isinstance(shape, list) else []
        if len(sides) != 2 or not all(1 <= side <= sheets.PIXEL_LIMIT for side in sides):
            return None
        return int(sides[0]), int(sides[1])


def read(folder: RunFolder) -> Contents:
    """Read a run. Raises RunError where the folder holds none."""
    folder.need()
    try:
        recipe = folder.load_recipe()
    except RecipeError:
        recipe = None
    return Contents(
        folder=folder,
        recipe=recipe,
        recipe_text=clipped(_text(folder.recipe), RECIPE_LIMIT),
        environment=_table(folder.environment) | _own(_table(folder.own)),
        data=_table(folder.data),
        origin=_table(folder.origin),
        rows=list(read_rows(folder.stats)),
        sample_rows=list(read_rows(folder.sample_rows)),
        measurements=list(read_rows(folder.judgements)),
        logged=_logged(read_rows(folder.log)),
        findings=list(read_rows(folder.findings))[-FINDINGS_SHOWN:],
        scores=_scores(_table(folder.evaluation).get("figures")),
        sheets=sheets.listed(folder),
        explored=_explored(folder.explore),
    )


def _own(about: dict[str, Any]) -> dict[str, Any]:
    """What a run notes of parts of the user's own, as a line beside its environment."""
    names = about.get("names")
    if not isinstance(names, dict):
        return {}
    words = ", ".join(f"{kind} {plain(each)}" for kind, each in names.items())
    source = f" ({plain(about.get('file'))}, {plain(about.get('sha256'))[:8]})" if "file" in about else " (from Python)"
    return {"own parts": words + source}


def _logged(rows: Iterable[Row]) -> list[Row]:
    """What callbacks logged as numbers, by update."""
    found: dict[Any, Row] = {}
    for row in rows:
        if math.isfinite(number(row.get("value"))) and isinstance(row.get("update"), int):
            about = {"update": row["update"], "images_seen": row.get("images_seen"), "seconds": row.get("seconds")}
            found.setdefault(row["update"], about)[clipped(plain(row.get("name")), 60)] = row["value"]
    return [found[update] for update in sorted(found)]


def _scores(figures: Any) -> list[Row]:
    """The figures of an evaluation that have a finite value."""
    entries = figures if isinstance(figures, list) else []
    return [entry for entry in entries if isinstance(entry, dict) and math.isfinite(number(entry.get("value")))]


def remedies(row: Row) -> list[str]:
    """What a finding says to change, one line each, with the settings as `--set` takes them."""
    given = row.get("remedy")
    return [
        clipped(Remedy(entry["set"], plain(entry.get("why")), plain(entry.get("source"))).line())
        for entry in (given[:20] if isinstance(given, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("set"), dict)
    ]


def clipped(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text of at most `limit` characters, with a mark where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(value: Any) -> str:
    """A JSON value as short text: evidence of a finding, an entry of the environment."""
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


def _table(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(path))
    except ValueError:  # missing, damaged, or a number with too many digits
        return {}
    return value if isinstance(value, dict) else {}


def _explored(root: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for place in sorted(root.iterdir()) if root.is_dir() else ():
        if place.is_dir():
            pictures = sorted(each for each in place.iterdir() if each.suffix.lower() in PICTURES)
            if pictures:
                found[place.name] = pictures[0]
    return dict(list(found.items())[-EXPLORED_SHOWN:])
