"""The JSON schema of recipes: what an editor needs to complete a recipe, explain its keys, and mark what is wrong in it.

It is made from the settings, and shipped as `recipe.schema.json` beside this file; a test keeps the two equal.
"""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gansmith.ground.recipes.checks import ABOVE_ZERO, NOT_NEGATIVE, SHARES, is_one_of
from gansmith.ground.recipes.meanings import Key, tables
from gansmith.ground.recipes.settings import Recipe

KINDS: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": ["string", "integer"]},  # 28 stands for "28"
}
BOUNDS = (
    (ABOVE_ZERO, {"exclusiveMinimum": 0}),
    (NOT_NEGATIVE, {"minimum": 0}),
    (SHARES, {"minimum": 0, "exclusiveMaximum": 1}),
)


def schema() -> dict[str, Any]:
    """The schema (JSON Schema, draft 7). Keys that are not in it are wrong, none is required."""
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Recipe of a training with Gansmith"}
    return head | _table(Recipe, "", {key.name: key for table in tables() for key in table.keys})


def text() -> str:
    """The schema as the shipped file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _table(kind: type, prefix: str, keys: dict[str, Key]) -> dict[str, Any]:
    """The schema of a settings class; `prefix` is its place in the recipe, with a dot at its end."""
    meanings = {table.name: table.meaning for table in tables()}
    found: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            found[name] = _table(hint, f"{prefix}{name}.", keys)  # pyright: ignore[reportArgumentType]
        else:
            found[name] = _key(hint, keys[prefix + name])
    about = {"description": meanings[prefix.rstrip(".")]} if prefix.rstrip(".") in meanings else {}
    return about | {"type": "object", "additionalProperties": False, "properties": found}


def _key(hint: Any, key: Key) -> dict[str, Any]:
    choices = [f"{name}: {about}" for name, about in key.choice_meanings.items()]
    return {"description": "\n".join([key.meaning, *choices]), "default": key.default} | _value(hint, key.name)


def _value(hint: Any, name: str) -> dict[str, Any]:
    """The schema of a value; one value may stand for a list of one."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        one = _value(inner[0], name)
        if inner[-1] is ...:
            return {"anyOf": [{"type": "array", "items": one}, one]}
        return {"type": "array", "items": one, "minItems": len(inner), "maxItems": len(inner)}
    if origin in (Union, UnionType):
        return _value(inner[0], name)
    bounds = [bound for patterns, bound in BOUNDS if is_one_of(name, patterns) and hint in (int, float)]
    return KINDS[hint] | {rule: value for bound in bounds for rule, value in bound.items()}
