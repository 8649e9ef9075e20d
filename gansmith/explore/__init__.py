"""Steering a run's generator: one function per verb, results in the run's explore/ folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.explore import options
from gansmith.explore.session import Progress, Result, conclude, open_session, silent
from gansmith.ground.errors import RunError, nearest

if TYPE_CHECKING:
    from gansmith.nets import NetPair

__all__ = ["VERBS", "Result", "Verb", "explore"]


@dataclass(frozen=True)
class Verb:
    """A row of the table of verbs: what may be asked, and the module whose function of the verb's name does it."""

    options: type[options.Options]
    module: str
    examples: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One line."""
        return (self.options.__doc__ or "").strip().splitlines()[0].rstrip(".")

    def load(self, name: str) -> Callable[[Any, Any], None]:
        """The function; its module is imported now."""
        return getattr(import_module(f"gansmith.explore.{self.module}"), name)


VERBS: dict[str, Verb] = {
    "grid": Verb(options.Grid, "walking", ("grid --columns 10",)),
    "truncate": Verb(options.Truncate, "walking", ("truncate --levels 1 0.7 0.4",)),
    "mix": Verb(options.Mix, "walking", ("mix", "mix --after 1 --labels 1 4 8")),
    "interpolate": Verb(options.Interpolate, "walking", ("interpolate --stations 6 --label 3",)),
    "traverse": Verb(options.Traverse, "walking", ("traverse", "traverse --dims 3 17")),
    "average": Verb(options.Average, "styling", ("average", "average --traits width ink --count 5000")),
    "scale": Verb(options.Scale, "scaling", ("scale", "scale thick-right --frames 20 --shell")),
    "arithmetic": Verb(options.Arithmetic, "styling", ("arithmetic 'thick-straight + thin-right'",)),
    "directions": Verb(
        options.Directions,
        "steering",
        ("directions --apart", "directions --method factorised", "directions --liked good/ --disliked bad/"),
    ),
    "control": Verb(options.Control, "steering", ("control thickness=3.5 slant=0.2",)),
    "project": Verb(options.Project, "finding", ("project my-digit.png", "project --count 20 --restarts 5")),
    "inpaint": Verb(options.Inpaint, "finding", ("inpaint --mask centre left --variants 4",)),
    "sense": Verb(options.Sense, "measuring", ("sense --measurements 25 100 400 --count 20",)),
    "upscale": Verb(options.Upscale, "finding", ("upscale --factor 4", "upscale tiny.png")),
}


def explore(
    run: str | Path,
    verb: str,
    asked: options.Options | None = None,
    *,
    checkpoint: str = "last",
    progress: Progress = silent,
    nets: NetPair | None = None,
) -> Result:
    """Do one verb with a run's generator and write what came of it under the run's explore/.

    asked: the verb's options, as in `options.Grid(columns=5)`; its defaults where None. nets: those that the run was
    trained with, where they are one's own.
    Raises GansmithError with one line that says what to do; then nothing is written.
    """
    if verb not in VERBS:
        raise RunError(f"unknown verb {verb!r}{nearest(verb, VERBS)}")
    row = VERBS[verb]
    chosen = row.options() if asked is None else asked
    if not isinstance(chosen, row.options):
        raise RunError(f"{verb} takes options.{row.options.__name__}, not {type(chosen).__name__}")
    started = time.monotonic()
    session = open_session(run, verb, checkpoint, progress, nets)
    row.load(verb)(session, chosen)
    return conclude(session, chosen, started)
