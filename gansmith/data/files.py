"""Folders and zips of pictures: what is inside, which split and class each picture belongs to, how to open one.

Sub-folders are classes. Folders that all pictures share are stripped, and a top level of nothing but train, validation
and test folders is a set of splits. Items are dealt round the classes in turn, so that the first n of them hold every
class in equal shares. What is not a picture by its name (.jpg, .png, ...) is counted and left alone.
"""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from gansmith.data.listing import Listing, Unreadable, chosen_splits, natural
from gansmith.ground.errors import DataError

SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif"),
)
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
SPLIT_ORDER = ("train", "validation", "test")
MAX_FILE = 2**28  # bytes of one encoded picture
MAX_NAME = 1024  # characters of a member's name


@dataclass(frozen=True)
class Entry:
    """A picture's file, seen from outside."""

    name: str  # relative to the folder or the archive, with forward slashes
    size: int  # bytes
    stamp: int  # nanoseconds or any other mark of change


@dataclass(frozen=True)
class Contents:
    """Everything in a folder or an archive that matters."""

    entries: tuple[Entry, ...]  # pictures, sorted by name
    skipped: tuple[tuple[str, str], ...]  # refused by their name or their size: name, reason
    others: tuple[str, ...]  # files that are no pictures by their name


@dataclass(frozen=True)
class FolderReader:
    """Pictures as files below `path`."""

    path: Path
    kind: str = "folder"

    @contextmanager
    def opened(self) -> Iterator[FolderReader]:
        """Nothing has to be open."""
        yield self

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """The file `name`. Raises Unreadable."""
        try:
            file = open(os.path.join(self.path, name), "rb")  # noqa: SIM115 - closed below; the caller's errors are not ours
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None
        with file:
            yield file


@dataclass(frozen=True)
class ZipReader:
    """Pictures as members of the zip `path`."""

    path: Path
    kind: str = "zip"

    @contextmanager
    def opened(self) -> Iterator[OpenZip]:
        """Open the archive. Raises DataError."""
        with open_zip(self.path) as archive:
            yield OpenZip(archive)


@dataclass(frozen=True)
class OpenZip:
    """A zip that is open."""

    archive: zipfile.ZipFile

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """The member `name`. Raises Unreadable."""
        try:
            with self.archive.open(name) as file:
                yield file
        except (KeyError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError) as error:
            raise Unreadable(f"damaged in the zip ({error})") from None
        except RuntimeError as error:  # an encrypted member
            raise Unreadable(str(error)) from None


READERS = {"folder": FolderReader, "zip": ZipReader}


def open_zip(path: Path) -> zipfile.ZipFile:
    """The archive, open. Raises DataError."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a zip: {error}") from None


def in_folder(folder: Path) -> Contents:
    """The pictures below a folder. Hidden files are passed over, links are followed once. Raises DataError."""
    entries: list[Entry] = []
    skipped: list[tuple[str, str]] = []
    others: list[str] = []
    seen = {os.path.realpath(folder)}
    waiting = [("", str(folder))]
    while waiting:
        prefix, path = waiting.pop()
        try:
            with os.scandir(path) as found:
                for item in found:
                    name = prefix + item.name
                    if is_hidden(item.name):
                        continue
                    if item.is_dir():
                        real = os.path.realpath(item.path) if item.is_symlink() else item.path
                        if real not in seen:
                            seen.add(real)
                            waiting.append((name + "/", item.path))
                    elif os.path.splitext(item.name)[1].lower() not in SUFFIXES:
                        others.append(name)
                    elif not item.is_file():
                        skipped.append((printable(name), "a link to nothing, or no plain file"))
                    else:
                        stat = item.stat()
                        entries.append(Entry(name, stat.st_size, stat.st_mtime_ns))
        except OSError as error:
            raise DataError(f"cannot look into {path}: {error.strerror}") from None
    entries.sort(key=lambda entry: entry.name)
    return Contents(tuple(entries), tuple(sorted(skipped)), tuple(sorted(others)))


def in_zip(path: Path) -> Contents:
    """The pictures in a zip. Members that would be unsafe to name, or too large to read, are skipped with a reason."""
    entries: dict[str, Entry] = {}
    skipped: list[tuple[str, str]] = []
    others: list[str] = []
    with open_zip(path) as archive:
        members = archive.infolist()
    for member in members:
        name = member.filename
        if member.is_dir() or any(is_hidden(part) for part in name.split("/") if part != ".."):
            continue
        if os.path.splitext(name)[1].lower() not in SUFFIXES:
            others.append(name)
        elif reason := _refusal(member, name in entries):
            skipped.append((printable(name), reason))
        else:
            entries[name] = Entry(name, member.file_size, member.CRC)
    return Contents(tuple(sorted(entries.values(), key=lambda e: e.name)), tuple(skipped), tuple(sorted(others)))


def _refusal(member: zipfile.ZipInfo, again: bool) -> str | None:
    """Why a member is not read, if so."""
    name = member.filename
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in member.orig_filename or ":" in parts[0] or len(name) > MAX_NAME:
        return "unsafe path"
    if again:
        return "two members of this name"
    if member.flag_bits & 1:
        return "encrypted"
    if member.file_size > MAX_FILE:
        return f"{member.file_size:,} bytes unpacked, more than {MAX_FILE:,}"
    return None


def is_hidden(name: str) -> bool:
    """Files and folders that systems leave behind, and those the user hides."""
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def printable(name: str) -> str:
    """A name that is safe to show: control and undecodable characters replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)


