"""Patterns of file names, as shells have them: `photos/*.jpg`, `photos/**/cat-*.png`, `shards-[0-4]*.tar`.

`*` and `?` stay within a folder, `**` crosses folders. A folder that matches brings everything in it.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path

Pattern = tuple[str, ...]  # one part for each folder level; () matches everything
WILD = frozenset("*?[")


def is_pattern(text: str) -> bool:
    """Whether a source is a pattern: it has wild characters, and no file has that name."""
    return bool(WILD & set(text)) and not os.path.exists(text)


def split(text: str) -> tuple[Path, Pattern]:
    """The folder in which a search begins, and the pattern of names below it."""
    parts = Path(os.path.expanduser(text)).parts
    first = next(index for index, part in enumerate(parts) if WILD & set(part))
    return Path(*parts[:first]), parts[first:]


def matches(name: str, pattern: Pattern) -> bool:
    """Whether a name, or a folder on its way, matches the pattern."""
    return _match(name.split("/"), pattern, partly=False)


def may_hold(folder: str, pattern: Pattern) -> bool:
    """Whether a folder may hold names that match."""
    return _match(folder.split("/"), pattern, partly=True)


def _match(parts: list[str], pattern: Pattern, *, partly: bool) -> bool:
    """`partly`: the names end before the pattern does, and may go on."""
    if not pattern:
        return True
    if not parts:
        return partly
    if pattern[0] == "**":
        return partly or any(_match(parts[skipped:], pattern[1:], partly=False) for skipped in range(len(parts)))
    return fnmatchcase(parts[0], pattern[0]) and _match(parts[1:], pattern[1:], partly=partly)
