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
import os
import shlex
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


ALIKE = 0.6  # of two names: twice the letters in common over all letters


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: `; did you mean 'x'?`, or all known names if none is similar.

    Capitals, spaces, hyphens and underscores make no difference.
    """
    choices = sorted(known)
    close = similar(word, choices)
    if close:
        return f"; did you mean {close!r}?"
    return f"; known: {', '.join(choices)}" if choices else ""


def similar(word: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a word, the first of several; None if none is like it."""
    matcher = difflib.SequenceMatcher(b=squeezed(word)[:80])
    likeness: dict[str, float] = {}
    for name in known:
        matcher.set_seq1(squeezed(name))
        likeness[name] = matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0
    best = max(likeness, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] >= ALIKE else None


def brief(error: BaseException) -> str:
    """The kind and the words of an error of somebody else's code, in one line."""
    words = printable(" ".join(str(error).split()))
    return f"{type(error).__name__}: {words[:200]}" if words else type(error).__name__


def printable(text: str) -> str:
    """A text that is safe to show: control and undecodable characters replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def squeezed(name: str) -> str:
    """A name in small letters, without hyphens, underscores and spaces: "Batch-Size" and "batch_size" are "batchsize"."""
    return name.lower().translate({ord(sign): None for sign in "-_ "})


def typed(*words: object) -> str:
    """A command of Gansmith as it is typed in a shell: a path with a space is quoted."""
    return shlex.join(["gansmith", *map(str, words)])


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 picture", "2,000 pictures". one, many: the noun; many = "": with an s behind it."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def number_of(count: int, one: str, many: str = "") -> str:
    """The noun alone, as `counted` would have it: "picture" of 1, "pictures" of 0 and of 2."""
    return one if count == 1 else many or f"{one}s"


def as_typed(path: str | os.PathLike[str]) -> str:
    """A path, or the name of a source, as one would type it here: below the current folder without that folder's own path."""
    text = os.fspath(path)
    if not os.path.isabs(text):
        return text
    try:
        here = os.path.join(os.path.realpath(os.curdir), "")
    except OSError:  # the current folder is gone
        return text
    return text.removeprefix(here) or text


def size_in_words(count: float) -> str:
    """Bytes for people, in the unit that suits them: "12.5 MB"."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB")):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"
