"""Files that are whole or not there: a reader, or a kill at any moment, sees the old or the new one and nothing between."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_writes = itertools.count()
PART = re.compile(r"\.\d+-\d+\.part$")
"""The ending of a file that is being written; a kill may leave one."""


def part_of(path: Path) -> Path:
    """Where a file is written before it gets its name: another place for every process, thread and write."""
    return path.with_name(f"{path.name}.{os.getpid()}-{next(_writes)}.part")


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step: a reader, or a kill, sees the old or the new file and nothing between.

    Raises OSError if that is impossible: then the old file stays.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Like `write_text`, for bytes."""
    with replacing(path) as file:
        file.write(data)


def write_new(path: Path, data: bytes) -> None:
    """Like `write_bytes`, for a file that is not there yet: of several who write it at once, one does.

    Raises FileExistsError where there is one, and OSError where it cannot be written.
    """
    part = part_of(path)
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a renaming, it replaces nothing
        except FileExistsError:
            raise
        except OSError:  # a file system without links: there the last of several who write within a moment wins
            if path.exists():
                raise FileExistsError(path) from None
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[IO[bytes]]:
    """A file to write that becomes `path` when the context ends well; otherwise what was there stays.

    lasting: wait until the disk has it, so that not even a power failure leaves half of it. A pipe or a device is written to
    as it is.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))  # what a link leads to is replaced, and not the link
    part = part_of(path)
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink()  # it is there where the writing failed
