"""What a widget shows of a run, from its files: the state of its view, and only what is new of it at each look."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from gansmith.ground.files.lock import is_held
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes import recipe as recipes
from gansmith.studio.starting.trainings import Trainings
from gansmith.studio.watching.home import damaged, empty, made, stamp
from gansmith.studio.watching.readings import Row, Tail
from gansmith.studio.watching.standing import recipe_of, standing

MOST = 300  # newest rows that are all kept; of older ones, as many at most
DIGITS = 4  # of the numbers of a curve
CURVES = ("loss.", "accuracy.", "rate.", "gradient.", "images_per_second")
"""How the names of numbers begin that the page draws."""
SHEET = ("update", "images_seen", "seconds")
JUDGEMENT = ("update", "metric", "value", "better")
MOST_PICTURE = 2**23  # bytes of a sheet that is sent

State = dict[str, Any]
"""Names of the widget's traits -> values."""


class Reading:
    """The files of one run as a widget has seen them. The run need not exist yet."""

    def __init__(self, folder: RunFolder) -> None:
        root = folder.root.absolute()
        self.run, self.name = RunFolder(root), root.name
        self.trainings = Trainings(root.parent)
        self.files = {
            "rows": Tail(self.run.stats), "sheets": Tail(self.run.sample_rows), "judgements": Tail(self.run.judgements)
        }  # fmt: skip
        self.kept: dict[str, list[Row]] = {name: [] for name in self.files}
        self.rolled_back = 0  # times that sheets were taken away
        self.first_lock = stamp(self.run.lock)

    @property
    def is_trained(self) -> bool:
        """Whether some process trains the run now."""
        return is_held(self.run.lock)

    @property
    def was_trained(self) -> bool:
        """Whether a training has begun since this object was made."""
        return stamp(self.run.lock) != self.first_lock

    def look(self) -> State:
        """What has changed since the last look; at the first, all."""
        state: State = {"card": self.card()}
        if self._is_new("rows", lambda row: {name: rounded(row[name]) for name in row if is_drawn(name, row[name])}):
            state["curves"] = columns(self.kept["rows"])
        if self._is_new("judgements", lambda row: {name: row.get(name) for name in JUDGEMENT}):
            state["judgements"] = list(self.kept["judgements"])
        if self._is_new("sheets", lambda row: {name: row.get(name) for name in SHEET}):
            sheets = self.kept["sheets"]
            state["sheets"] = {"rows": list(sheets), "rolled_back": self.rolled_back}
            if sheets:
                update = sheets[-1]["update"]
                state["picture"] = {"update": update, "data": self.picture(update)}
        return state

    def _is_new(self, name: str, shown: Any) -> bool:
        """Read one file on; whether there was anything. shown: what is kept of a row."""
        rows, afresh = self.files[name].read()
        if name == "sheets":
            self.rolled_back += afresh
        before = [] if afresh else self.kept[name]
        self.kept[name] = fewer(before + [shown(row) for row in rows if isinstance(row.get("update"), int)])
        return afresh or bool(rows)

    def card(self) -> State:
        """Name, state, progress and finding, as the studio's cards have them; and whether this very process trains."""
        return {**self._card(), "is_own": self._is_own()}

    def _card(self) -> State:
        if not self.run.recipe.is_file():
            return empty(self.name, "", "starting", "no training has begun here yet", 0.0)
        try:
            card = made(self.name, self.run, standing(self.trainings, self.name, self.run), 0)
        except (ValueError, TypeError, ArithmeticError) as error:
            return damaged(self.name, self.run, str(error))
        recipe = recipe_of(self.run) if card["finding"] else None
        return {**card, "recipe_values": {} if recipe is None else remedied(recipes.flat(recipe), card["finding"])}

    def _is_own(self) -> bool:
        """Whether the process that trains is this one: it hears nothing of a page until it has ended."""
        try:
            words = self.run.lock.read_text(encoding="utf-8", errors="replace").split()
        except OSError:
            return False
        return words[:1] == [str(os.getpid())] and words[-1:] == [platform.node()] and self.is_trained

    def picture(self, update: int) -> bytes:
        """The sheet of an update as PNG; b"" where a roll-back has taken it away, or where it is too large to be sent."""
        return bytes_of(self.run.sample_sheet(update))

    def real(self) -> bytes:
        """The sheet of real items; b"" where there is none."""
        return bytes_of(self.run.real_sheet)


def bytes_of(path: Path) -> bytes:
    """A file that is small enough to be sent; b"" else."""
    try:
        return path.read_bytes() if path.stat().st_size <= MOST_PICTURE else b""
    except OSError:
        return b""


def is_drawn(name: str, value: object) -> bool:
    """Whether a number of a row is a point of a curve."""
    return name == "update" or (name.startswith(CURVES) and isinstance(value, int | float))


def rounded(value: float) -> float:
    """A number as a curve needs it."""
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")


def fewer(rows: list[Row]) -> list[Row]:
    """The newest MOST rows, and so many of the older ones that there are at most as many, evenly, with the first."""
    old = rows[:-MOST]
    while len(old) > MOST:
        old = old[::2]
    return old + rows[-MOST:]


def columns(rows: list[Row]) -> dict[str, list[float | None]]:
    """Rows as columns of one length; None where a row lacks the number."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def remedied(values: dict[str, Any], finding: Row) -> dict[str, Any]:
    """The settings that a finding's remedies would change, as they are now."""
    return {name: values.get(name) for remedy in finding.get("remedy", ()) for name in remedy.get("set", {})}
