"""What every key of a recipe means, read from the comments of `ground/recipes/settings.py`.

The comment after a field is its only description: `gansmith settings` and the documentation both print it from here.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes import settings
from gansmith.ground.recipes.hints import setting_hint

WORDS: dict[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("whole number", "whole numbers"),
    float: ("number", "numbers"),
    str: ("text", "texts"),
}
"""A type in words: one value, several values."""


@dataclass(frozen=True)
class Key:
    """One key of a recipe, as `gansmith settings` prints it."""

    name: str  # with its table: "loss.name"
    kind: str  # its type in words: "whole number", "list of numbers", "one of"
    choices: tuple[str, ...]  # the values that it may have; () = any value of its type
    default: Any  # as in TOML
    meaning: str
    choice_meanings: dict[str, str]  # of the choices that have a meaning of their own

    @property
    def value(self) -> str:
        """The default as it is written in a recipe."""
        return json.dumps(self.default, ensure_ascii=False)


@dataclass(frozen=True)
class Table:
    """One table of a recipe, `[loss]`; the name of the outermost one is ""."""

    name: str
    meaning: str
    keys: tuple[Key, ...]


@cache
def tables() -> tuple[Table, ...]:
    """Every table of a recipe, in the order of the file, each with its keys."""
    return tuple(_walk(settings.Recipe, settings.Recipe(), ""))


def find(prefix: str = "") -> tuple[Table, ...]:
    """The tables and keys under a prefix: "loss", "optimizer.generator", "data.labels"; "" is everything.

    Raises RecipeError if no key has the prefix.
    """
    if not prefix:
        return tables()
    found = [
        replace(table, keys=tuple(key for key in table.keys if f"{key.name}.".startswith(f"{prefix}.")))
        for table in tables()
    ]
    if not any(table.keys for table in found):
        names = [key.name for table in tables() for key in table.keys]
        raise RecipeError(f"unknown setting {prefix!r}{setting_hint(prefix, names)}")
    return tuple(table for table in found if table.keys)


def _walk(kind: type, defaults: Any, prefix: str) -> Iterator[Table]:
    """A settings class as tables: its own keys first, then the tables inside it."""
    comments, hints = _comments(kind.__name__), get_type_hints(kind)
    plain = [entry for entry in fields(kind) if not is_dataclass(getattr(defaults, entry.name))]
    keys = tuple(
        _key(prefix + entry.name, hints[entry.name], getattr(defaults, entry.name), comments.get(entry.name, ""))
        for entry in plain
    )
    meaning = (kind.__doc__ or "").partition(": ")[2] if prefix else (kind.__doc__ or "")
    if keys:
        yield Table(prefix.rstrip("."), " ".join(meaning.split()), keys)
    for entry in fields(kind):
        inner = getattr(defaults, entry.name)
        if is_dataclass(inner):
            yield from _walk(type(inner), inner, f"{prefix}{entry.name}.")


def _key(name: str, hint: Any, default: Any, meaning: str) -> Key:
    kind, choices = _in_words(hint)
    described = {choice: text for choice, text in _choices().items() if choice in choices}
    return Key(name, kind, choices, list(default) if isinstance(default, tuple) else default, meaning, described)


def _in_words(hint: Any, several: bool = False) -> tuple[str, tuple[str, ...]]:
    """A type as words, and its choices."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ("any of" if several else "one of"), tuple(map(str, inner))
    if origin is tuple:
        words, choices = _in_words(inner[0], several=True)
        if choices:
            return "list of", choices
        return (f"list of {words}" if inner[-1] is ... else f"list of {len(inner)} {words}"), ()
    if origin in (Union, UnionType):
        return _in_words(inner[0], several)
    return WORDS[hint][several], ()


@cache
def _parsed() -> tuple[ast.Module, dict[int, str]]:
    """settings.py as a syntax tree, and the comment on each of its lines that has one."""
    source = Path(settings.__file__).read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    return ast.parse(source), comments


def _comments(name: str) -> dict[str, str]:
    """The comments of a class by field: those on its lines, and on the lines up to the next field."""
    tree, comments = _parsed()
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name).body
    starts, found = {node.lineno for node in body}, {}
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            line, words = node.end_lineno or node.lineno, []
            while line in comments and not (words and line in starts):
                words.append(comments[line])
                line += 1
            found[node.target.id] = " ".join(words)
    return found


@cache
def _choices() -> dict[str, str]:
    """The comment of each name in a Literal that stands on a line of its own."""
    tree, comments = _parsed()
    literals = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    names = [part for literal in literals for part in ast.walk(literal) if isinstance(part, ast.Constant)]
    return {str(name.value): comments[name.lineno] for name in names if name.lineno in comments}
