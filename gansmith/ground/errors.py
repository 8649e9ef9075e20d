"""Every error that Gansmith raises on purpose.

GansmithError               one line: what is wrong, the rule, what to do; the command line exits with 1
  RecipeError               a recipe, a `--set`, or a combination of settings that makes no sense
  DataError                 a source of pictures or vectors, or the store made from it
  RunError                  a run folder, a checkpoint, a saved generator
    LostRank                another rank of a training over several processes is gone
  DeviceError               a device or a precision that this machine lacks
  EngineError               something that the chosen engine cannot do
  OutOfMemory               the device has not enough memory for a batch
  Diverged                  training met NaN or infinity and could not be brought back
StoppedByUser               Ctrl-C or SIGTERM: everything is saved; the command line exits with 130
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GansmithError(Exception):
    """Something that the user can mend; `str(error)` is one line that says how."""


class RecipeError(GansmithError):
    """A recipe that cannot be read, or that makes no sense."""


class DataError(GansmithError):
    """A source of items that is missing, empty, damaged or of the wrong kind."""


class RunError(GansmithError):
    """A run folder that is missing, damaged, of another kind, or already there."""


class LostRank(RunError):
    """Another rank of this training has ended, or does not answer."""


class DeviceError(GansmithError):
    """A device or a precision that the recipe names and this machine lacks."""


class EngineError(GansmithError):
    """Something that the chosen engine cannot do."""


class OutOfMemory(GansmithError):
    """The device has not enough memory for a step."""


class Diverged(GansmithError):
    """Training met NaN or infinity, and no remedy helped."""


class StoppedByUser(Exception):
    """The user stopped the program; everything is saved."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: `; did you mean 'x'?`, or all known names if none is similar."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(choices)}" if choices else ""
