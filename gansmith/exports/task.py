"""What a kind of export is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gansmith.ground.files.runfolder import RunFolder
from gansmith.trained.generator import Generator


@dataclass(frozen=True)
class Task:
    """A run whose generator leaves home."""

    folder: RunFolder
    generator: Generator
    data: dict[str, Any]  # of data.json


@dataclass(frozen=True)
class Made:
    """A file's bytes, and lines for the user."""

    data: bytes
    notes: tuple[str, ...] = ()
