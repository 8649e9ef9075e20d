"""The recipes that come with Gansmith: one TOML file per experiment, each arguing for its numbers."""

from __future__ import annotations

import os
from pathlib import Path

from gansmith.ground.errors import RecipeError, nearest, typed
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of the built-in recipes."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def text(name: str) -> str:
    """A built-in recipe as it is written, with its arguments. Raises RecipeError for an unknown name."""
    if name not in names():
        raise RecipeError(f"unknown recipe {name!r}{nearest(name, names())}")
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def summary(name: str) -> str:
    """The first line of a recipe's header."""
    return text(name).splitlines()[0].lstrip("# ")


def load(name: str) -> Recipe:
    """A recipe by its built-in name, or from a .toml file. Raises RecipeError; what is data is no recipe."""
    if name in names():
        return recipes.read(FOLDER / f"{name}.toml")
    if "://" in name:
        way = typed("train", "folder", "--data", "my-pictures")
        raise RecipeError(
            f"{name} is an address and no recipe: download it, and train on the file or folder, as `{way}`"
        )
    path = Path(os.path.expanduser(name))
    if path.suffix.lower() == ".toml" and not os.path.isdir(path):
        return recipes.read(path)
    if os.path.exists(path) and name.strip():  # which, unlike Path's, takes any name
        raise RecipeError(f"{name!r} is a {'folder' if path.is_dir() else 'file'} and no recipe: {_way_in(path)}")
    if "/" in name or "\\" in name:
        return recipes.read(path)  # refuses, as there is no such file
    trained = [one for one in names() if recipes.read(FOLDER / f"{one}.toml").data.source == name]
    if trained:
        raise RecipeError(f"{name!r} is a data set and no recipe; recipes for it: {', '.join(trained)}")
    raise RecipeError(f"unknown recipe {name!r}{nearest(name, names())}")


def _way_in(path: Path) -> str:
    """The command for somebody who gave a run, a recipe under another name, or data in the place of a recipe."""
    recipe = RunFolder(path).recipe
    if recipe.is_file():
        return f"go on with that run by `{typed('resume', path)}`, or train anew by `{typed('train', recipe)}`"
    return f"to train on it, type `{typed('train', 'folder', '--data', path)}`"
