"""Steering a run's generator: one function per verb, results in the run's explore/ folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.explore import options
from gansmith.explore.options import Options
from gansmith.explore.session import Result, Session, StageProgress, conclude
from gansmith.ground.errors import RunError, nearest
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent.decoder import need_pictures, need_places
from gansmith.trained.generator import load
from gansmith.trained.styled import in_space

if TYPE_CHECKING:
    from gansmith.nets import NetPair
    from gansmith.parts import Parts

__all__ = ["VERBS", "Result", "Verb", "explore"]


@dataclass(frozen=True)
class Verb:
    """A verb: its options, and the module of `gansmith.explore` with the function of its name."""

    options: type[Options]
    module: str
    examples: tuple[str, ...]
    of_pictures: bool = False  # it searches for given pictures, or cuts and resizes them

    @property
    def summary(self) -> str:
        """One line."""
        return (self.options.__doc__ or "").rstrip(".")


VERBS: dict[str, Verb] = {
    "grid": Verb(options.Grid, "walking", ("grid --columns 10",)),
    "truncate": Verb(options.Truncate, "walking", ("truncate --levels 1 0.7 0.4",)),
    "mix": Verb(options.Mix, "walking", ("mix", "mix --after 1 --labels 1 4 8")),
    "interpolate": Verb(options.Interpolate, "walking", ("interpolate --stations 6 --label 3",)),
    "traverse": Verb(options.Traverse, "walking", ("traverse", "traverse --dims 3 17")),
    "average": Verb(options.Average, "styling", ("average", "average --traits width ink --count 5000")),
    "scale": Verb(options.Scale, "styling", ("scale", "scale thick-right --frames 20 --shell")),
    "arithmetic": Verb(options.Arithmetic, "styling", ("arithmetic 'thick-straight + thin-right'",)),
    "directions": Verb(
        options.Directions,
        "steering",
        ("directions --apart", "directions --method factorised", "directions --liked good/ --disliked bad/"),
    ),
    "control": Verb(options.Control, "steering", ("control thickness=3.5 slant=0.2",)),
    "project": Verb(
        options.Project, "finding", ("project my-digit.png", "project --count 20 --restarts 5"), of_pictures=True
    ),
    "inpaint": Verb(options.Inpaint, "finding", ("inpaint --mask centre left --variants 4",), of_pictures=True),
    "sense": Verb(options.Sense, "measuring", ("sense --measurements 25 100 400 --count 20",), of_pictures=True),
    "upscale": Verb(options.Upscale, "finding", ("upscale --factor 4", "upscale tiny.png"), of_pictures=True),
}


def explore(
    run: str | Path,
    verb: str,
    options: Options | None = None,
    *,
    checkpoint: str = "last",
    progress: StageProgress = lambda stage, share: None,
    nets: NetPair | None = None,
    parts: Parts | str | Path | None = None,
) -> Result:
    """Run one verb with a run's generator and write the results to the run's explore/ folder.

    options: of the verb, as in `options.Grid(columns=5)`; None = the defaults. nets, parts: your own that the run
    was trained with, as for `gansmith.load`. Raises GansmithError with one line that says what to do; then nothing is written.
    """
    if verb not in VERBS:
        raise RunError(f"unknown verb {verb!r}{nearest(verb, VERBS)}")
    row = VERBS[verb]
    options = row.options() if options is None else options
    if not isinstance(options, row.options):
        raise RunError(f"{verb} takes options.{row.options.__name__}, not {type(options).__name__}")
    started = time.monotonic()
    notes: list[str] = []
    whole = load(run, nets, checkpoint, parts=parts, say=notes.append)
    generator = in_space(whole, options.space, each_stage=getattr(options, "each_stage", False))
    session = Session(verb, RunFolder(Path(run)), generator, checkpoint, progress, notes=notes)
    if generator is not whole:
        session.notes.append(f"latents are {generator.space}, behind the mapping network; --space z takes its input")
    if row.of_pictures:
        need_pictures(session.generator, verb)
    need_places(session.generator, verb)
    getattr(import_module(f"gansmith.explore.{row.module}"), verb)(session, options)
    return conclude(session, options, started)
