"""What the columns of a table are, found from their cells, or as the user says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from gansmith.ground.errors import DataError, counted, nearest
from gansmith.kinds.table import notation
from gansmith.kinds.table.columns import KINDS, NUMBERS, Column, ColumnKind
from gansmith.kinds.table.notation import is_missing
from gansmith.kinds.table.numbers import outlying
from gansmith.kinds.table.numbers.quantiles import QUANTILES
from gansmith.kinds.table.reading import Text

MOST_CATEGORIES = 100  # that the networks tell apart
GRID = 200  # values of a number, at most, that are few
MOSTLY = 0.9  # of a column's cells: numbers, though some are none
WORDS = 0.5  # distinct cells over cells: more is free text
FEW = 20  # different values that are never an identifier or free text
YES_NO = frozenset(
    frozenset(pair.split())
    for pair in ("yes no", "y n", "true false", "t f", "1 0", "on off", "ja nein", "oui non", "si no")
)


@dataclass(frozen=True)
class Understood:
    """The columns, and what was guessed, left out or cut: a line each."""

    columns: tuple[Column, ...]
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def corrections(written: str, names: Sequence[str]) -> dict[str, ColumnKind]:
    """Kinds of columns as the user writes them: "zip:category, income:continuous". Raises DataError."""
    given: dict[str, ColumnKind] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, _, kind = (str(word).strip() for word in part.rpartition(":"))
        if name not in names:
            raise DataError(f"data.columns: there is no column {name!r}{nearest(name, names)}")
        known = next((each for each in KINDS if each == kind.lower()), None)
        if known is None or known == "constant":
            kinds = ", ".join(each for each in KINDS if each != "constant")
            raise DataError(f"data.columns: {kind!r} of column {name!r} is no kind of column: write {kinds}")
        given[name] = cast("ColumnKind", known)
    return given


def understand(text: Text, given: Mapping[str, ColumnKind] | None = None) -> Understood:
    """The columns of a table. given: kinds that the user corrects. Raises DataError where nothing can be learned."""
    remarks = list(text.remarks)
    columns = [
        _column(name, header, cells, (given or {}).get(name), remarks)
        for name, header, cells in zip(text.names, text.header, text.cells, strict=True)
    ]
    left_out = [line for kind, line in LEFT_OUT.items() for line in _named(columns, kind, line)]
    if not any(column.learned for column in columns):
        why = "; ".join(left_out) or "there is no column"
        raise DataError(f"nothing in this table can be learned: {why}"[:400])
    return Understood(tuple(columns), (*remarks, *outlying.warnings(columns, text.cells)), tuple(left_out))


LEFT_OUT: dict[ColumnKind, str] = {
    "identifier": "identifiers are not learned, and samples number them from 1 (data.columns=NAME:category learns one): {}",
    "text": "free text is not learned, and is empty in samples (data.columns=NAME:category learns it): {}",
    "constant": "columns with one value alone are not learned, and are the same in samples: {}",
}


def _named(columns: Sequence[Column], kind: ColumnKind, line: str) -> list[str]:
    names = [column.name for column in columns if column.kind == kind]
    return [line.format(", ".join(names)[:200])] if names else []


def _column(name: str, header: str, cells: Sequence[str], given: ColumnKind | None, remarks: list[str]) -> Column:
    """What a column is."""
    there = [cell for cell in cells if not is_missing(cell)]
    gone = Counter(cell for cell in cells if is_missing(cell))
    infinite = sum(count for cell, count in gone.items() if cell.lower() in notation.INFINITE)
    if infinite:
        remarks.append(f"column {name}: {infinite:,} infinite cells count as missing")
    missing = gone.most_common(1)[0][0] if gone else None
    column, kinds = Column(name, header, "constant", missing), Counter(there)
    if not there or (len(kinds) == 1 and not gone and given is None):
        return replace(column, cell=there[0] if there else missing or "")
    if given in ("identifier", "text"):
        return replace(column, kind=given)
    number = None if given in ("category", "yes/no") else _number(column, there, given, remarks)
    if number is not None:
        return number
    if given is None and len(kinds) > FEW:
        if len(kinds) == len(cells):
            return replace(column, kind="identifier")
        if len(kinds) > WORDS * len(there):
            return replace(column, kind="text")
    return _category(column, kinds, gone, remarks)


def _number(column: Column, there: list[str], given: ColumnKind | None, remarks: list[str]) -> Column | None:
    """A column of numbers or dates; None where it is neither, or identifies its rows. Raises DataError."""
    written = None if given in ("whole", "continuous") else notation.dates(there)
    right = [True] * len(there)
    if written is None:
        written, right = notation.numbers(there)
    share = sum(right) / len(there)
    if given in NUMBERS and (not share or (given == "date") != bool(written.date)):
        raise DataError(f"data.columns: column {column.name!r} is no {given}: its cells are such as {there[0][:40]!r}")
    wrong = sorted({cell for cell, good in zip(there, right, strict=True) if not good})
    distinct = len(set(there))
    if given is None and (share < MOSTLY or (wrong and distinct <= FEW) or (not written.date and _is_flag(there))):
        return None
    if wrong:
        count = len(right) - sum(right)
        remarks.append(
            f"column {column.name}: {count:,} of {counted(len(there), 'cell')} are no numbers and count as missing, as "
            f"{wrong[0][:30]!r} (data.columns={column.name}:category keeps them)"
        )
        column = replace(column, missing="" if column.missing is None else column.missing)
    values = np.sort(np.array([written.value(cell) for cell, good in zip(there, right, strict=True) if good]))
    if given is None and column.missing is None and values[0] == values[-1]:
        ways = Counter(there).most_common()
        remarks.append(
            f"column {column.name}: all cells are the same number, written in {len(ways)} ways, as {ways[0][0][:30]!r} and "
            f"{ways[1][0][:30]!r}: it is the constant {ways[0][0][:30]!r}"
        )
        return replace(column, cell=ways[0][0])
    whole = not (written.decimals or written.digits or written.date)
    if given is None and whole and distinct == len(there) > FEW and _identifies(column, values):
        return replace(column, kind="identifier")
    kind = "date" if written.date else "whole" if whole else "continuous"
    return with_quantiles(replace(column, kind=given or kind, notation=written), values)


def _is_flag(there: Sequence[str]) -> bool:
    """Whether the cells are 0 and 1 alone."""
    return {cell.lower() for cell in there} in YES_NO


def _identifies(column: Column, values: np.ndarray) -> bool:
    """Whether different whole numbers number their rows: without a gap, or by their name."""
    word = column.header.lower().replace("-", "_")
    called = word in ("", "id", "index", "key", "uuid", "row", "nr", "no") or word.endswith(("_id", "_key", " id"))
    return column.missing is None and (called or values[-1] - values[0] == len(values) - 1)


def with_quantiles(column: Column, values: np.ndarray) -> Column:
    """A column of numbers with what leads to the networks and back. values: float64, sorted."""
    size = float(np.abs(values).max()) or 1.0
    spread = np.sort(spread_out(values, column.notation.step)) / size
    steps = np.linspace(0, 1, min(QUANTILES, len(values)))
    distinct = np.unique(values)
    return replace(
        column,
        size=size,
        count=len(values),
        quantiles=tuple(np.quantile(spread, steps).tolist()),
        grid=tuple(distinct.tolist()) if len(distinct) <= GRID else (),
    )


def spread_out(values: np.ndarray, step: float) -> np.ndarray:
    """Numbers that are multiples of a step, moved by less than half of it, so that equal ones fill an interval. What moves them
    depends on their places alone."""
    if not step:
        return values
    golden = (np.arange(len(values)) * 0.6180339887498949) % 1
    return values + (golden - 0.5) * (0.5 * step)


def _say_alike(name: str, known: Sequence[str], remarks: list[str]) -> None:
    """A line where categories are the same word but for capitals and spaces."""
    alike: dict[str, list[str]] = {}
    for cell in known:
        alike.setdefault(" ".join(cell.casefold().split()), []).append(cell)
    groups = [cells for cells in alike.values() if len(cells) > 1]
    if groups:
        count = sum(map(len, groups))
        remarks.append(
            f"column {name}: {counted(count, 'category', 'categories')} differ in capitals or spaces alone, as {groups[0][0][:30]!r} and "
            f"{groups[0][1][:30]!r}: they are learned as different ones (write them alike in the file)"
        )


def _category(column: Column, kinds: Counter[str], gone: Counter[str], remarks: list[str]) -> Column:
    """A column of categories; the rarest are one, if there are too many."""
    known = [cell for cell, _ in kinds.most_common()]
    _say_alike(column.name, known, remarks)
    if len(known) == 2 and frozenset(cell.lower() for cell in known) in YES_NO:
        column = replace(column, kind="yes/no")
    else:
        column = replace(column, kind="category")
    rest: list[str] = []
    if len(known) > MOST_CATEGORIES:
        rare = known[MOST_CATEGORIES - 1 :]
        rest = list(Counter({cell: kinds[cell] for cell in rare}).elements())
        remarks.append(
            f"column {column.name}: the {len(rare):,} rarest of {counted(len(known), 'category', 'categories')} are "
            "learned as one, and drawn by how "
            "often they come"
        )
        known = known[: MOST_CATEGORIES - 1]
    missing = [] if column.missing is None else [column.missing]
    return replace(column, categories=(*sorted(known), *missing, *rest[:1]), rest=tuple(rest))
