"""The only owner of the cache folder: where it is, and how something is built in it once, by one process at a time."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gansmith.ground.errors import DataError

ABANDONED = 7 * 24 * 3600  # seconds after which a half-made store is given up
LOCK_POLL = 0.05  # seconds between two looks at a lock that another process holds


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


def sheets() -> Path:
    """The folder of contact sheets that nobody gave a place."""
    return folder() / "sheets"


def downloads() -> Path:
    """The folder of downloaded sources."""
    return folder() / "downloads"


def make(path: Path) -> Path:
    """Make a folder of the cache, with its parents. Raises DataError where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make the cache folder {path} ({error.strerror}): set GANSMITH_CACHE to a folder that you may write"
        ) from None
    return path


def sweep() -> None:
    """Remove what was begun in the cache and then left alone for `ABANDONED` seconds."""
    for part in stores().glob("*.part"):
        try:
            newest = max(path.stat().st_mtime for path in (part, *part.iterdir()))
        except OSError:  # somebody is at it
            continue
        if time.time() - newest > ABANDONED:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def claim(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` alone; wait for whoever holds it. A killed holder lets go by itself.

    Yields False on a file system without locks, where nobody waits: what is built must then be safe by its final
    rename alone.
    """
    with open(path, "a+b") as file:
        locked = _lock(file)
        try:
            yield locked
        finally:
            if locked:
                _unlock(file)


def _lock(file: IO[bytes]) -> bool:
    """Wait for the lock; False where the file system has none."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                return True
            except PermissionError:
                time.sleep(LOCK_POLL)
            except OSError:
                return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def _unlock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
