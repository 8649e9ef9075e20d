"""The record of tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError, as_typed, counted, typed
from gansmith.ground.files.whole import replacing
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.kinds.record import Kind, Prepared, Shown, Units
from gansmith.kinds.table import encoding, reading, understanding, wanted
from gansmith.kinds.table.columns import Column, groups, of_units, to_units
from gansmith.kinds.table.histograms import histograms, strongest
from gansmith.kinds.table.measuring import association, measures
from gansmith.kinds.table.numbers import mixture, related

MOST_CLASSES = 500
GOLDEN_STEP = 0.6180339887498949


def claims(path: Path) -> bool:
    """Whether a path is a file that can hold a table, and does not hold or list pictures."""
    return path.suffix.lower() in reading.ENDINGS and path.is_file() and not reading.is_of_pictures(path)


def read(path: Path, settings: DataSettings) -> Prepared:
    """The table in a file. Raises DataError."""
    text = reading.read(path)
    try:
        return _prepared(text, settings)
    except DataError as error:
        if len(text.names) > 1 or settings.columns:
            raise
        way = typed("train", "text", "--data", as_typed(path))
        raise DataError(f"{error}; to learn words or short lines: `{way}`") from None


def prepare(array: np.ndarray, settings: DataSettings, title: str) -> Prepared:
    """The rows of an array: of numbers, which have no heading, or of records, whose fields are the columns. Raises DataError."""
    if array.dtype.names:
        return _prepared(reading.of_records(array), settings)
    if array.ndim > 2:
        raise DataError(f"{title} is of shape {array.shape}, and a table is rows of columns, (N, D): reshape it")
    rows = array.reshape(len(array), -1)
    names = tuple(f"column {index + 1}" for index in range(rows.shape[1]))
    cells = tuple(tuple(map(str, column.tolist())) for column in rows.T)
    return _prepared(reading.Text(names, names, cells), settings)


def _prepared(text: reading.Text, settings: DataSettings) -> Prepared:
    given = understanding.corrections(settings.columns, text.names)
    found = understanding.understand(text, given)
    labels, names = conditions(found.columns, text.cells)
    columns = mixture.with_modes(found.columns) if settings.numbers == "mixture" else found.columns
    normal = encoding.encode(columns, text.cells)
    columns = related.with_relations(columns, normal)
    return Prepared(
        related.to_rests(columns, normal),
        to_units(columns, text.separator),
        labels,
        names,
        left_out=found.left_out,
        remarks=found.remarks,
    )


def conditions(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """A label for each row, one of its categories ("cut=Ideal"), so that a generator can be asked for any category, the rare ones
    too (after Xu et al. 2019). The rows take their categorical columns in turn, as many columns as have few categories in all.
    A category that is no row's label is none. Without such columns every row has the label "all"."""
    by_count = sorted(
        (len(column.categories), index)
        for index, column in enumerate(columns)
        if column.learned and not column.is_number
    )
    within = np.cumsum([count for count, _ in by_count]) <= MOST_CLASSES
    chosen = sorted(index for (_, index), fits in zip(by_count, within, strict=True) if fits)
    count = len(cells[0])
    if not chosen:
        return np.zeros(count, np.int64), ("all",)
    turn = ((np.arange(count) * GOLDEN_STEP) % 1 * len(chosen)).astype(np.int64)
    starts = np.cumsum([0, *(len(columns[index].categories) for index in chosen)])
    by_column = np.stack([encoding.codes(columns[index], cells[index]) for index in chosen]) + starts[:-1, None]
    names = tuple(f"{columns[index].name}={category}" for index in chosen for category in columns[index].categories)
    asked, labels = np.unique(by_column[turn, np.arange(count)], return_inverse=True)
    return labels.astype(np.int64), tuple(names[each] for each in asked)


def describe(items: np.ndarray, units: Units) -> str:
    """How many rows, and how many columns of each kind."""
    kinds = [column.kind for column in of_units(units)]
    each = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return f"{counted(len(items), 'row')} of {counted(len(kinds), 'column')} ({each})"


def facts(items: np.ndarray, units: Units) -> list[str]:
    """A line for each column: its kind, its range or its categories, what is missing; then the pairs that go together most, and
    the columns that others decide."""
    columns = of_units(units)
    values = encoding.decode(columns, items)
    found = dict(zip((column.name for column in values.columns), values.values, strict=True))
    lines = [_fact(column, found.get(column.name)) for column in columns]
    pairs = [
        f"{values.columns[a].name} and {values.columns[b].name} {association(values, a, b):+.3f}"
        for a, b in strongest(values)
    ]
    decided = [f"{column.name} (by {', '.join(column.before)})" for column in columns if column.before]
    lines += [f"strongest correlations: {', '.join(pairs)}"] if pairs else []
    return lines + ([f"nearly decided by other columns: {', '.join(decided)}"[:400]] if decided else [])


