"""One use of `explore`: the run, its generator, and where results go."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.explore.options import Options
from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import Exploration, RunFolder, write_json
from gansmith.ground.version import __version__
from gansmith.trained.generator import Generator, find_update, load
from gansmith.training import checkpoint as checkpoints

if TYPE_CHECKING:
    from gansmith.latent.inversion.projection import Features, Verdict
    from gansmith.nets import NetPair
    from gansmith.nets.network import Network

Progress = Callable[[str, float], None]  # what is done, and which share of it
SHOWN = ("1", "4", "8")  # classes shown where there are digits, as in article 001


def silent(what: str, share: float) -> None:
    """Progress that nobody sees."""


@dataclass
class Session:
    """What verbs work with. The folder of results is made at the first write, so a refusal leaves nothing behind."""

    verb: str
    folder: RunFolder
    generator: Generator
    checkpoint: str
    progress: Progress = silent
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    _place: Exploration | None = None

    @property
    def place(self) -> Exploration:
        """The folder of results."""
        if self._place is None:
            self._place = self.folder.new_exploration(self.verb)
        return self._place

    def kept(self, path: Path) -> Path:
        """Remember a file that was written."""
        self.files.append(path.name)
        return path

    def sheet(self, name: str, rows: np.ndarray) -> None:
        """Write pictures uint8 (R, C, H, W, channels) as a sheet."""
        flat = rows.reshape(-1, *rows.shape[2:])
        zoom = pixels.display_zoom(*rows.shape[2:4])
        pixels.write_png(self.place.picture(name), pixels.grid(flat, rows.shape[1], zoom=zoom))
        self.kept(self.place.picture(name))

    def animation(self, name: str, frames: np.ndarray, columns: int | None = None, frame_ms: int = 100) -> None:
        """Write frames uint8 (F, N, H, W, channels), each a sheet of N pictures, as WebP and GIF."""
        from gansmith.report.animation import animate

        zoom = max(1, pixels.display_zoom(*frames.shape[2:4]) // (1 if frames.shape[1] < 30 else 2))
        sheets = [pixels.grid(frame, columns, zoom=zoom) for frame in frames]
        for path in self.place.animations(name):
            self.kept(animate(sheets, path, frame_ms))

    def tell(self, what: str) -> Callable[[int, int], None]:
        """A progress function that counts."""
        return lambda done, total: self.progress(what, done / max(total, 1))

    def label(self, asked: str) -> int | None:
        """A class by name or number, else the first one, of groups the largest; None for an unlabelled generator."""
        labelling = self.generator.labelling
        if not asked and labelling.counts:
            note = f"shown is the largest of {labelling.classes} groups, {labelling.first}; --label asks for another"
            if note not in self.notes:
                self.notes.append(note)
        labels = self.generator.labels(1, asked or labelling.first)
        return None if labels is None else int(labels[0])

    def shown(self, asked: Sequence[str]) -> list[int | None]:
        """The classes that a sheet shows: those asked, else 1, 4 and 8 or the first three; [None] when unlabelled."""
        if not self.generator.classes:
            if asked:
                self.generator.labels(1, asked[0])  # refuses
            return [None]
        names = asked or [name for name in SHOWN if name in self.generator.class_names]
        names = names or self.generator.label_names(3)
        return [self.label(name) for name in names]

    def network(self) -> Network:
        """The run's discriminator, in inference mode and frozen. Raises RunError."""
        from gansmith.trained.discriminator import load_discriminator

        return load_discriminator(self.folder, self.generator, self.checkpoint)

    def verdict(self) -> Verdict:
        """What the discriminator thinks of pictures in [0, 1]."""
        from gansmith.trained.discriminator import verdict

        return verdict(self.network(), self.generator)

    def features(self) -> Features:
        """The discriminator's first features of pictures in [0, 1]."""
        from gansmith.trained.discriminator import features

        return features(self.network(), self.generator)


@dataclass(frozen=True)
class Result:
    """What came of one use: figures for programs, notes for people, and the files."""

    verb: str
    folder: Path
    figures: dict[str, Any]
    notes: tuple[str, ...]
    files: tuple[str, ...]


def open_session(run: str | Path, verb: str, checkpoint: str, progress: Progress, nets: NetPair | None) -> Session:
    """A run made ready for a verb. Raises RunError."""
    return Session(verb, RunFolder(Path(run)), load(run, nets, checkpoint), checkpoint, progress)


def conclude(session: Session, options: Options, started: float) -> Result:
    """Write result.json, with everything that makes the result again."""
    table = {
        "verb": session.verb,
        "options": dataclasses.asdict(options),
        "checkpoint": session.checkpoint,
        "update": update_of(session),
        "gansmith": __version__,
        "seconds": round(time.monotonic() - started, 2),
        "figures": plain(session.figures),
        "notes": session.notes,
        "files": session.files,
    }
    write_json(session.place.result, table)
    return Result(session.verb, session.place.root, table["figures"], tuple(session.notes), tuple(session.files))


def update_of(session: Session) -> int:
    """The update whose generator was used."""
    if session.checkpoint != "last":
        return find_update(session.folder, session.checkpoint)
    saved = checkpoints.saved_updates(session.folder)
    if not saved:
        raise RunError(f"{session.folder.root} has no checkpoint")
    return saved[-1]


def plain(value: Any) -> Any:
    """Figures as JSON holds them: six digits, no arrays, no tuples; what is not finite is null."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
