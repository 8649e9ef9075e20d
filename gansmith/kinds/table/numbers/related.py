"""Columns of numbers that nearly follow from others, as what the others leave open.

The length, width and depth of a stone decide its weight to a percent. As numbers of N(0, 1), column by column, such a law is a thin
sheet in the networks' space, which a discriminator sees late and a generator misses by its own noise. So a column that others
nearly decide is given as the rest of a linear regression on them, again through its quantiles to N(0, 1). On the way back the
regression is added again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gansmith.kinds.table.columns import Column, spans
from gansmith.kinds.table.numbers.quantiles import QUANTILES, from_normal, to_normal

MOST_BEFORE = 8  # columns that decide another
ROWS_EACH = 50  # that a regression needs for each of them
LEFT_OPEN = 0.5  # of the rest, at most, of a column that is given so
USUAL = 0.68  # of the rows: how far their rest is, as a deviation


def with_relations(columns: Sequence[Column], normal: np.ndarray) -> tuple[Column, ...]:
    """The columns, of which those that others nearly decide know how. normal: float32 (N, D), as `encode` gives it before.

    Columns of many different values decide those of few: among equal numbers the order is by chance, and tells nothing.
    """
    places = {column.name: span.start for column, span in spans(columns) if _takes_part(column)}
    known = {column.name: column for column in columns}
    order = sorted(places, key=lambda name: -_distinct(known[name], normal[:, places[name]]))
    numbers = normal[:, [places[name] for name in order]].astype(np.float64)
    most = min(MOST_BEFORE, len(normal) // ROWS_EACH)
    found: dict[str, Column] = {}
    for index, name in enumerate(order):
        before = _strongest(numbers[:, :index], numbers[:, index], most)
        if not len(before):
            continue
        weights = _regression(numbers[:, before], numbers[:, index])
        rest = numbers[:, index] - numbers[:, before] @ weights
        if np.quantile(np.abs(rest), USUAL) < LEFT_OPEN:
            steps = np.linspace(0, 1, min(QUANTILES, len(rest)))
            found[name] = replace(
                known[name],
                rank=index,
                before=tuple(order[each] for each in before),
                weights=tuple(weights.tolist()),
                rests=tuple(np.quantile(rest, steps).tolist()),
            )
    return tuple(found.get(column.name, column) for column in columns)


def _takes_part(column: Column) -> bool:
    """Whether a column can decide others: each of its cells has a number, which is not given by modes."""
    return column.is_number and column.missing is None and not column.means


def _distinct(column: Column, normal: np.ndarray) -> int:
    """How many different values a column has."""
    spread = from_normal(column.quantiles, column.count, normal) * column.size
    return len(np.unique(spread.round(column.notation.decimals) if column.notation.step else spread))


def _regression(before: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Least squares (k,), once more without the rows that are far from the first: a few wrong cells do not decide."""
    weights = np.linalg.lstsq(before, column, rcond=None)[0]
    rest = np.abs(column - before @ weights)
    usual = rest <= 4 * np.quantile(rest, USUAL)
    return np.linalg.lstsq(before[usual], column[usual], rcond=None)[0]


def _strongest(before: np.ndarray, column: np.ndarray, most: int) -> np.ndarray:
    """The places of the columns (N, k) that go with a column (N,) most."""
    if not before.shape[1] or not most:
        return np.empty(0, np.int64)
    strength = np.abs((before - before.mean(0)).T @ (column - column.mean())) / np.maximum(before.std(0), 1e-9)
    return np.sort(np.argsort(-strength, kind="stable")[:most])


def to_rests(columns: Sequence[Column], normal: np.ndarray) -> np.ndarray:
    """What the networks get, float32 (N, D), of numbers N(0, 1) column by column."""
    made = normal.copy()
    for column, place, before in _related(columns):
        rest = normal[:, place] - normal[:, before].astype(np.float64) @ np.array(column.weights)
        made[:, place] = to_normal(column.rests, column.count, rest)
    return made


def from_rests(columns: Sequence[Column], items: np.ndarray) -> np.ndarray:
    """Back to numbers N(0, 1) column by column, float64 (N, D)."""
    made = items.astype(np.float64)
    for column, place, before in _related(columns):
        made[:, place] = from_normal(column.rests, column.count, made[:, place]) + made[:, before] @ np.array(
            column.weights
        )
    return made


def _related(columns: Sequence[Column]) -> list[tuple[Column, int, list[int]]]:
    """The columns that others decide, each after those: its place, and theirs."""
    places = {column.name: span.start for column, span in spans(columns)}
    related = sorted((column for column in columns if column.before), key=lambda column: column.rank)
    return [(column, places[column.name], [places[name] for name in column.before]) for column in related]
