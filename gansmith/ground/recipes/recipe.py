"""Recipes as TOML: read, written and changed.

A recipe's file names only what differs from the defaults. A run stores the resolved recipe, with every key.
"""

from __future__ import annotations

import codecs
import dataclasses
import math
import tomllib
import types
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gansmith.ground.errors import RecipeError, nearest
from gansmith.ground.recipes.checks import check
from gansmith.ground.recipes.hints import setting_hint
from gansmith.ground.recipes.settings import DataSettings, Recipe

FORMAT = 1
SCHEMA = Path(__file__).with_name("recipe.schema.json")  # as `schema.py` makes it
SCHEMA_LINE = f"#:schema {SCHEMA.as_uri()}\n"


def read(path: Path) -> Recipe:
    """Read a recipe file. Raises RecipeError with the file's name, the key and what to do."""
    return from_table(table_of(path), str(path))


def table_of(path: Path) -> dict[str, Any]:
    """The table of a recipe file, unchecked. Raises RecipeError."""
    try:
        return tomllib.loads(_text(path.read_bytes()))
    except FileNotFoundError:
        raise RecipeError(
            f"no recipe at {path}: give a file, or one of the names that `gansmith recipes` lists"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not valid TOML ({error}): mend it there") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path} is not text that can be read as a recipe: save it as UTF-8") from None
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecipeError(f"{path} cannot be read as a recipe ({why}): give a .toml file") from None


def _text(data: bytes) -> str:
    """A file's text. Editors and shells of Windows write a mark before it, in UTF-8 or UTF-16, and end lines with CR LF."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")


def from_table(table: dict[str, Any], origin: str = "recipe") -> Recipe:
    """A recipe from a parsed TOML table. Raises RecipeError for unknown keys and wrong types."""
    version = table.get("format", FORMAT)
    if type(version) is not int or version < 1:
        raise RecipeError(f"{origin}: format = {version!r} is no format of a recipe: write format = {FORMAT}")
    if version > FORMAT:
        raise RecipeError(
            f"{origin} is of format {version}, this Gansmith reads format {FORMAT}: install a newer Gansmith"
        )
    recipe = _build(Recipe, _older(table), "", origin)
    check(recipe, flat(recipe))
    return recipe


def _older(table: dict[str, Any]) -> dict[str, Any]:
    """The table with what older recipes say under another name: `watch.tensorboard = true` was the only tracker."""
    watch = table.get("watch")
    if not isinstance(watch, dict) or not isinstance(watch.get("tensorboard"), bool):
        return table
    kept = {name: value for name, value in watch.items() if name != "tensorboard"}
    return table | {"watch": ({"track": ["tensorboard"]} if watch["tensorboard"] else {}) | kept}


def to_table(settings: Any) -> dict[str, Any]:
    """A recipe, or one of its tables, as dictionaries, lists, strings and numbers, with every key."""
    plain = lambda items: {k: list(v) if isinstance(v, tuple) else v for k, v in items}  # noqa: E731
    return dataclasses.asdict(settings, dict_factory=plain)


def flat(recipe: Recipe) -> dict[str, Any]:
    """Every value by its dotted name: {"data.batch": 64, ...}."""
    return dict(_flat(to_table(recipe), ""))


def _flat(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def to_toml(recipe: Recipe) -> str:
    """The recipe as TOML text, with every key: `from_table(tomllib.loads(text)) == recipe`.

    Its first line names the schema, for editors.
    """
    import tomli_w  # late: only runs and comparisons write recipes

    return SCHEMA_LINE + tomli_w.dumps(to_table(recipe))


def assigned(assignments: Mapping[str, Any] | list[str]) -> dict[str, Any]:
    """Assignments as `override` takes them, by dotted name. Raises RecipeError."""
    if isinstance(assignments, list):
        return dict(_split(assignment) for assignment in assignments)
    return dict(assignments)


def data_with(data: DataSettings, assignments: dict[str, Any] | list[str]) -> DataSettings:
    """Data settings with some replaced, as `override` does: "data.kind=signal". Raises RecipeError, also for other tables'."""
    given = assigned(assignments)
    if other := next((name for name in given if not name.startswith("data.")), None):
        raise RecipeError(f"--set {other}: only how data are read is set here, as in --set data.kind=signal")
    return override(Recipe(data=data), given).data


