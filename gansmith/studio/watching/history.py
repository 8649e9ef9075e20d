"""The rows of a long run as few: each file is read once, in pieces, and what a page gets has the peaks of what it leaves out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from gansmith.studio.watching.readings import HEAVY, Row, Tail

MOST_ROWS = 2000
KEPT = 8  # runs whose rows are remembered

Seen = dict[str, tuple[float, float]]
"""Name of a number -> the number, and the update that it is of."""


@dataclass
class Stretch:
    """Some rows one after another: the least and the greatest of each number."""

    first: float  # update
    last: float
    count: int
    least: Seen
    greatest: Seen

    @classmethod
    def of(cls, update: float, row: Row) -> Stretch:
        """One row, without what is large and what is no number."""
        found: Seen = {
            name: (value, update)
            for name, value in row.items()
            if name != "update" and name not in HEAVY and isinstance(value, int | float)
        }
        return cls(update, update, 1, found, found)

    def join(self, later: Stretch) -> None:
        """Take in the rows that come after these."""
        if self.greatest is self.least:  # of one row
            self.greatest = dict(self.least)
        for name, seen in later.least.items():
            if name not in self.least or seen[0] < self.least[name][0]:
                self.least[name] = seen
        for name, seen in later.greatest.items():
            if name not in self.greatest or seen[0] > self.greatest[name][0]:
                self.greatest[name] = seen
        self.last, self.count = later.last, self.count + later.count

    def rows(self) -> list[Row]:
        """One row, or two with the least and the greatest of each number in the order in which they came."""
        if self.count == 1:
            return [{"update": self.first, **{name: value for name, (value, _) in self.least.items()}}]
        pairs = {name: sorted((self.least[name], self.greatest[name]), key=lambda one: one[1]) for name in self.least}
        return [
            {"update": update, **{name: pair[place][0] for name, pair in pairs.items()}}
            for place, update in enumerate((self.first, self.last))
        ]


class History:
    """The rows of one .jsonl file with updates, at most `most` of them. It costs the same however long the file is."""

    def __init__(self, path: Path, most: int = MOST_ROWS) -> None:
        self.tail, self.most, self.lock = Tail(path), most, threading.Lock()
        self.stretches: list[Stretch] = []
        self.each = 1  # rows of a stretch

    def read(self) -> tuple[list[Row], int, int]:
        """The rows up to now, and where a Tail goes on: its `place` and `file`."""
        with self.lock:
            while True:
                before = self.tail.place
                rows, afresh = self.tail.read()
                if afresh:
                    self.stretches, self.each = [], 1
                for row in rows:
                    self._add(row)
                if self.tail.place == before and not afresh:
                    break
            found = [row for stretch in self.stretches for row in stretch.rows()]
            return found, self.tail.place, self.tail.file

    def _add(self, row: Row) -> None:
        update = row.get("update")
        if not isinstance(update, int | float):
            return
        new = Stretch.of(update, row)
        if self.stretches and self.stretches[-1].count < self.each:
            self.stretches[-1].join(new)
            return
        self.stretches.append(new)
        if len(self.stretches) * min(self.each, 2) > self.most:
            self._halve()

    def _halve(self) -> None:
        for one, later in zip(self.stretches[::2], self.stretches[1::2], strict=False):
            one.join(later)
        self.stretches, self.each = self.stretches[::2], 2 * self.each


class Histories:
    """The histories of the runs that were looked at last."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Path, History] = OrderedDict()
        self.lock = threading.Lock()

    def of(self, path: Path) -> History:
        """The history of a file."""
        with self.lock:
            found = self.kept.setdefault(path, History(path))
            self.kept.move_to_end(path)
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
            return found
