"""A table as numbers for the networks, float32 (N, D), and back to the digit.

A number goes through its column's quantiles to N(0, 1), and what other columns decide of it is taken away (`related`). Equal
numbers are spread over their step before, so that a value that comes often is an interval and no spike; rounding on the way back
undoes it. A category is one-hot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.kinds.table.columns import Column, spans
from gansmith.kinds.table.notation import values
from gansmith.kinds.table.numbers import mixture, quantiles, related
from gansmith.kinds.table.understanding import spread_out

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Values:
    """Rows as numbers that people compare: a column each, for learned columns alone."""

    columns: tuple[Column, ...]
    values: tuple[np.ndarray, ...]
    """Numbers float64 (N,), NaN where missing; categories int64 (N,), positions in `column.categories`."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.values[0])

    def take(self, rows: np.ndarray | slice) -> Values:
        """Some of the rows."""
        return Values(self.columns, tuple(each[rows] for each in self.values))


def encode(columns: Sequence[Column], cells: Sequence[Sequence[str] | np.ndarray]) -> np.ndarray:
    """Network numbers float32 (N, D) of the cells of all columns; a column of numbers may be float64 (N,), NaN where missing."""
    by_name = {column.name: given for column, given in zip(columns, cells, strict=True)}
    made = np.zeros((len(cells[0]), sum(sum(column.groups) for column in columns)), np.float32)
    for column, span in spans(columns):
        part, given = made[:, span], by_name[column.name]
        if column.is_number:
            numbers = given if isinstance(given, np.ndarray) else values(column.notation, given)
            _encode_numbers(column, numbers, part)
        else:
            part[np.arange(len(part)), codes(column, cast("Sequence[str]", given))] = 1
    return related.to_rests(columns, made)


def as_in(columns: Sequence[Column], items: np.ndarray, other: Sequence[Column]) -> np.ndarray:
    """Items float32 (N, D) of these columns as another table has them: by the columns' names, numbers and dates by their value,
    however each table writes them. Raises DataError where a column is missing, or holds nothing that the other's could."""
    learned = decode(columns, items)
    numbers = {column.name: (column, found) for column, found in zip(learned.columns, learned.values, strict=True)}
    written = {column.name: found for column, found in zip(columns, cells(columns, items), strict=True)}
    given: list[Sequence[str] | np.ndarray] = []
    for column in other:
        if column.learned and column.name not in written:
            raise DataError(f"this table has no column {column.name!r}: compare tables with the same columns")
        found = numbers.get(column.name)
        if column.is_number and found is not None and found[0].is_number:
            given.append(_in_steps_of(column, *found))
            continue
        words = written.get(column.name, [""] * len(items))
        given.append(words)
        if column.is_number and len(items) and np.isnan(values(column.notation, words)).all():
            raise DataError(
                f"column {column.name!r} holds {column.kind} numbers in the data, and none here, as in {words[0]!r}: "
                "compare tables whose columns mean the same"
            )
    return encode(other, given)


def _in_steps_of(column: Column, own: Column, found: np.ndarray) -> np.ndarray:
    """Numbers float64 (N,) of one column as another counts them: dates in days or in seconds. Raises DataError."""
    if bool(own.notation.date) != bool(column.notation.date):
        raise DataError(
            f"column {column.name!r} is {own.kind} here, and {column.kind} in the data: they cannot be compared"
        )
    if column.notation.date and own.notation.timed != column.notation.timed:
        return found * 86400.0 if column.notation.timed else np.floor(found / 86400.0)
    return found


def codes(column: Column, cells: Sequence[str]) -> np.ndarray:
    """The positions int64 (N,) of cells among the column's categories; one that is none of them is the rest, or the first."""
    places = {cell: index for index, cell in enumerate(column.categories)}
    if column.rest:
        places |= dict.fromkeys(column.rest, len(column.categories) - 1)
    other = len(column.categories) - 1 if column.rest else 0
    if column.missing is not None:
        other = places.get(column.missing, other)
    return np.array([places.get(cell, other) for cell in cells], np.int64)


def _encode_numbers(column: Column, numbers: np.ndarray, part: np.ndarray) -> None:
    """The columns of a number (N, 1), or more for missing ones and modes. A missing number is a draw from N(0, 1), as the others
    are."""
    there = ~np.isnan(numbers)
    order = np.argsort(numbers[there], kind="stable")
    spread = np.empty(int(there.sum()))
    spread[order] = spread_out(numbers[there][order], column.notation.step)
    if column.means:
        part[there, 0], modes = mixture.to_modes(column, spread / column.size)
        part[np.flatnonzero(there), part.shape[1] - len(column.means) + modes] = 1
        part[~there, part.shape[1] - len(column.means)] = 1
    else:
        part[there, 0] = to_normal(column, spread)
    if column.missing is not None:
        golden = ((np.arange(len(part)) + 0.5) * 0.6180339887498949) % 1
        part[~there, 0] = quantiles.normal(golden[~there])
        part[:, 1], part[:, 2] = there, ~there


