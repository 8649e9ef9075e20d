"""Where the runs of a folder are. A folder is listed again only where its time has changed: it may hold a million pictures."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gansmith.ground.files.runfolder import RunFolder

DEPTH = 4  # folders below the served one in which runs are looked for
MOST = 2000  # folders that are looked into
YOUNG = 2.0  # seconds after a change in which another one may have the same time

Folders = dict[str, tuple[int, list[str]]]
"""Path of a folder -> its time when it was listed, and the paths of the folders in it."""


def find_runs(folder: Path, known: Folders) -> Iterator[RunFolder]:
    """The runs below a folder, without those within runs, in folders with a dot, and behind links. known: is kept up to
    date."""
    todo, seen = [(os.fspath(folder), 0)], set[str]()
    while todo and len(seen) < MOST:
        here, depth = todo.pop()
        seen.add(here)
        for path in reversed(listed(here, known)):
            run = RunFolder(Path(path))
            if run.recipe.is_file():
                yield run
            elif depth + 1 < DEPTH:
                todo.append((path, depth + 1))
    for gone in known.keys() - seen:
        del known[gone]


def listed(here: str, known: Folders) -> list[str]:
    """The folders in a folder, by their names."""
    found: list[str] = []
    with suppress(OSError):
        changed = os.stat(here).st_mtime_ns
        if here in known and known[here][0] == changed:
            return known[here][1]
        with os.scandir(here) as entries:
            found = sorted(entry.path for entry in entries if is_folder(entry))
        if time.time() - changed / 1e9 > YOUNG:
            known[here] = (changed, found)
    return found


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether runs are looked for there."""
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
