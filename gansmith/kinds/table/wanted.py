"""Conditions on rows, as they are typed: "sex=F", "age>=40 and region!=north"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError, nearest
from gansmith.kinds.record import Units
from gansmith.kinds.table.columns import Column, of_units
from gansmith.kinds.table.encoding import decode
from gansmith.kinds.table.notation import is_missing

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
PART = re.compile(r"(.*?)\s*(>=|<=|!=|=|>|<)\s*(.*)")


def parse(text: str, columns: Sequence[Column]) -> list[tuple[Column, str, str]]:
    """(column, operator, cell) of each condition. Raises DataError."""
    known = {column.name: column for column in columns if column.learned}
    found = []
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE):
        match = PART.fullmatch(part.strip())
        if match is None:
            raise DataError(
                f'--where {part!r} is no condition: write COLUMN=VALUE, with =, !=, <, <=, >, >=, joined by "and"'
            )
        name, sign, cell = match.groups()
        if name not in known:
            raise DataError(f"--where {part!r}: no column {name!r} was learned{nearest(name, known)}")
        column = known[name]
        if not column.is_number:
            _check_category(column, sign, cell, part)
        elif not is_missing(cell):
            try:
                column.notation.asked(cell)
            except ValueError:
                example = column.notation.text(column.quantiles[0] * column.size)
                raise DataError(
                    f"--where {part!r}: write a number, or the value as the column has it, as {example!r}"
                ) from None
        found.append((column, sign, cell))
    return found


def _check_category(column: Column, sign: str, cell: str, part: str) -> None:
    if sign not in ("=", "!="):
        raise DataError(f"--where {part!r}: {column.name} holds categories, which are compared with = and != alone")
    if cell not in column.categories:
        raise DataError(f"--where {part!r}: {cell!r} is no category of {column.name}{nearest(cell, column.categories)}")


def wanted(items: np.ndarray, units: Units, text: str) -> np.ndarray:
    """Which items fulfil a condition, bool (N,). Raises DataError."""
    columns = of_units(units)
    table = decode(columns, items)
    found = dict(zip((column.name for column in table.columns), table.values, strict=True))
    good = np.ones(len(items), bool)
    for column, sign, cell in parse(text, columns):
        values, compare = found[column.name], OPERATORS[sign]
        if not column.is_number:
            good &= compare(values, column.categories.index(cell))
        elif is_missing(cell):
            good &= np.isnan(values) == (sign == "=")
        else:
            good &= compare(values, column.notation.asked(cell)) & ~np.isnan(values)
    return good


def label(units: Units, text: str, class_names: Sequence[str]) -> str | None:
    """The name of the class that a condition asks for, the rarest of several: those of the column with most categories; None where
    it asks for none."""
    parts = parse(text, of_units(units))
    asked = [(len(column.categories), f"{column.name}={cell}") for column, sign, cell in parts if sign == "="]
    return max((each for each in asked if each[1] in class_names), default=(0, None))[1]