def listing(reader: FolderReader | ZipReader, contents: Contents, split: str) -> Listing:
    """The pictures of a split in order, with their classes. Raises DataError where there are none."""
    path = reader.path
    if not contents.entries:
        hint = f"; it holds {contents.others[0]!r} and {len(contents.others) - 1} more" if contents.others else ""
        refused = f"; {len(contents.skipped)} were refused ({contents.skipped[0][1]})" if contents.skipped else ""
        raise DataError(f"{path} holds no pictures ({', '.join(SUFFIXES[:5])}, ...){hint}{refused}")
    names = [entry.name for entry in contents.entries]
    of_split, of_class = layout(names)
    splits = tuple(name for name in SPLIT_ORDER if name in of_split)
    wanted = chosen_splits(str(path), splits, split)
    class_names = tuple(sorted({name for name in of_class if name}, key=natural))
    notes = []
    if splits:
        notes.append(f"split {' + '.join(wanted)} of {', '.join(splits)}")
    outside = of_class.count("")
    labelled = len(class_names) > 1 and not outside
    if len(class_names) > 1 and outside:
        notes.append(f"no labels, as {outside} pictures lie outside the class folders")
    rows = [row for row in range(len(names)) if not splits or of_split[row] in wanted]
    labels = None
    if labelled:
        number = {name: index for index, name in enumerate(class_names)}
        labels = np.array([number[of_class[row]] for row in rows], np.int64)
    order = dealt(labels, np.array([SPLIT_ORDER.index(of_split[row]) if splits else 0 for row in rows]))
    return Listing(
        path.name,
        [names[rows[place]] for place in order],
        reader=reader,
        labels=None if labels is None else labels[order],
        class_names=class_names if labelled else (),
        splits=splits,
        skipped=contents.skipped,
        others=contents.others,
        notes=tuple(notes),
    )


def layout(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The split and the class of each path, "" for none: folders that all share are stripped first."""
    parts = [name.split("/") for name in names]
    while all(len(path) > 1 for path in parts) and len({path[0] for path in parts}) == 1:
        parts = [path[1:] for path in parts]
    tops = {path[0].lower() if len(path) > 1 else "" for path in parts}
    splits = [""] * len(parts)
    if len({SPLIT_NAMES.get(top, "") for top in tops}) > 1 and tops <= SPLIT_NAMES.keys():
        splits = [SPLIT_NAMES[path[0].lower()] for path in parts]
        parts = [path[1:] for path in parts]
    return splits, [path[0] if len(path) > 1 else "" for path in parts]


def dealt(labels: np.ndarray | None, splits: np.ndarray) -> np.ndarray:
    """The order int64 (N,) in which items are dealt: split after split, and round the classes within a split."""
    rows = np.arange(len(splits))
    if labels is None:
        return np.lexsort((rows, splits))
    turn = np.empty(len(rows), np.int64)
    for split in np.unique(splits):
        for label in np.unique(labels):
            same = (splits == split) & (labels == label)
            turn[same] = np.arange(np.count_nonzero(same))
    return np.lexsort((labels, turn, splits))
