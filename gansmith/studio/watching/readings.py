"""Rows of a run's files as a page needs them: the last one, those that came since, and not too many."""

from __future__ import annotations

import json
import os
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from gansmith.ground.files.runfolder import read_rows

Row = dict[str, Any]

END = 2**18  # bytes at the end of a file in which its last row is looked for
CHUNK = 2**22  # bytes that are read at a time
HEAVY = ("histograms", "layers", "verdicts")  # of a row: large, and not shown as curves


def last_row(path: Path) -> Row | None:
    """The last whole row of a .jsonl file; None where there is none."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - END))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        if (row := parsed(line)) is not None:
            return row
    return None


def parsed(line: bytes) -> Row | None:
    """A line as a row; None where a kill cut it off."""
    with suppress(ValueError):  # also where it is no UTF-8
        row = json.loads(line)
        if isinstance(row, dict):
            return row
    return None


def light(row: Row) -> Row:
    """A row without what is large."""
    return {name: value for name, value in row.items() if name not in HEAVY}


def newest(path: Path, most: int) -> list[Row]:
    """The last rows of a file, at most `most`, without what is large."""
    return list(deque((light(row) for row in read_rows(path)), maxlen=most))


def said_finding(row: Row | None) -> Row | None:
    """A row of findings.jsonl with the line that says it; None without a row."""
    if row is None:
        return None
    since = f" since update {row.get('since_update', 0):,}" if row.get("severity") == "alarm" else ""
    sure = f" ({row['certainty']})" if row.get("certainty") else ""
    return {**row, "line": f"{row.get('state', '')}{since}{sure}: {row.get('text', '')}"}


class Tail:
    """Reads what was appended to a .jsonl file since the last time, and notices where it was written anew."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self.path, self.place, self.file = path, 0, 0
        if from_end:
            with suppress(OSError):
                found = path.stat()
                self.place, self.file = found.st_size, found.st_ino

    @property
    def behind(self) -> int:
        """The bytes that were not read yet."""
        try:
            return self.path.stat().st_size - self.place
        except OSError:
            return 0

    def read(self) -> tuple[list[Row], bool]:
        """The new rows, and whether they replace all earlier ones: the run went back to a checkpoint."""
        try:
            found = self.path.stat()
        except OSError:
            afresh, self.place, self.file = self.place > 0, 0, 0
            return [], afresh
        afresh = self.place > 0 and (found.st_ino != self.file or found.st_size < self.place)
        if afresh:
            self.place = 0
        self.file = found.st_ino
        if found.st_size == self.place:
            return [], afresh
        with open(self.path, "rb") as file:
            file.seek(self.place)
            data = file.read(CHUNK)
        whole = data.rfind(b"\n") + 1
        if not whole and len(data) == CHUNK:  # no row is so long: pass over it
            whole = len(data)
        self.place += whole
        return [row for line in data[:whole].splitlines() if (row := parsed(line)) is not None], afresh
