"""The recipes that come with Gansmith: one TOML file per experiment, each arguing for its numbers."""

from __future__ import annotations

from pathlib import Path

from gansmith.ground.errors import RecipeError, nearest
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
    """A recipe by its built-in name, or from a .toml file."""
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return recipes.read(Path(name))
    text(name)  # refuses unknown names, and says which is near
    return recipes.read(FOLDER / f"{name}.toml")
