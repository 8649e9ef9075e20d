"""What a comparison is made of: variants of a recipe, and the cells of its grid."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.ground.files.gridfolder import CellFolder
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


def last_words(folder: CellFolder) -> str:
    """The last line that a failed cell wrote."""
    try:
        lines = folder.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("gansmith: ") if lines else "it said nothing"
