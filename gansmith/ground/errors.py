"""Every error that Gansmith raises on purpose.

GansmithError               one line: the thing, the rule, the way out; the command line exits with 1
  RecipeError               a recipe, a `--set`, or a combination of settings that has no meaning
  DataError                 a source of pictures or vectors, or the store made from it
  RunError                  a run folder, a checkpoint, a saved generator
    LostRank                another rank of a training over several processes is gone
  DeviceError               a device, a precision or a number of threads that this machine lacks
  EngineError               something that the chosen engine cannot do
  OutOfMemory               the device has no room for a batch
  Diverged                  training met NaN or infinity and could not be brought back
StoppedByUser               Ctrl-C or SIGTERM: everything is saved; the command line exits with 130
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GansmithError(Exception):
    """A mistake that the user can mend; `str(error)` is one line that says how."""


class RecipeError(GansmithError):
    """A recipe that cannot be read, or that asks for something without meaning."""


class DataError(GansmithError):
    """A source of items that is missing, empty, damaged or of the wrong kind."""


class RunError(GansmithError):
    """A run folder that is missing, in the way, damaged or of another kind."""


class LostRank(RunError):
    """Another rank of this training is gone, or does not answer."""


class DeviceError(GansmithError):
    """A device or a precision that was asked for by name and is not here."""


class EngineError(GansmithError):
    """Something that the chosen engine cannot do."""


class OutOfMemory(GansmithError):
    """The device has no room for what a turn computes at a time."""


class Diverged(GansmithError):
    """Training met NaN or infinity, and no remedy was left."""


class StoppedByUser(Exception):
    """The user asked to stop; everything is saved."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: `; did you mean 'x'?`, or the choices when nothing is near."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(choices)}" if choices else ""
