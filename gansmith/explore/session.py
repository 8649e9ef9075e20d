"""One use of `explore`: the run, its generator, and the results."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.explore.options import Options
from gansmith.ground.errors import counted
from gansmith.ground.files.runfolder import Exploration, RunFolder, write_json
from gansmith.ground.files.whole import write_bytes
from gansmith.ground.pixels import write_png
from gansmith.ground.progress import Progress
from gansmith.ground.version import __version__
from gansmith.kinds import Shown, Traits
from gansmith.trained.generator import Generator

StageProgress = Callable[[str, float], None]
"""Takes what is being done, and the share of it that is done, 0 to 1."""
SIDE = 64  # pixels that an item of a sheet is high, about
CROWDED = 30  # items of a frame, from which on they are drawn half as high
HEARD = 16  # rows of a sheet that are written as sounds
SHOWN = ("1", "4", "8")  # classes shown where there are digits, as in article 001


@dataclass
class Session:
    """What the verbs work with."""

    verb: str
    run: RunFolder
    generator: Generator
    checkpoint: str
    progress: StageProgress = lambda stage, share: None
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @cached_property
    def folder(self) -> Exploration:
        """The folder of results: made at the first write, so that a refused verb leaves nothing behind."""
        return self.run.new_exploration(self.verb)

    @cached_property
    def traits(self) -> Traits:
        """What is measured on such items."""
        return self.generator.kind.traits(self.generator.units)

    def record(self, path: Path) -> Path:
        """Add a file to the list of results; returns its path."""
        self.files.append(path.name)
        return path

    def sheet(self, name: str, rows: np.ndarray) -> None:
        """Write stored items (R, C, H, W, channels) as a sheet; what can be heard also as a sound of each of the first rows."""
        write_png(self.record(self.folder.picture(name)), self.drawn(rows.reshape(-1, *rows.shape[2:]), rows.shape[1]))
        for number, row in enumerate(rows[:HEARD], 1):
            if heard := self.generator.kind.sound(row, self.generator.units):
                write_bytes(self.record(self.folder.sound(f"{name}-{number:02d}")), heard)

    def drawn(self, items: np.ndarray, columns: int | None, side: int = SIDE) -> np.ndarray:
        """Stored items (N, H, W, channels) in a grid, uint8 (height, width, 3)."""
        return self.generator.kind.sheet(items, self.generator.units, Shown(columns, side))

    def animation(self, name: str, frames: np.ndarray, columns: int | None = None, frame_ms: int = 100) -> None:
        """Write frames (F, N, H, W, channels) of stored items, each a sheet of N, as WebP and GIF."""
        from gansmith.report.animation import animate

        side = SIDE if frames.shape[1] < CROWDED else SIDE // 2
        sheets = of_one_size([self.drawn(frame, columns, side) for frame in frames])
        for path in self.folder.animations(name):
            self.record(animate(sheets, path, frame_ms))

    def latents(self, latents: np.ndarray, labels: np.ndarray | None) -> None:
        """Write latents (N, dim) and their labels (N,), and the space of the latents where that is not z."""
        arrays = {"latents": latents} if labels is None else {"latents": latents, "labels": labels}
        if self.generator.space != "z":
            arrays["space"] = np.array(self.generator.space)
        np.savez(self.record(self.folder.latents), **arrays)  # pyright: ignore[reportArgumentType]

    def count(self, stage: str) -> Progress:
        """A function that takes how much of a stage is done and how much there is."""
        return lambda done, total: self.progress(stage, done / max(total, 1))

    def label(self, name: str) -> int | None:
        """A class by name or number; without a name the first class, or the largest group. None when unlabelled."""
        labelling = self.generator.labelling
        if not name and labelling.counts:
            note = f"shown is the largest of {counted(labelling.classes, 'group')}, {labelling.first}; choose another with --label"
            if note not in self.notes:
                self.notes.append(note)
        if not name:
            return labelling.first
        labels = self.generator.labels(1, name)
        return None if labels is None else int(labels[0])

    def shown(self, names: Sequence[str]) -> np.ndarray | None:
        """The classes (L,) that a sheet shows: those named, else 1, 4 and 8, or the first three. None when unlabelled."""
        if not self.generator.classes:
            if names:
                self.generator.labels(1, names[0])  # raises
            return None
        names = names or [name for name in SHOWN if name in self.generator.class_names]
        return np.array([self.label(name) for name in names or self.generator.label_names(3)], np.int64)


@dataclass(frozen=True)
class Result:
    """The result of one use."""

    verb: str
    folder: Path
    figures: dict[str, Any]
    notes: tuple[str, ...]  # lines for the user
    files: tuple[str, ...]


def of_one_size(sheets: list[np.ndarray]) -> list[np.ndarray]:
    """Sheets (H, W, 3) with paper below and to the right, so that all are as large as the largest: lines of text differ in width."""
    height, width = (max(sheet.shape[side] for sheet in sheets) for side in (0, 1))
    return [
        np.pad(sheet, ((0, height - sheet.shape[0]), (0, width - sheet.shape[1]), (0, 0)), mode="edge")
        for sheet in sheets
    ]


def conclude(session: Session, options: Options, started: float) -> Result:
    """Write result.json, with everything that is needed to make the result again."""
    figures = plain(session.figures)
    table = {
        "verb": session.verb,
        "options": dataclasses.asdict(options),
        "checkpoint": session.checkpoint,
        "update": session.generator.update,
        "gansmith": __version__,
        "seconds": round(time.monotonic() - started, 2),
        "figures": figures,
        "notes": session.notes,
        "files": session.files,
    }
    write_json(session.folder.result, table)
    return Result(session.verb, session.folder.root, figures, tuple(session.notes), tuple(session.files))


def plain(value: Any) -> Any:
    """Figures as JSON: six digits, lists for arrays and tuples, null for what is not finite."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value
