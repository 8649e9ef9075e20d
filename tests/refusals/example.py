"""Ways to write an example down in a line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gansmith import cli, losses
from gansmith.ground.recipes import recipe
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import Callback

Example = Callable[[Path, pytest.MonkeyPatch], object]
"""Is given an empty folder, the current one, and is to raise an error of the house, or to end with exit code 1."""


def call(function: Callable[..., object], *arguments: Any, **named: Any) -> Example:
    """A function called with these arguments; paths are in the example's folder, as it is the current one."""
    return lambda folder, patch: function(*arguments, **named)


def after(prepare: Callable[[], object], example: Example) -> Example:
    """Something written into the example's folder, then the example."""

    def both(folder: Path, patch: pytest.MonkeyPatch) -> object:
        prepare()
        return example(folder, patch)

    return both


def where(changes: dict[str, Any], example: Example) -> Example:
    """The example on a machine that differs: dotted names, and what is there instead."""

    def changed(folder: Path, patch: pytest.MonkeyPatch) -> object:
        for name, thing in changes.items():
            patch.setattr(name, thing)
        return example(folder, patch)

    return changed


def without(library: str, example: Example) -> Example:
    """The example on a machine that lacks a library."""

    def lacking(folder: Path, patch: pytest.MonkeyPatch) -> object:
        patch.setitem(sys.modules, library, None)
        return example(folder, patch)

    return lacking


def sets(*assignments: str) -> Example:
    """Settings as they are typed after --set."""
    return lambda folder, patch: losses.check(recipe.override(Recipe(), list(assignments)))


def typed(line: str) -> Example:
    """A command line."""
    return lambda folder, patch: cli.main(line.split())


def fails(error: Exception) -> Callable[..., Any]:
    """A function that raises an error, whatever it is given."""

    def function(*_: object, **__: object) -> None:
        raise error

    return function


full_disk = fails(OSError(28, "No space left on device"))
"""What a full disk says."""


def thing(**attributes: Any) -> Any:
    """Something that has these attributes and nothing else."""
    return SimpleNamespace(**attributes)


def text(name: str, words: str | bytes) -> Callable[[], object]:
    """Writes a file, and the folders above it."""

    def write() -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(words.encode() if isinstance(words, str) else words)

    return write


def picture(name: str, pixels: np.ndarray | None = None) -> Callable[[], object]:
    """Writes a picture: of 8x8 grey pixels unless others are given."""

    def write() -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) if pixels is None else pixels).save(name)

    return write


def array(name: str, items: np.ndarray) -> Callable[[], object]:
    """Writes an .npy file, under any name."""

    def write() -> None:
        with open(name, "wb") as file:
            np.save(file, items)

    return write


def arrays(name: str, **named: np.ndarray) -> Callable[[], object]:
    """Writes an .npz file."""
    return lambda: np.savez(name, **named)  # pyright: ignore[reportArgumentType]


def each(*writers: Callable[[], object]) -> Callable[[], object]:
    """Several files."""

    def write() -> None:
        for writer in writers:
            writer()

    return write


class Heard(Callback):
    """A callback that hears of the end."""

    def at_end(self, moment: object) -> None:
        """Nothing."""
