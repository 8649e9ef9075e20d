"""What a comparison is made of: variants of a recipe, the cells of its grid, and the queue in which cells run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gansmith.ground.errors import StoppedByUser
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class Variant:
    """What is compared: a recipe under a name."""

    name: str
    recipe: Recipe


@dataclass(frozen=True)
class Cell:
    """A variant under a seed."""

    variant: Variant
    seed: int
    folder: CellFolder


def run_queue(
    cells: Sequence[Cell],
    jobs: int,
    start: Callable[[Cell], Any],
    ended: Callable[[Mapping[Any, Cell]], Iterable[tuple[Any, str]]],
    stop: Callable[[Iterable[Any]], None],
    say: Say,
) -> dict[CellFolder, str]:
    """Run cells, `jobs` at a time; returns the last words of the failed ones.

    `start` begins a cell and returns a handle of it. `ended` waits a moment and returns the handles that ended, each with
    its error, "" for success. `stop` ends all handles after Ctrl-C. Raises StoppedByUser after that.
    """
    waiting = list(cells)
    running: dict[Any, Cell] = {}
    errors: dict[CellFolder, str] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                running[start(cell)] = cell
            for handle, error in ended(running):
                cell = running.pop(handle)
                if error:
                    errors[cell.folder] = error
                ending = f"failed: {error}" if error else "done"
                say(f"{cell.variant.name}, seed {cell.seed}: {ending} ({len(waiting) + len(running)} left)")
    except KeyboardInterrupt:
        stop(running)
        raise StoppedByUser("every cell is saved") from None
    return errors


def last_words(folder: CellFolder) -> str:
    """The last line that a failed cell wrote."""
    try:
        lines = folder.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("gansmith: ") if lines else "it wrote nothing"
