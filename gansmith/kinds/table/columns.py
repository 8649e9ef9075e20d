"""What a column of a table is, as a run keeps it: its kind, how its cells are written, and its numbers for the networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import Any, Literal, get_args

from gansmith.kinds.table.notation import Notation

ColumnKind = Literal["continuous", "whole", "date", "category", "yes/no", "constant", "identifier", "text"]
KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)
NUMBERS = ("continuous", "whole", "date")
CATEGORIES = ("category", "yes/no")


@dataclass(frozen=True)
class Column:
    """One column. Those that are no numbers and no categories are not learned."""

    name: str
    header: str  # as the file has it
    kind: ColumnKind
    missing: str | None = None  # what stands for no value; None = every cell has one
    notation: Notation = field(default_factory=Notation)  # numbers, dates
    quantiles: tuple[float, ...] = ()  # numbers: of the values over `size`, in equal steps
    size: float = 1.0  # numbers: the largest of them, without its sign
    grid: tuple[float, ...] = ()  # numbers with few values: these
    count: int = 0  # numbers: how many cells have one
    before: tuple[str, ...] = ()  # numbers that others nearly decide: which others
    weights: tuple[float, ...] = ()  # theirs, in a linear regression of the numbers N(0, 1)
    rests: tuple[float, ...] = ()  # quantiles of what it leaves open
    rank: int = 0  # the columns before have smaller ones
    means: tuple[float, ...] = ()  # numbers as a mixture: of its modes, over `size`
    deviations: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()  # cells as they are written; the missing one too
    rest: tuple[str, ...] = ()  # rare categories that are one for the networks, with repetitions: its last category
    cell: str = ""  # constant: every cell

    @property
    def learned(self) -> bool:
        """Whether the networks see it."""
        return self.kind in (*NUMBERS, *CATEGORIES)

    @property
    def is_number(self) -> bool:
        """Whether its values are on a line."""
        return self.kind in NUMBERS

    @property
    def groups(self) -> tuple[int, ...]:
        """How many network numbers belong together: 1 for a number, 2 more for (there, missing), and one for each mode;
        categories one-hot."""
        if self.is_number:
            return (1, *((2,) if self.missing is not None else ()), *((len(self.means),) if self.means else ()))
        return (len(self.categories),) if self.learned else ()


def spans(columns: Sequence[Column]) -> list[tuple[Column, slice]]:
    """The learned columns, and where their network numbers lie."""
    learned = [column for column in columns if column.learned]
    ends = list(accumulate(sum(column.groups) for column in learned))
    return [(column, slice(end - sum(column.groups), end)) for column, end in zip(learned, ends, strict=True)]


def groups(columns: Sequence[Column]) -> tuple[int, ...]:
    """The groups of all network numbers of a row."""
    return tuple(size for column in columns for size in column.groups)


def to_units(columns: Sequence[Column], separator: str) -> dict[str, Any]:
    """Columns as JSON can hold them."""
    return {"columns": [asdict(column) for column in columns], "separator": separator}


def of_units(units: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of `to_units`."""
    return tuple(_column(dict(each)) for each in units["columns"])


def _column(each: dict[str, Any]) -> Column:
    lists = {name: tuple(value) for name, value in each.items() if isinstance(value, list | tuple)}
    return Column(**{**each, **lists, "notation": Notation(**each["notation"])})
