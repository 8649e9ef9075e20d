"""The watcher that tells trackers: rows, sheets of samples, measurements of quality, and what the doctor says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gansmith.ground.files.runfolder import RunFolder, read_rows, write_json
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.training.events import Request, UpdateEvent
from gansmith.training.tracking.sessions import News, Session, numbers_of
from gansmith.training.watchers import is_sheet_due


class Track:
    """Tells the trackers what the watchers before it wrote into the run's folder. A tracker that fails is left out."""

    def __init__(
        self, folder: RunFolder, recipe: Recipe, sessions: dict[str, Session], known: dict[str, str], say: Say
    ) -> None:
        """known: the trackers' own names of the run, by tracker; kept in the run's folder for when it goes on."""
        self.folder, self.recipe, self.sessions, self.known, self.say = folder, recipe, sessions, known, say
        self.begun = False
        self.drawn = -1  # the update of the newest sheet that was sent
        self.rows = {path: NewRows(path) for path in (folder.findings, folder.judgements)}

    def after(self, event: UpdateEvent) -> Request | None:
        if not self.begun:
            self.begun = True
            write_json(self.folder.trackers, self.known)
        try:
            news = self._news(event)
        except (OSError, ValueError) as error:  # of a picture or rows that are not there
            self.say(f"trackers are told nothing of update {event.update:,} ({error})")
            return None
        if news:
            for name, session in list(self.sessions.items()):
                try:
                    session.log(news)
                except Exception as error:  # whatever a library raises: a training does not end for it
                    del self.sessions[name]
                    self.say(f"{name} takes no more ({error!r}): the training goes on without it")
        return None

    def _news(self, event: UpdateEvent) -> News:
        news = News(event.update)
        if event.update == 0:
            news.pictures["real"] = read_picture(self.folder.real_sheet)
        if event.row is not None:
            news.numbers = numbers_of(event.row)
            found = event.row.get("histograms", {})
            news.histograms = {f"histogram/{name}": (h["edges"], h["counts"]) for name, h in found.items()}
        if event.row is not None or event.last:
            for row in self.rows[self.folder.judgements].read():
                news.numbers[f"quality/{row.get('metric', '')}"] = float(row.get("value", 0.0))
            for row in self.rows[self.folder.findings].read():
                self._add_finding(news, row)
        due = event.last or is_sheet_due(event.update, self.recipe.watch.samples_every)
        if due and self.drawn != event.update and self.folder.sample_sheet(event.update).exists():
            self.drawn = event.update
            news.pictures["samples"] = read_picture(self.folder.sample_sheet(event.update))
        return news

    def _add_finding(self, news: News, row: dict[str, Any]) -> None:
        """A finding as text, with the evidence and the remedies, and the picture that explains it."""
        lines = [
            f"**{row.get('state', '')}** (update {row.get('update', 0):,}): {row.get('text') or row.get('reason', '')}"
        ]
        lines += [f"- {name}: {value:g}" for name, value in row.get("evidence", {}).items() if value is not None]
        for remedy in row.get("remedy", ()):
            changes = " ".join(f"--set {name}={json.dumps(value)}" for name, value in remedy.get("set", {}).items())
            lines.append(f"- try {changes or 'this'}: {remedy.get('why', '')}")
        before = news.texts.get("doctor")
        news.texts["doctor"] = "\n".join([before, "", *lines] if before else lines)
        if row.get("picture"):
            news.pictures[f"doctor/{row['state']}"] = read_picture(self.folder.root / row["picture"])


class NewRows:
    """The rows that were appended to a .jsonl file since the last look, also if it was cut in between."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self.seen = path, -1, set()
        list(self.read())

    def read(self) -> Iterator[dict[str, Any]]:
        """Each new row, once."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size == self.size:
            return
        self.size = size
        for row in read_rows(self.path):
            text = json.dumps(row, sort_keys=True)
            if text not in self.seen:
                self.seen.add(text)
                yield row


def read_picture(path: Path) -> np.ndarray:
    """A sheet as uint8 (H, W, 3)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