def _fact(column: Column, values: np.ndarray | None) -> str:
    line = f"{column.name}: {column.kind}"
    if values is None:
        return line + (f", always {column.cell!r}" if column.kind == "constant" else ", not learned")
    if column.is_number:
        there, write = values[~np.isnan(values)], column.notation.text
        low, middle, high = np.quantile(there, (0, 0.5, 1)) if len(there) else (0.0, 0.0, 0.0)
        gone = 1 - len(there) / max(len(values), 1)
        line += f" from {write(low)} to {write(high)}, median {write(middle)}"
        return line + (f", {gone:.1%} missing" if gone else "")
    counts = np.bincount(values, minlength=len(column.categories))
    rest = len(set(column.rest))
    apart = counts[:-1] if rest else counts
    order = np.argsort(-apart, kind="stable")[:4]
    named = [f"{column.categories[place] or '(missing)'} {counts[place] / len(values):.1%}" for place in order]
    more = len(apart) - len(order)
    line += f" of {len(apart) + rest}: {', '.join(named)}" + (f" and {more} more" if more else "")
    return line + (f"; {rest} rare ones together {counts[-1] / len(values):.1%}" if rest else "")


def suited(recipe: Recipe, units: Units) -> Recipe:
    """The recipe with the groups of the table's numbers, where its generator ends in softmax."""
    if recipe.generator.output != "softmax":
        return recipe
    return replace(recipe, generator=replace(recipe.generator, groups=groups(of_units(units))))


def items_of(raw: np.ndarray, settings: DataSettings, units: Units) -> np.ndarray:
    """Categories are drawn from their probabilities."""
    return encoding.hardened(of_units(units), raw)


def in_units(items: np.ndarray, units: Units) -> list[list[str]]:
    """Rows as lists of cells, as the source writes them."""
    return [list(row) for row in zip(*encoding.cells(of_units(units), items), strict=True)]


def rescaled(items: np.ndarray, units: Units, other: Units) -> np.ndarray:
    """Rows as a store of other units holds them: columns of the same names. Raises DataError where one is missing or
    means something else."""
    if units == other:
        return items
    return encoding.as_in(of_units(units), items, of_units(other))


def flat(items: np.ndarray, numbers: int) -> np.ndarray:
    """The network numbers as they are."""
    return np.asarray(items, np.float32)


def flat_name(shape: tuple[int, ...], numbers: int) -> str:
    """ "columns"."""
    return "columns"


def noise(like: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Every number from a row of its own: the columns are right, and nothing else but for columns that others decide."""
    return np.stack([column[rng.integers(len(like), size=count)] for column in np.asarray(like).T], axis=1)


def sheet(items: np.ndarray, units: Units, how: Shown) -> np.ndarray:
    """A histogram of each column, over that of the real rows."""
    columns = of_units(units)
    real = None if how.real is None else encoding.decode(columns, np.asarray(how.real))
    return histograms(encoding.decode(columns, items), real)


def lines(items: np.ndarray, units: Units, most: int) -> list[str]:
    """The heading and the first rows."""
    columns = of_units(units)
    made = [[column.name for column in columns], *in_units(items[:most], units)]
    widths = [min(max(map(len, cells)), 16) for cells in zip(*made, strict=True)]
    return ["  ".join(cell[:16].rjust(width) for cell, width in zip(row, widths, strict=True)) for row in made]


def write(path: Path, items: np.ndarray, units: Units, labels: Sequence[Any] | None, names: Sequence[str]) -> None:
    """The rows under the source's heading: .csv with its separator, .tsv with tabs. Raises OSError."""
    text = io.StringIO(newline="")
    separator = "\t" if path.suffix == ".tsv" else units["separator"]
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow([column.header for column in of_units(units)])
    writer.writerows(in_units(items, units))
    with replacing(path, lasting=False) as file:
        file.write(text.getvalue().encode("utf-8"))


KIND = Kind(
    in_grid=False,
    name="table",
    one="row",
    many="rows",
    array="rows",
    recipe="table",
    ending=".csv",
    plotted="generated rows in orange before real ones in green: a histogram of each column, from the low end to the high one of "
    "99% of the real rows, then the pairs of numbers with the strongest correlations",
    natural=True,
    prepare=prepare,
    describe=describe,
    claims=claims,
    read=read,
    shaped_by=("columns", "numbers"),
    suited=suited,
    facts=facts,
    items_of=items_of,
    in_units=in_units,
    rescaled=rescaled,
    flat=flat,
    flat_name=flat_name,
    noise=noise,
    sheet=sheet,
    lines=lines,
    endings=(".csv", ".tsv"),
    write=write,
    wanted=(wanted.wanted, wanted.label),
    measures=measures,
)
