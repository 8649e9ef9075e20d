"""The libraries that only some containers need."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gansmith.ground.errors import DataError, GansmithError, brief


def library(name: str, path: Path) -> Any:
    """A module by which `path` is read. Raises DataError where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise DataError(
            f"{path} is read by the library `{package}`, which is not installed: "
            f'pip install "gansmith[containers]", or pip install {package}'
        ) from None


@contextmanager
def readable(path: Path, kind: str) -> Iterator[None]:
    """While a library reads a file: whatever it raises of a damaged one, as DataError."""
    try:
        yield
    except GansmithError:
        raise
    except Exception as error:
        raise DataError(f"{path} cannot be read as {kind} ({brief(error)}): fetch it again") from None


def survives(path: Path, trial: str) -> None:
    """Let a process of its own read a file first: some libraries end the whole process on a damaged one. Raises DataError.

    trial: what it runs, in Python; `sys.argv[1]` is the path.
    """
    tried = subprocess.run([sys.executable, "-c", trial, path], capture_output=True, stdin=subprocess.DEVNULL)
    if tried.returncode not in (0, 1):  # 1: an error, which will be told here
        raise DataError(f"{path} is damaged, so that its reader crashes: fetch it again")