def override(recipe: Recipe, assignments: dict[str, Any] | list[str]) -> Recipe:
    """A recipe with some values replaced: {"loss.name": "hinge"}, or the command line's ["loss.name=hinge"].

    The command line's values are read as TOML (`0.5`, `true`, `[64, 32]`), anything else as text (`hinge`). The recipe
    remembers their names in `given`: no automatic choice changes them.
    """
    assignments = assigned(assignments)
    table, values = to_table(recipe), flat(recipe)
    for dotted, value in assignments.items():
        here: Any = table
        *parents, last = dotted.split(".")
        for depth, name in enumerate([*parents, last]):
            if not isinstance(here, dict) or name not in here:
                table_name = ".".join(parents[:depth])
                raise RecipeError(f"unknown setting {dotted!r}{setting_hint(dotted, list(values))}{listed(table_name)}")
            if depth < len(parents):
                here = here[name]
        if isinstance(here[last], dict):
            keys = [name for name in values if name.startswith(f"{dotted}.")]
            named = f"{dotted}.name={value}" if f"{dotted}.name" in keys else f"{keys[0]}=..."
            raise RecipeError(f"{dotted!r} is a table: set one of its values, as in --set {named}{listed(dotted)}")
        here[last] = value
    if "threads" in assignments and "thread_changes" not in assignments:
        table["thread_changes"] = []  # those of another run: the number that was given stays
    return dataclasses.replace(from_table(table, "--set"), given=tuple(sorted({*recipe.given, *assignments})))


def listed(name: str) -> str:
    """The end of an error message: the command that explains a key, or lists the keys of a table ("loss", "loss." or "")."""
    name = name.rstrip(".")
    return f" (`gansmith settings{' ' * bool(name)}{name}` {'explains it' if name in flat(Recipe()) else 'lists the keys'})"


def shown(value: Any) -> str:
    """A value for an error message: not longer than a line has room for."""
    text = "a huge number" if isinstance(value, int) and abs(value) >= 2**63 else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


KINDS = {int: "a whole number", float: "a number", str: "text, in quotes", bool: "true or false"}


def _split(assignment: str) -> tuple[str, Any]:
    name, equals, text = assignment.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"--set {shown(assignment)} is not of the form table.key=value")
    return name.strip(), _value(text.strip())


def _value(text: str) -> Any:
    """Text as TOML, or as people type it: `.5`, `2.`, `True`, `[relu, tanh]`, and strings without quotes."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
        return value if isinstance(value, (bool, int, float, str, list, dict)) else text
    except (ValueError, RecursionError):  # ValueError: no TOML, or more digits than Python reads
        pass
    if text in ("True", "False"):
        return text == "True"
    if text[:1] + text[-1:] in ("[]", "()"):
        return [_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    try:
        return float(text)
    except ValueError:
        return text


def _build(kind: type, table: Any, path: str, origin: str) -> Any:
    """A settings object from a table; `path` is its place in the recipe, for errors."""
    if not isinstance(table, dict):
        raise RecipeError(f"{origin}: {path.rstrip('.')} must be a table")
    hints, defaults = _hints(kind), kind()
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in hints:
            meant = setting_hint(path + name, list(flat(Recipe())))
            raise RecipeError(f"{origin}: unknown key {path + name!r}{meant}{listed(path)}")
        if dataclasses.is_dataclass(hints[name]):
            given = {**to_table(getattr(defaults, name)), **value} if isinstance(value, dict) else value
            values[name] = _build(hints[name], given, f"{path}{name}.", origin)  # pyright: ignore[reportArgumentType]
        else:
            values[name] = _coerce(value, hints[name], path + name, origin)
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The types of a settings class; finding them takes most of the time of reading a recipe."""
    return get_type_hints(kind)


def _coerce(value: Any, hint: Any, name: str, origin: str) -> Any:
    """`value` as the annotated type: 1 may stand for 1.0, 1.0 for 1, a list for a tuple, 28 for "28"."""
    kind = get_origin(hint)
    if kind is Literal:
        choices = get_args(hint)
        if value not in choices:
            meant = nearest(str(value), [str(choice) for choice in choices])
            raise RecipeError(f"{origin}: {name} = {shown(value)} is not one of its choices{meant}{listed(name)}")
        return value
    if kind is tuple:
        inner = get_args(hint)[0]
        if isinstance(value, str) and "," in value:  # typed without brackets: widths=16,8
            value = [_value(part.strip()) for part in value.split(",") if part.strip()]
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_coerce(item, inner, name, origin) for item in items)
    if kind in (Union, types.UnionType):
        return _coerce(value, get_args(hint)[0], name, origin)
    if isinstance(value, int) and abs(value) >= 2**63 and name != "seed":  # which may be any integer
        raise RecipeError(f"{origin}: {name} = {shown(value)}: a whole number must be below 2^63")
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise RecipeError(f"{origin}: {name} = {shown(value)} must be a finite number")
        return float(value)
    if hint is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise RecipeError(f"{origin}: {name} = {shown(value)} must be {KINDS[hint]}{listed(name)}")
    return value
