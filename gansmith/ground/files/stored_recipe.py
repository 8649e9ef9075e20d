"""The recipe of a run, and the copy beside it by which an edit is noticed."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RecipeError, RunError
from gansmith.ground.files.whole import write_text
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe

BEFORE = "# before it: "
"""What stands at the end of the copy before the checksum of the recipe that was replaced."""


def store(path: Path, copy: Path, recipe: Recipe) -> None:
    """Write a recipe, or replace the old one in one step; the copy comes first."""
    text = recipes.to_toml(recipe)
    write_text(copy, f"{text}{_replaces(path)}")
    write_text(path, text)


def load(path: Path, copy: Path) -> Recipe:
    """Read the recipe of a run. Raises RunError where it has lost what every recipe of a run has, and RecipeError."""
    table = recipes.table_of(path)
    recipe = recipes.from_table(table, str(path))
    data = table.get("data")
    if not isinstance(data, dict) or "source" not in data:
        kept = f"; as it was last written it is in {copy}" if copy.is_file() else ""
        raise RunError(f"{path} is empty, or has lost data.source: put it back{kept}")
    return recipe


def edited(path: Path, copy: Path) -> dict[str, list[Any]]:
    """The settings that a person has changed since the recipe was written, each with its written and its new value.

    A kill between the two writes of `store` leaves the recipe of before, which the copy knows by its checksum. Runs of
    earlier versions have no copy: nothing is known of theirs. Raises RecipeError.
    """
    try:
        if copy.read_text(encoding="utf-8").endswith(_replaces(path)):
            return {}
        written = recipes.flat(recipes.read(copy))
    except (OSError, ValueError, RecipeError):
        return {}
    found = recipes.flat(recipes.read(path))
    return {name: [was, found[name]] for name, was in written.items() if found[name] != was and name != "given"}


def _replaces(path: Path) -> str:
    """The last line of a copy: the CRC-32 of the recipe that is there before."""
    try:
        return f"{BEFORE}{zlib.crc32(path.read_bytes()):08x}\n"
    except OSError:
        return f"{BEFORE}none\n"
