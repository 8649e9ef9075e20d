"""Patterns of names, as shells have them: `photos/*.jpg`, `photos/**/cat-*.png`, `shards-[0-4]*.tar`.

`*` and `?` stay within a folder, `**` crosses folders, and a folder that fits brings everything in it.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path

Pattern = tuple[str, ...]  # one part for each folder on the way; () fits everything
WILD = frozenset("*?[")


def is_pattern(text: str) -> bool:
    """Whether a source is a pattern: it has wild characters, and no file is called so."""
    return bool(WILD & set(text)) and not os.path.exists(text)


def split(text: str) -> tuple[Path, Pattern]:
    """The folder in which a search begins, and the pattern of names below it."""
    parts = Path(text).expanduser().parts
    first = next(index for index, part in enumerate(parts) if WILD & set(part))
    return Path(*parts[:first]), parts[first:]


def fits(name: str, pattern: Pattern) -> bool:
    """Whether a name, or a folder that it lies in, is meant by the pattern."""
    return not pattern or _fits(name.split("/"), pattern)


def leads(folder: str, pattern: Pattern) -> bool:
    """Whether a folder may hold names that fit."""
    return not pattern or _leads(folder.split("/"), pattern)


def _fits(parts: list[str], pattern: Pattern) -> bool:
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_fits(parts[skipped:], pattern[1:]) for skipped in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _leads(parts: list[str], pattern: Pattern) -> bool:
    if not parts or not pattern or pattern[0] == "**":
        return True
    return fnmatchcase(parts[0], pattern[0]) and _leads(parts[1:], pattern[1:])
