"""Packages that only some parts need: each is named by an extra of the installation."""

from __future__ import annotations

import importlib
from typing import Any

from gansmith.ground.errors import EngineError


def need(extra: str, *modules: str) -> list[Any]:
    """Import modules of an extra. Raises EngineError where one is missing."""
    try:
        return [importlib.import_module(module) for module in modules]
    except ImportError as error:
        raise EngineError(
            f"this needs the extra `{extra}`, which is not installed ({error}): pip install 'gansmith[{extra}]'"
        ) from None
