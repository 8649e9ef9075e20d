"""What a kind of export is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.ground.files.runfolder import RunFolder
from gansmith.trained.generator import Generator, load, read_data

if TYPE_CHECKING:
    from gansmith.nets import NetPair
    from gansmith.parts import Parts


@dataclass(frozen=True)
class Task:
    """A run whose generator leaves home."""

    folder: RunFolder
    generator: Generator
    data: dict[str, Any]  # of data.json
    notes: tuple[str, ...] = ()  # lines on newer checkpoints that are damaged


@dataclass(frozen=True)
class Made:
    """A file's bytes, and lines for the user."""

    data: bytes
    notes: tuple[str, ...] = ()


def open_task(
    run: str | Path, checkpoint: str = "last", nets: NetPair | None = None, parts: Parts | str | Path | None = None
) -> Task:
    """A run's generator and what is known of its data. Raises GansmithError."""
    folder = RunFolder(Path(run))
    notes: list[str] = []
    generator = load(folder.root, nets, checkpoint, parts=parts, say=notes.append)
    return Task(folder, generator, read_data(folder), tuple(notes))
