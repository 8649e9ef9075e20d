"""Options that are written down as a dataclass, as arguments of the command line."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any, get_args, get_origin, get_type_hints

from gansmith.cli.parser import integer, number


def add_fields(parser: argparse.ArgumentParser, kind: type[Any]) -> None:
    """Add every field of a dataclass of options."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        _add(parser, field, hints[field.name])


def read_fields(options: argparse.Namespace, kind: type[Any]) -> Any:
    """The dataclass of options, from what was typed."""
    values: dict[str, Any] = {field.name: getattr(options, field.name) for field in dataclasses.fields(kind)}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def _add(parser: argparse.ArgumentParser, field: dataclasses.Field[Any], kind: Any) -> None:
    """Add a field of a verb's options as an argument."""
    about = field.metadata["about"]
    choices = field.metadata["choices"] or None
    several = get_origin(kind) is tuple
    inner = get_args(kind)[0] if several else kind
    read = {int: integer, float: number}.get(inner, inner)
    default: Any = field.default
    if default not in ((), "", None, False, True):
        shown = " ".join(map(str, default)) if several else f"{default:.3g}" if kind is float else default
        about += f" (default {shown})"
    about = about.replace("%", "%%")
    flag = "--" + field.name.replace("_", "-")
    if field.metadata["positional"]:
        parser.add_argument(field.name, nargs="*" if several else None, type=read, help=about)
    elif kind is bool:
        action = argparse.BooleanOptionalAction if default else "store_true"
        parser.add_argument(flag, action=action, default=default, help=about)
    else:
        many, metavar = "+" if several else None, None if choices else {int: "N", float: "X"}.get(inner, "NAME")
        parser.add_argument(flag, nargs=many, type=read, default=default, choices=choices, help=about, metavar=metavar)
