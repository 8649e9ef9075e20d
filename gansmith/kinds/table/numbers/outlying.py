"""Numbers that hardly belong to their column: a line of totals at the end, and values far from all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gansmith.ground.errors import counted
from gansmith.kinds.table import notation
from gansmith.kinds.table.columns import Column

FAR = 10.0  # times as far from the median as the next value
FEW = 0.01  # of the values, at most, or one
CLOSE = 1e-9  # of a sum: what rounding to float64 may make
ROUNDED = (
    0.51  # of a column's smallest difference, for the square root of the rows: what rounding of the cells may make
)


def warnings(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[str]:
    """A line where the last row is the sum of the others, and one for each column with values far outside."""
    found: list[str] = []
    numbers = [
        (column, notation.values(column.notation, column_cells))
        for column, column_cells in zip(columns, cells, strict=True)
        if column.is_number and not column.notation.date
    ]
    summed = [column.name for column, values in numbers if _ends_in_sum(column, values)]
    if summed:
        found.append(
            f"WARNING: the last row is a line of totals, as of {', '.join(summed)[:80]}: "
            "delete it from the file, or it is learned as a row"
        )
    for column, values in numbers:
        there = values[:-1] if column.name in summed else values
        line = _far_line(column, there[~np.isnan(there)])
        found += [line] if line else []
    return found


def _ends_in_sum(column: Column, values: np.ndarray) -> bool:
    """Whether the last value of float64 (N,) is the sum of all others, and more than each of them."""
    others, last = values[:-1], values[-1]
    others = others[~np.isnan(others)]
    if np.isnan(last) or len(others) < 2 or abs(last) <= np.abs(others).max():
        return False
    total = float(others.sum())
    slack = ROUNDED * column.notation.step * np.sqrt(len(others)) + CLOSE * float(np.abs(others).sum())
    return abs(last - total) <= slack


def _far_line(column: Column, values: np.ndarray) -> str:
    """A line on the few values that lie FAR outside; "" where there are none."""
    if len(values) < 3:
        return ""
    distance = np.abs(values - np.median(values))
    order = np.argsort(-distance, kind="stable")
    for count in range(1, min(max(1, int(FEW * len(values))), len(values) - 1) + 1):
        within = distance[order[count]]
        if within > 0 and distance[order[count - 1]] > FAR * within:
            rest = np.delete(values, order[:count])
            write = column.notation.text
            far, low, high = write(float(values[order[0]])), write(float(rest.min())), write(float(rest.max()))
            return (
                f"WARNING: column {column.name}: {counted(count, 'value')} far outside, as {far}, where all "
                f"others are from {low} to {high}: see whether this is meant, or delete such rows"
            )
    return ""
