"""The runs of the served folder as cards. Each is what the run's files say; nothing else is remembered."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gansmith.ground.errors import GansmithError, brief
from gansmith.ground.files.lock import is_held
from gansmith.ground.files.runfolder import RunFolder
from gansmith.studio.places import name_of
from gansmith.studio.studio import Studio
from gansmith.studio.watching.finding import Folders, find_runs
from gansmith.studio.watching.history import Histories
from gansmith.studio.watching.readings import last_row, said_finding
from gansmith.studio.watching.standing import Standing, standing

MOST = 2000  # runs that are shown
SIZE_SECONDS = 30.0  # between two counts of the bytes of a run that changes

Mark = tuple[object, ...]
"""Changes when what a card says may have changed."""


@dataclass
class Kept:
    """A card as it was made, and what it was made from."""

    mark: Mark
    card: dict[str, Any]
    size: int
    sized_at: float


class Cards:
    """The cards of a studio; a card is made anew where its run's files have changed."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.kept: dict[str, Kept] = {}
        self.folders: Folders = {}
        self.histories = Histories()
        self.lock = threading.RLock()  # requests and the socket ask at the same time

    def all(self) -> list[dict[str, Any]]:
        """Every card, those that changed last first."""
        with self.lock:
            return self._all()

    def _all(self) -> list[dict[str, Any]]:
        runs = {name_of(self.studio.folder, run.root): run for run in find_runs(self.studio.folder, self.folders)}
        cards = [self.card(name, run) for name, run in list(runs.items())[:MOST]]
        cards += [unborn(self.studio, name) for name in self.studio.trainings.unborn() if name not in runs]
        self.kept = {name: kept for name, kept in self.kept.items() if name in runs}
        return sorted(cards, key=lambda card: (-card["changed"], card["name"]))

    def one(self, name: str) -> dict[str, Any]:
        """The card of one run. Raises StudioError 404."""
        if name in self.studio.trainings.unborn():
            return unborn(self.studio, name)
        return self.card(name, self.studio.run(name))

    def card(self, name: str, run: RunFolder) -> dict[str, Any]:
        """The card of a run; where its files cannot be understood, one that says so."""
        with self.lock:
            try:
                return self._card(name, run)
            except (ValueError, TypeError, ArithmeticError) as error:
                return damaged(name, run, brief(error))

    def _card(self, name: str, run: RunFolder) -> dict[str, Any]:
        mark, kept, now = self._mark(name, run), self.kept.get(name), time.monotonic()
        if kept is not None and kept.mark == mark:
            return kept.card
        counted = kept is not None and now - kept.sized_at < SIZE_SECONDS
        size, at = (kept.size, kept.sized_at) if kept is not None and counted else (size_of(run.root), now)
        card = made(name, run, standing(self.studio.trainings, name, run), size)
        self.kept[name] = Kept(mark, card, size, at)
        return card

    def _mark(self, name: str, run: RunFolder) -> Mark:
        paths = (run.recipe, run.stats, run.findings, run.sample_rows, run.log, run.changes, run.checkpoints, run.lock)
        stamps = tuple(stamp(path) for path in (*paths, self.studio.trainings.log(name)))
        return (*stamps, is_held(run.lock), self.studio.trainings.is_alive(name))


def made(name: str, run: RunFolder, now: Standing, size: int) -> dict[str, Any]:
    """A card, from a run's files."""
    sheet, finding = last_row(run.sample_rows), with_picture(run, said_finding(last_row(run.findings)))
    training = now.state in ("training", "starting")
    can = ["pause", "save", "change"] if now.state == "training" else [] if training else ["delete"]
    if not training and not now.pulled:
        is_over = now.state == "finished" and now.reason is None  # a change would have no update left
        can += ["resume"] if is_over else ["resume", "change"]
    if now.saved is not None:
        can += ["steer", "export"]
    return {
        "name": name,
        "recipe": now.recipe,
        "state": now.state,
        "reason": now.reason,
        "update": now.update,
        "total": now.total,
        "share": now.share,
        "seconds": now.seconds,
        "images_per_second": now.images_per_second if training else None,
        "finding": finding,
        "sheet": sheet.get("update") if sheet else None,
        "changed": max(modified(path) for path in (run.recipe, run.stats, run.lock, run.log, run.checkpoints)),
        "size": size,
        "pictures": now.pictures,
        "can": can,
    }


def with_picture(run: RunFolder, finding: dict[str, Any] | None) -> dict[str, Any] | None:
    """A finding without its picture where a roll-back has taken that away."""
    if finding is None or (run.root / str(finding.get("picture", ""))).is_file():
        return finding
    return {name: value for name, value in finding.items() if name != "picture"}


def empty(name: str, recipe: str, state: str, reason: str, changed: float) -> dict[str, Any]:
    """A card of a run whose files say nothing."""
    return {
        "name": name,
        "recipe": recipe,
        "state": state,
        "reason": reason[:500],
        **dict.fromkeys(("update", "seconds", "size"), 0),
        **dict.fromkeys(("total", "share", "images_per_second", "finding", "sheet")),
        "changed": changed,
        "pictures": False,
        "can": ["delete"] if state == "failed" else [],
    }


def damaged(name: str, run: RunFolder, why: str) -> dict[str, Any]:
    """The card of a run whose files cannot be understood."""
    return empty(name, "", "failed", f"its files are damaged ({why})", modified(run.recipe))


def unborn(studio: Studio, name: str) -> dict[str, Any]:
    """The card of a training that has no files of a run yet: it prepares its data, or failed at that."""
    trainings = studio.trainings
    alive, printed = trainings.is_alive(name), trainings.printed(name)
    reason = (printed[-1] if printed else "reading the data") if alive else trainings.failure(name)
    return empty(
        name,
        str(trainings.facts(name).get("recipe", "")),
        "starting" if alive else "failed",
        reason or "it ended before its first update",
        modified(trainings.log(name)),
    )


def stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file does: its number, time and size."""
    try:
        found = path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    except OSError:
        return 0, 0, 0


def modified(path: Path) -> float:
    """The unix time at which a file was last changed; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def size_of(root: Path) -> int:
    """The bytes of all files of a folder."""
    total = 0
    for here, _, files in os.walk(root):
        for file in files:
            with suppress(OSError):
                total += os.lstat(os.path.join(here, file)).st_size
    return total


@cache
def recipes() -> list[dict[str, str]]:
    """The built-in recipes: name and summary; those of the articles come last."""
    from gansmith import recipes as cookbook

    found: list[dict[str, str]] = []
    for name in sorted(cookbook.names(), key=lambda name: (name.startswith("article"), name)):
        with suppress(GansmithError):
            found.append({"name": name, "summary": cookbook.summary(name)})
    return found
