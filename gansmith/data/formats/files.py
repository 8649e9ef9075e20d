"""Folders and zips of pictures: what is inside, and how to open one. `READERS` names every kind of reader."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gansmith.data.formats import patterns
from gansmith.data.formats.contents import MAX_FILE, Contents, Entry, is_hidden, is_picture, is_unsafe, printable
from gansmith.data.formats.hub import HubReader
from gansmith.data.formats.listing import Reader, Unreadable
from gansmith.data.formats.tars import TarReader
from gansmith.ground.errors import DataError


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


READERS: dict[str, Callable[[Path], Reader]] = {
    "folder": FolderReader,
    "zip": ZipReader,
    "tar": TarReader,
    "hub": HubReader,
}


def open_zip(path: Path) -> zipfile.ZipFile:
    """The archive, open. Raises DataError."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a zip: {error}") from None


def in_folder(folder: Path, pattern: patterns.Pattern = ()) -> Contents:
    """The pictures below a folder that fit a pattern, () = all.

    Hidden files are passed over, links are followed once, a sub-folder that cannot be looked into is skipped by name.
    Raises DataError where the folder itself cannot be.
    """
    entries: list[Entry] = []
    skipped: list[tuple[str, str]] = []
    others: list[str] = []
    seen = {os.path.realpath(folder)}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(folder, prefix)) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError as error:
            if not prefix:
                raise DataError(f"cannot look into {folder}: {error.strerror}") from None
            skipped.append((printable(prefix), f"a folder that cannot be looked into: {error.strerror}"))
            continue
        for item in items:
            name = prefix + item.name
            if is_hidden(item.name):
                continue
            if _is_folder(item):
                if patterns.leads(name, pattern) and _unseen(item, seen):
                    waiting.append(name + "/")
            elif not patterns.fits(name, pattern):
                continue
            elif not is_picture(item.name):
                others.append(name)
            else:
                _note(item, name, entries, skipped)
    entries.sort(key=lambda entry: entry.name)
    return Contents(tuple(entries), tuple(sorted(skipped)), tuple(sorted(others)))


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:  # a ring of links, for one
        return False


def _unseen(item: os.DirEntry[str], seen: set[str]) -> bool:
    """Whether a folder was not met before, under this or another name; from now on it was."""
    real = os.path.realpath(item.path) if item.is_symlink() else item.path
    new = real not in seen
    seen.add(real)
    return new


def _note(item: os.DirEntry[str], name: str, entries: list[Entry], skipped: list[tuple[str, str]]) -> None:
    """Enter a picture by its name among the entries, or among what is skipped."""
    try:
        plain, stat = item.is_file(), item.stat()
    except OSError as error:
        lost = isinstance(error, FileNotFoundError)
        skipped.append((printable(name), "a link to nothing" if lost else error.strerror or str(error)))
        return
    if plain:
        entries.append(Entry(name, stat.st_size, stat.st_mtime_ns))
    else:
        skipped.append((printable(name), "no plain file"))


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
        if not is_picture(name):
            others.append(name)
        elif reason := _refusal(member, name in entries):
            skipped.append((printable(name), reason))
        else:
            entries[name] = Entry(name, member.file_size, member.CRC)
    return Contents(tuple(sorted(entries.values(), key=lambda e: e.name)), tuple(skipped), tuple(sorted(others)))


def _refusal(member: zipfile.ZipInfo, again: bool) -> str | None:
    """Why a member is not read, if so."""
    if is_unsafe(member.filename) or "\\" in member.orig_filename:
        return "unsafe path"
    if again:
        return "two members of this name"
    if member.flag_bits & 1:
        return "encrypted"
    if member.file_size > MAX_FILE:
        return f"{member.file_size:,} bytes unpacked, more than {MAX_FILE:,}"
    return None
