"""Locks on open files. A killed process loses its locks, so none is ever left behind."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO

POLL = 0.05  # seconds between two attempts, where a system cannot wait by itself
LOOKED_AT = 0.5  # seconds of patience that are enough where others only look by `is_held`


def lock(file: IO[bytes], *, wait: bool = True, patience: float = 0.0) -> bool | None:
    """Lock an open file until it is closed. False: another process holds it, and there was no waiting; None: a file system
    without locks.

    patience: without `wait`, seconds in which it is tried again: somebody who looks by `is_held` holds it for a moment.
    """
    until = time.monotonic() + patience
    while True:
        found = _try(file, wait)
        if found is not False or (not wait and time.monotonic() >= until):
            return found
        time.sleep(POLL)


def _try(file: IO[bytes], wait: bool) -> bool | None:
    """One attempt; where the system can wait by itself, it does."""
    if sys.platform == "win32":
        import msvcrt

        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError:
            return None
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of a file; False where there is no file. Those who look do not see one another."""
    try:
        with open(path, "rb") as file:
            if sys.platform == "win32":
                return _try(file, wait=False) is False
            import fcntl

            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no file, or a file system without locks
        return False
    return False
