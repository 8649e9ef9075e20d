"""LMDB as LSUN has it: a folder with data.mdb, in which every value is an encoded picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from gansmith.data.formats.containers.library import library, readable, survives
from gansmith.data.formats.listing import Opened, Unreadable
from gansmith.data.formats.picture_files import HEAD, PictureFile, PictureFiles, Search, is_picture_data
from gansmith.ground.errors import DataError, brief

DATA = "data.mdb"
TRIAL = """import lmdb, sys
with lmdb.open(sys.argv[1], readonly=True, lock=False, create=False) as base, base.begin(buffers=True) as transaction:
    for key, value in transaction.cursor():
        bytes(key), bytes(value[:1]), bytes(value[-1:])
"""


@contextmanager
def _environment(path: Path) -> Iterator[Any]:
    """The open data base. Raises DataError."""
    lmdb = library("lmdb", path)
    try:
        environment = lmdb.open(str(path), readonly=True, lock=False, create=False, readahead=False)
    except (lmdb.Error, OSError) as error:
        raise DataError(f"{path} cannot be read as LMDB ({error}): fetch it again") from None
    with environment:
        yield environment


@contextmanager
def open_lmdb(path: Path) -> Iterator[Opened]:
    """Pictures by their keys. Raises DataError."""
    with _environment(path) as environment, environment.begin(buffers=False) as transaction:

        def picture(name: str) -> IO[bytes]:
            try:
                value = transaction.get(name.encode("utf-8", "surrogateescape"))
            except Exception as error:
                raise Unreadable(f"damaged in the data base ({brief(error)})") from None
            if value is None:
                raise Unreadable("not in the data base any more")
            return BytesIO(value)

        yield picture


def in_lmdb(path: Path) -> PictureFiles:
    """The pictures in a data base; values that are none are others. Raises DataError."""
    search = Search()
    survives(path, TRIAL)
    with readable(path, "LMDB"), _environment(path) as environment, environment.begin(buffers=True) as transaction:
        for key, value in transaction.cursor():
            name = bytes(key).decode("utf-8", "surrogateescape")
            if is_picture_data(bytes(value[:HEAD])):
                search.entries[name] = PictureFile(name, len(value), 0)
            else:
                search.others.append(name)
    return search.result()
