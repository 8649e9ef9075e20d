"""The libraries that only some containers need."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from gansmith.ground.errors import DataError


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
