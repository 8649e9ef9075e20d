"""The form of a training, made from the typed settings: every key with its value, its choices and its meaning."""

from __future__ import annotations

from typing import Any

from gansmith.ground.recipes import meanings
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.meanings import Key
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.roll_back import IN_FLIGHT

NOT_ASKED = (
    "format", "name", "given", "thread_changes", "data.source", "start.source", "start.checkpoint", "start.frozen",
    "budget.estimated_images", "watch.track",
)  # fmt: skip
"""Keys that have a place of their own on the page, that a run writes itself, or that name paths and services."""

TYPES = {"one of": "choice", "true or false": "yes-no", "whole number": "integer", "number": "number", "text": "text"}

Field = dict[str, Any]


def groups(recipe: Recipe, reasons: dict[str, str]) -> list[dict[str, Any]]:
    """The tables of a recipe with their fields. reasons: of values that were chosen by the data, by key."""
    values = recipes.flat(recipe)
    found: list[dict[str, Any]] = []
    for part in meanings.tables():
        fields = [field(key, values[key.name], reasons.get(key.name)) for key in part.keys if key.name not in NOT_ASKED]
        if fields:
            found.append({"table": part.name, "title": part.meaning, "fields": fields})
    return found


def changeable(recipe: Recipe | None) -> list[Field]:
    """The fields that may change in the middle of a run."""
    if recipe is None:
        return []
    values = recipes.flat(recipe)
    keys = [key for part in meanings.tables() for key in part.keys if key.name.startswith(IN_FLIGHT)]
    return [field(key, values[key.name], None) for key in keys]


def field(key: Key, value: Any, reason: str | None) -> Field:
    """One field. "reason": why the data asks for this value, where it does."""
    found: Field = {
        "key": key.name,
        "value": value,
        "default": key.default,
        "meaning": key.meaning,
        "type": TYPES.get(key.kind, "list"),
        "choices": list(key.choices) or None,
    }
    return (
        found | ({"reason": reason} if reason else {}) | ({"choice_meanings": m} if (m := key.choice_meanings) else {})
    )
