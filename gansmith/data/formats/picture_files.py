"""The picture files in a folder or an archive, known by their names and sizes only: nothing is decoded.

Files whose name does not end like a picture's (.jpg, .png, ...) are counted and left alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif"),
)
MAX_FILE = 2**28  # bytes of one encoded picture
MAX_NAME = 1024  # characters of a member's name


@dataclass(frozen=True)
class PictureFile:
    """One picture's file or member."""

    name: str  # relative to the folder or the archive, with forward slashes
    size: int  # bytes
    stamp: int  # time of change in nanoseconds, or a checksum

    @property
    def mark(self) -> str:
        """A line that changes when the picture does."""
        return f"{self.name}|{self.size}|{self.stamp}"


@dataclass(frozen=True)
class AttributeTable:
    """Attributes, true or false, of pictures by name."""

    title: str  # for messages: the file it came from
    questions: tuple[str, ...]  # the attributes' names
    row: Mapping[str, int]  # picture -> row
    values: np.ndarray  # bool (rows, questions)

    def find(self, name: str) -> int | None:
        """The row of a picture, by its path or else by its file name."""
        return self.row.get(name, self.row.get(name.rpartition("/")[2]))


@dataclass(frozen=True)
class PictureFiles:
    """All picture files of a folder or an archive, and what is known of them."""

    entries: tuple[PictureFile, ...]  # sorted by name
    skipped: tuple[tuple[str, str], ...]  # refused by their name or their size: name, reason
    others: tuple[str, ...]  # files that are not pictures by their name
    classes: Mapping[str, int | str] = field(default_factory=dict)  # picture -> class, where tars say it
    splits: Mapping[str, str] = field(default_factory=dict)  # file name -> split, where a list says it
    table: AttributeTable | None = None


@dataclass
class Search:
    """What was found so far in a folder or an archive."""

    entries: dict[str, PictureFile] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def add(self, name: str, size: int, stamp: int, refusal: str | None = None) -> None:
        """Add an archive's member, unless it is unsafe, too large, or refused for another reason."""
        if not is_picture(name):
            self.others.append(name)
        elif reason := self._refusal(name, size) or refusal:
            self.skipped.append((printable(name), reason))
        else:
            self.entries[name] = PictureFile(name, size, stamp)

    def _refusal(self, name: str, size: int) -> str | None:
        if is_unsafe(name):
            return "unsafe path"
        if name in self.entries:
            return "two members of this name"
        return f"{size:,} bytes, more than {MAX_FILE:,}" if size > MAX_FILE else None

    def result(self) -> PictureFiles:
        """Everything found, pictures sorted by name."""
        entries = tuple(entry for _, entry in sorted(self.entries.items()))
        return PictureFiles(entries, tuple(self.skipped), tuple(sorted(self.others)))


def is_picture(name: str) -> bool:
    """Whether a file is a picture by its name."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def is_hidden(name: str) -> bool:
    """Whether a path has a part that is hidden, or that an operating system left behind."""
    parts = [part for part in name.split("/") if part not in (".", "..")]
    return any(part.startswith(".") or part in ("__MACOSX", "Thumbs.db", "desktop.ini") for part in parts)


def is_unsafe(name: str) -> bool:
    """Whether a member's name could lead out of its archive, or is too long."""
    parts = name.split("/")
    return name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0] or len(name) > MAX_NAME


def printable(name: str) -> str:
    """A name that is safe to show: control and undecodable characters replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
