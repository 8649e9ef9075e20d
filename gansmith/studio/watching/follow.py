"""What is sent to an open page: cards, and the new rows, sheets and findings of the run that it watches.

Files are looked at every quarter of a second, and only while a page is open. A training pays nothing for a page.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gansmith.ground.errors import brief
from gansmith.ground.files.runfolder import RunFolder
from gansmith.studio.watching.history import History
from gansmith.studio.watching.home import Cards
from gansmith.studio.watching.hub import Outbox, binary, text
from gansmith.studio.watching.readings import CHUNK, Row, Tail, light, said_finding

LOOK = 0.25  # seconds between two looks at the files of a watched run
CARDS = 1.0  # seconds between two looks at all runs
HIDDEN = 5.0  # the same, for a page that nobody sees
MOST_SAID = 10  # errors that are logged


class Watched:
    """The files of one run as one page has seen them. It begins with the rows that are there already."""

    def __init__(self, name: str, run: RunFolder, history: History) -> None:
        self.name, self.run, self.history = name, run, history
        self.stats, self.sheets = Tail(run.stats), Tail(run.sample_rows)
        self.others = {
            "finding": Tail(run.findings, from_end=True),
            "change": Tail(run.changes, from_end=True),
            "judgement": Tail(run.judgements, from_end=True),
            "log": Tail(run.log, from_end=True),
        }
        self.first = True

    def look(self) -> list[tuple[str, str | bytes]]:
        """What is new, as messages."""
        found: list[tuple[str, str | bytes]] = []
        rows, afresh = self._rows()
        if rows or afresh or self.first:
            told = {"kind": "rows", "name": self.name, "rows": _few([light(row) for row in rows])}
            found.append(("rows", text(told | ({"afresh": True} if afresh or self.first else {}))))
        found += self._sheets()
        for kind, tail in self.others.items():
            new, afresh = tail.read()
            if afresh and kind != "change":  # all rows again, of which the page has most
                new = new[-1:]
            for row in new:
                content = {"finding": said_finding(row)} if kind == "finding" else {"row": row}
                found.append((kind, text({"kind": kind, "name": self.name, **content})))
        self.first = False
        return found

    def _rows(self) -> tuple[list[Row], bool]:
        """The new rows, and whether they replace all earlier ones: at first, after a roll-back, and after a long absence, all
        rows come again, as few as a page can show."""
        afresh = self.first or self.stats.behind > CHUNK
        rows, replaced = ([], True) if afresh else self.stats.read()
        if replaced:
            rows, self.stats.place, self.stats.file = self.history.read()
        return rows, replaced

    def _sheets(self) -> list[tuple[str, str | bytes]]:
        rows, afresh = self.sheets.read()
        if not rows and not afresh:
            return []
        told: dict[str, Any] = {"kind": "sheets", "name": self.name, "sheets": [light(row) for row in rows]}
        found: list[tuple[str, str | bytes]] = [
            ("sheets", text(told | ({"afresh": True} if afresh or self.first else {})))
        ]
        update = rows[-1].get("update") if rows else None
        if isinstance(update, int):
            try:
                picture = self.run.sample_sheet(update).read_bytes()
            except OSError:  # a roll-back has just taken it away
                return found
            found.append(("picture", binary({"kind": "sheet", "name": self.name, "update": update}, picture)))
        return found


def _few(rows: list[Row], most: int = 2000) -> list[Row]:
    """At most `most` rows, evenly, with the last."""
    step = -(-len(rows) // most)
    return rows if step <= 1 else rows[(len(rows) - 1) % step :: step]


class Follower:
    """Looks at the files for all pages, in one thread at a time."""

    def __init__(self, cards: Cards) -> None:
        self.cards = cards
        self.watched: dict[Outbox, Watched | None] = {}
        self.looked = 0.0  # when the cards were looked at
        self.sent: dict[Outbox, tuple[float, str]] = {}  # when which cards were sent last
        self.said: set[str] = set()  # errors that were logged

    def add(self, outbox: Outbox) -> None:
        """A page that has opened."""
        self.watched[outbox] = None

    def remove(self, outbox: Outbox) -> None:
        """A page that has gone."""
        self.watched.pop(outbox, None)
        self.sent.pop(outbox, None)

    def find(self, name: str | None) -> Watched | None:
        """The run that a page wants to show. Raises StudioError 404."""
        if name is None:
            return None
        self.cards.one(name)  # a run, or one that is about to become one
        run = RunFolder(self.cards.studio.folder / name)
        return Watched(name, run, self.cards.histories.of(run.stats))

    async def follow(self) -> None:
        """Look until it is cancelled. What cannot be read of one run keeps nothing from the other pages."""
        while True:
            await asyncio.sleep(LOOK)
            for outbox, watched in list(self.watched.items()):
                if watched is not None and not outbox.hidden:
                    with self._errors_said():
                        for kind, message in await asyncio.to_thread(watched.look):
                            outbox.put(kind, message)  # also where it was hidden meanwhile: they are not read again
            with self._errors_said():
                await self._look_at_cards()

    async def _look_at_cards(self) -> None:
        now = asyncio.get_running_loop().time()
        due = [one for one in self.watched if now - self.sent.get(one, (-HIDDEN, ""))[0] >= self._pause(one)]
        if not due or now - self.looked < CARDS:
            return
        self.looked = now
        message = text({"kind": "cards", "runs": await asyncio.to_thread(self.cards.all)})
        for outbox in due:
            if outbox in self.watched and self.sent.get(outbox, (0.0, ""))[1] != message:
                self.sent[outbox] = (now, message)
                outbox.put("cards", message)

    @contextmanager
    def _errors_said(self) -> Iterator[None]:
        """An error is logged once; the next look is made all the same."""
        try:
            yield
        except Exception as error:
            if (words := brief(error)) not in self.said and len(self.said) < MOST_SAID:
                self.said.add(words)
                logging.getLogger("gansmith").exception("a run cannot be followed")

    def _pause(self, outbox: Outbox) -> float:
        return HIDDEN if outbox.hidden else CARDS
