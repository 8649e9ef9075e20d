"""The cache folder: where it is, and locks with which one process at a time builds something in it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gansmith.ground.errors import DataError
from gansmith.ground.files.lock import lock

ABANDONED = 7 * 24 * 3600  # seconds after which an unfinished store is removed


def folder() -> Path:
    """The cache folder: $GANSMITH_CACHE, else the platform's usual one. It need not exist yet."""
    chosen = os.environ.get("GANSMITH_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "gansmith" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "gansmith"
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg and Path(xdg).is_absolute() else Path.home() / ".cache") / "gansmith"


def stores() -> Path:
    """The folder of prepared stores."""
    return folder() / "stores"


def make(path: Path) -> Path:
    """Make a folder and its parents, and return it. Raises DataError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make the cache folder {path} ({error.strerror}): set GANSMITH_CACHE to a folder that you may write"
        ) from None
    return path


def sweep() -> None:
    """Remove unfinished stores that nothing was written to for `ABANDONED` seconds."""
    for part in stores().glob("*.part"):
        try:
            newest = max(path.stat().st_mtime for path in (part, *part.iterdir()))
        except OSError:  # another process works on it
            continue
        if time.time() - newest > ABANDONED:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def claim(path: Path) -> Iterator[bool]:
    """Hold the lock file `path`; wait while another process holds it. A killed process loses its lock.

    Yields False on a file system without locks. There, only the final rename keeps two processes apart.
    """
    with open(path, "a+b") as file:
        yield lock(file) is not None  # closing the file releases the lock
