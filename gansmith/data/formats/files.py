"""Folders and zips of pictures: which pictures they hold, and how one is opened."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import IO

from gansmith.data.formats import globs, hub, left_out, tars
from gansmith.data.formats.containers import lmdb_folder, parquet
from gansmith.data.formats.listing import Opened, Reader, Unreadable
from gansmith.data.formats.picture_files import (
    HEAD,
    PictureFile,
    PictureFiles,
    Search,
    is_hidden,
    is_picture,
    printable,
)
from gansmith.ground import pixels
from gansmith.ground.errors import DataError, brief


@contextmanager
def open_folder(path: Path) -> Iterator[Opened]:
    """Pictures as files below `path`."""
    folder = str(path)

    def picture(name: str) -> IO[bytes]:
        try:
            return open(os.path.join(folder, name), "rb")
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None

    yield picture


@contextmanager
def open_zip(path: Path) -> Iterator[Opened]:
    """Pictures as members of the zip `path`. Raises DataError."""
    with _zip(path) as archive:
        yield _members(archive)


def _members(archive: zipfile.ZipFile) -> Opened:
    """The members of an open zip, by their names with slashes."""
    renamed = {_slashed(member): member for member in archive.infolist() if "\\" in member.filename}

    @contextmanager
    def picture(name: str) -> Iterator[IO[bytes]]:
        try:
            with archive.open(renamed.get(name) or archive.getinfo(name)) as file:
                yield file
        except (
            KeyError,
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            NotImplementedError,
            UnicodeError,
        ) as error:
            raise Unreadable(f"damaged in the zip ({brief(error)})") from None
        except RuntimeError as error:  # an encrypted member
            raise Unreadable(str(error)) from None

    return picture


LFS = b"version https://git-lfs"  # how a file begins that `git lfs pull` has not yet fetched

READERS: dict[str, Callable[[Path], AbstractContextManager[Opened]]] = {
    "folder": open_folder,
    "zip": open_zip,
    "tar": tars.open_tars,
    "hub": hub.open_dataset,
    "lmdb": lmdb_folder.open_lmdb,
    "parquet": parquet.open_parquet,
}
"""How the pictures of each kind of source are opened."""


def reader(kind: str, path: Path) -> Reader:
    """The reader of a kind in `READERS`."""
    return Reader(kind, path, READERS[kind])


def _zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}: see whether it was moved") from None
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a zip ({brief(error)}): fetch it again") from None


def _slashed(member: zipfile.ZipInfo) -> str:
    """A member's name; the backslashes that some programs write for Windows become slashes."""
    return member.filename.replace("\\", "/")


def in_folder(folder: Path, pattern: globs.Pattern = ()) -> PictureFiles:
    """The pictures below a folder that match a pattern, () = all.

    Hidden files are counted and left out, and so are the folders of runs, stores and comparisons. A linked folder is read
    once, a sub-folder that cannot be read is skipped by name. Raises DataError where the folder itself cannot be read.
    """
    search = Search()
    seen = {os.path.realpath(folder)}

    def failed(error: OSError) -> None:
        if error.filename in (None, str(folder)):
            raise DataError(f"cannot look into {folder}: {error.strerror}") from None
        name = Path(error.filename).relative_to(folder).as_posix() + "/"
        search.skipped.append((printable(name), f"a folder that cannot be looked into: {error.strerror}"))

    for path, folders, names in os.walk(str(folder), onerror=failed, followlinks=True):
        prefix = "" if path == str(folder) else Path(path).relative_to(folder).as_posix() + "/"
        if prefix and not pattern:
            search.folders.append(prefix[:-1])
        if prefix and (kind := left_out.own_kind({*folders, *names})):
            search.ours.append(f"{kind} {printable(prefix[:-1])}")
            folders.clear()
            search.folders = search.folders[:-1]
            continue
        candidates, folders[:] = sorted(folders), []
        for name in candidates:
            real = os.path.realpath(os.path.join(path, name))
            if real not in seen and globs.may_hold(prefix + name, pattern):
                seen.add(real)
                folders.append(name)
        for name in names:
            if is_hidden(prefix + name):
                search.hide(prefix + name)
            elif globs.matches(prefix + name, pattern):
                _add(Path(path, name), prefix + name, search)
            elif is_picture(name) and globs.matches((prefix + name).lower(), tuple(part.lower() for part in pattern)):
                search.capitals.append(prefix + name)
    search.skipped.sort()
    if any(kind.startswith(left_out.RUN) for kind in search.ours):  # samples and sheets of it may lie beside it
        search.leave_out_own(lambda name: pixels.is_own_png(_head(folder / name, pixels.OWN_HEAD)))
    return search.result()


def _add(path: Path, name: str, search: Search) -> None:
    """Add a file of a folder: a picture, the reason why it is skipped, or another file."""
    try:
        stat = path.stat()
        reason = "no plain file"
        if path.is_file():
            if is_picture(name) and stat.st_size < 200 and _known_head(path, stat) == LFS:
                search.skipped.append(
                    (printable(name), "a pointer of Git LFS instead of a picture: run `git lfs pull`")
                )
            elif search.shows_picture(name, lambda: _known_head(path, stat)):
                search.entries[name] = PictureFile(name, stat.st_size, stat.st_mtime_ns)
            else:
                search.others.append(name)
            return
    except OSError as error:
        reason = "a link to nothing" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    if is_picture(name):
        search.skipped.append((printable(name), reason))
    else:
        search.others.append(name)


def _head(path: Path, count: int) -> bytes:
    """The first bytes of a file; b"" where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(count)
    except OSError:
        return b""


def _known_head(path: Path, stat: os.stat_result) -> bytes:
    """The first bytes of a file, as many as LFS has, read once while its size and its time of change stay the same."""
    try:
        return _beginning(os.path.abspath(path), stat.st_size, stat.st_mtime_ns)
    except OSError:  # is not remembered
        return b""


@lru_cache(maxsize=2**17)
def _beginning(path: str, size: int, stamp: int) -> bytes:
    with open(path, "rb") as file:
        return file.read(len(LFS))


def in_zip(path: Path) -> PictureFiles:
    """The pictures in a zip. Members with unsafe names, or too large, are skipped with a reason. Raises DataError."""
    search = Search()
    with _zip(path) as archive:
        opened = _members(archive)
        for member in archive.infolist():
            name = _slashed(member)
            if name.endswith("/"):
                search.folders.append(name[:-1])
                continue
            refusal = "encrypted" if member.flag_bits & 1 else None
            search.add(name, member.file_size, member.CRC, refusal, partial(_member_head, opened, name))
    return search.result()


def _member_head(opened: Opened, name: str) -> bytes:
    try:
        with opened(name) as file:
            return file.read(HEAD)
    except Unreadable:
        return b""
