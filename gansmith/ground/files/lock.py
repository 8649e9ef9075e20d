"""Locks on open files. A killed process loses its locks, so none is ever left behind."""

from __future__ import annotations

import sys
import time
from typing import IO

POLL = 0.05  # seconds between two attempts, where a system cannot wait by itself


def lock(file: IO[bytes], *, wait: bool = True) -> bool | None:
    """Lock an open file until it is closed. False: another process holds it, and there was no waiting; None: a file system
    without locks."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                return True
            except PermissionError:
                if not wait:
                    return False
                time.sleep(POLL)
            except OSError:
                return None
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