def to_normal(column: Column, spread: np.ndarray) -> np.ndarray:
    """Numbers float64 (N,) of a column to N(0, 1)."""
    return quantiles.to_normal(column.quantiles, column.count, spread / column.size)


def from_normal(column: Column, normal: np.ndarray) -> np.ndarray:
    """Back to the numbers as cells have them, float64, within the range of those that were learned."""
    return snapped(column, quantiles.from_normal(column.quantiles, column.count, normal) * column.size)


def snapped(column: Column, found: np.ndarray) -> np.ndarray:
    """Numbers float64 (N,) as cells have them: the nearest of few values, or with the column's decimals."""
    if column.grid:
        grid = np.array(column.grid)
        above = np.searchsorted(grid, found).clip(1, max(len(grid) - 1, 1))
        if len(grid) > 1:
            found = np.where(found - grid[above - 1] <= grid[above] - found, grid[above - 1], grid[above])
        else:
            found = np.full(len(found), grid[0])
    elif column.notation.step:
        found = np.round(found, column.notation.decimals)
    return found


# ---- back


def hardened(columns: Sequence[Column], raw: np.ndarray) -> np.ndarray:
    """Raw output float32 (N, D), probabilities of categories, as items: each category is a draw from them.

    What is drawn is a function of the row's own bits: the same latents give the same row, alone and among others.
    """
    items = np.array(raw, np.float32)
    mark = _marks(items)
    for column, span in spans(columns):
        begin = span.start
        for number, size in enumerate(column.groups):
            group = items[:, begin : begin + size]
            begin += size
            if size > 1:
                group[...] = _drawn(group, _uniform(mark, span.start * 4 + number))
    return items


def _marks(items: np.ndarray) -> np.ndarray:
    """A number uint64 (N,) for each row, from its bits."""
    mark = np.full(len(items), GOLDEN)
    for bits in np.ascontiguousarray(items).view(np.uint32).T:
        mark = _mixed(mark ^ bits.astype(np.uint64))
    return mark


def _mixed(h: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele et al. 2014)."""
    h = h + GOLDEN
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def _uniform(mark: np.ndarray, number: int) -> np.ndarray:
    """Numbers (N,) in [0, 1)."""
    return (_mixed(mark + np.uint64(number)) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _drawn(probabilities: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """One-hot draws (N, k)."""
    ends = np.cumsum(np.nan_to_num(probabilities.astype(np.float64)).clip(0), axis=1)
    place = (ends <= (uniform * ends[:, -1])[:, None]).sum(1).clip(0, probabilities.shape[1] - 1)
    return np.eye(probabilities.shape[1], dtype=np.float32)[place]


def decode(columns: Sequence[Column], items: np.ndarray) -> Values:
    """Items float32 (N, D) as values."""
    found: list[np.ndarray] = []
    placed = spans(columns)
    normal = related.from_rests(columns, items)
    for column, span in placed:
        part = normal[:, span]
        if column.is_number:
            if column.means:
                modes = part[:, -len(column.means) :].argmax(1)
                numbers = snapped(column, mixture.from_modes(column, part[:, 0], modes) * column.size)
            else:
                numbers = from_normal(column, part[:, 0])
            found.append(np.where(part[:, 2] > part[:, 1], np.nan, numbers) if column.missing is not None else numbers)
        else:
            found.append(part.argmax(1))
    return Values(tuple(column for column, _ in placed), tuple(found))


def cells(columns: Sequence[Column], items: np.ndarray) -> list[list[str]]:
    """Items float32 (N, D) as the cells of all columns, written as the source has them."""
    by_name = dict(zip((column.name for column, _ in spans(columns)), decode(columns, items).values, strict=True))
    rows, mark = len(items), None
    made: list[list[str]] = []
    for index, column in enumerate(columns):
        if column.is_number:
            missing, write = column.missing or "", column.notation.text
            made.append([missing if value != value else write(value) for value in by_name[column.name].tolist()])
        elif column.learned:
            written = np.array(column.categories, object)[by_name[column.name]]
            if column.rest:
                mark = _marks(items) if mark is None else mark
                draws = (_uniform(mark, 1_000_000 + index) * len(column.rest)).astype(np.int64)
                is_rest = by_name[column.name] == len(column.categories) - 1
                written[is_rest] = np.array(column.rest, object)[draws[is_rest]]
            made.append(written.tolist())
        else:
            made.append(_not_learned(column, rows))
    return made


def _not_learned(column: Column, rows: int) -> list[str]:
    if column.kind == "identifier":
        return [str(number + 1) for number in range(rows)]
    return [column.cell if column.kind == "constant" else ""] * rows
