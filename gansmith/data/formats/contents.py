"""What lies in a folder or an archive, seen from outside: pictures by their names, what is refused, what is left alone.

What is no picture by its name (.jpg, .png, ...) is counted and left alone.
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
class Entry:
    """A picture's file, seen from outside."""

    name: str  # relative to the folder or the archive, with forward slashes
    size: int  # bytes
    stamp: int  # nanoseconds or any other mark of change

    @property
    def mark(self) -> str:
        """As long as this line is the same, so is the picture."""
        return f"{self.name}|{self.size}|{self.stamp}"


@dataclass(frozen=True)
class Table:
    """Yes or no to each of several questions, of pictures by name."""

    title: str  # for messages: the file it came from
    questions: tuple[str, ...]
    row: Mapping[str, int]  # picture -> row
    values: np.ndarray  # bool (rows, questions)

    def find(self, name: str) -> int | None:
        """The row of a picture, by its path or by the last part of it."""
        row = self.row.get(name)
        return self.row.get(name.rpartition("/")[2]) if row is None else row


@dataclass(frozen=True)
class Contents:
    """Everything in a folder or an archive that matters."""

    entries: tuple[Entry, ...]  # pictures, sorted by name
    skipped: tuple[tuple[str, str], ...]  # refused by their name or their size: name, reason
    others: tuple[str, ...]  # files that are no pictures by their name
    classes: Mapping[str, int | str] = field(default_factory=dict)  # of pictures that bring a class of their own
    splits: Mapping[str, str] = field(default_factory=dict)  # of pictures that a list assigns: file name -> split
    table: Table | None = None  # attributes


def is_picture(name: str) -> bool:
    """Whether a file is a picture by its name."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def is_hidden(name: str) -> bool:
    """Files and folders that systems leave behind, and those the user hides."""
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_unsafe(name: str) -> bool:
    """Whether a member's name could lead out of its archive, or is beyond all measure."""
    parts = name.split("/")
    return name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0] or len(name) > MAX_NAME


def printable(name: str) -> str:
    """A name that is safe to show: control and undecodable characters replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
