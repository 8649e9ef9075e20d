"""How numbers and dates are written in cells: text to float64 and back to the same text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "#n/a", "#na", "missing"))
INFINITE = frozenset(("inf", "-inf", "+inf", "infinity", "-infinity", "∞", "-∞"))
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)?(?:\.(\d+))?(?:[eE][+-]?\d+)?")
DATES = (
    "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%b %d, %Y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXACT_DIGITS = 15  # of a float64
LARGEST = 1e307


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.lower() in MISSING or cell.lower() in INFINITE


@dataclass(frozen=True)
class Notation:
    """How the numbers of a column are written."""

    mark: str = "."  # between whole and decimals
    decimals: int = 0  # the most that a cell has
    fewest: int = 0  # zeros at the end are cut off down to so many
    digits: int = 0  # significant digits, where cells have exponents or are too long for decimals; 0 = by decimals
    date: str = ""  # the format of dates; "" = numbers
    timed: bool = False  # dates with a time: seconds; else days

    @property
    def step(self) -> float:
        """The smallest difference of two cells; 0 where it is not the same everywhere."""
        return 0.0 if self.digits else 10.0**-self.decimals

    def value(self, cell: str) -> float:
        """The number in a cell: a date's days or seconds since 1970. Raises ValueError, also beyond 1e307."""
        if self.date:
            since = datetime.strptime(cell, self.date).replace(tzinfo=UTC) - EPOCH
            return since.total_seconds() if self.timed else float(since.days)
        plain = cell.replace(",", ".") if self.mark == "," else cell
        if not plain or plain in "-." or not NUMBER.fullmatch(plain):
            raise ValueError(cell)
        value = float(plain)
        if abs(value) > LARGEST:
            raise ValueError(cell)
        return value

    def text(self, value: float) -> str:
        """A number as a cell of the column has it."""
        if self.date:
            try:
                moment = EPOCH + (timedelta(seconds=round(value)) if self.timed else timedelta(days=round(value)))
                return moment.strftime(self.date)
            except OverflowError:
                return ""
        if self.digits:
            written = f"{value:.{self.digits}g}"
        else:
            written = f"{value:.{self.decimals}f}"
            for _ in range(self.decimals - self.fewest):
                if not written.endswith("0"):
                    break
                written = written[:-1]
            written = written.removesuffix(".")
            if not any(letter in "123456789" for letter in written):
                written = written.removeprefix("-")
        return written.replace(".", ",") if self.mark == "," else written


def dates(cells: Sequence[str]) -> Notation | None:
    """The notation of dates, if all cells are dates of one format. Of day and month the first is the month where both fit."""
    sample = cells[0]
    if not any(letter.isdigit() for letter in sample) or len(sample) < 8:
        return None
    for date in DATES:
        notation = Notation(date=date, timed="%H" in date)
        try:
            if all(notation.text(notation.value(cell)) == cell or "%b" not in date for cell in cells):
                return notation
        except ValueError:
            continue
    return None


def numbers(cells: Iterable[str]) -> tuple[Notation, list[bool]]:
    """The notation of numbers, and which cells are numbers in it: with a decimal comma if more cells are numbers then."""
    given = list(cells)
    found = [[_is_number(Notation(mark=mark), cell) for cell in given] for mark in ".,"]
    mark = "," if sum(found[1]) > sum(found[0]) else "."
    right = found[mark == ","]
    written = [cell.replace(mark, ".") for cell, good in zip(given, right, strict=True) if good]
    parts = [cell.partition(".")[2] for cell in written]
    lengths = [len(part) for part in parts] or [0]
    largest = max((len(cell.lstrip("-").partition(".")[0]) for cell in written), default=0)
    if any("e" in cell.lower() for cell in written) or largest + max(lengths) > EXACT_DIGITS:
        digits = max(len(_significant(cell)) for cell in written)
        return Notation(mark, digits=min(max(digits, 1), 17)), right
    return Notation(mark, max(lengths), min(lengths)), right


def _is_number(notation: Notation, cell: str) -> bool:
    try:
        notation.value(cell)
    except ValueError:
        return False
    return True


def _significant(cell: str) -> str:
    """The digits of a number without its exponent and zeros in front."""
    return re.split("[eE]", cell)[0].replace(".", "").lstrip("-0")


def values(notation: Notation, cells: Sequence[str]) -> np.ndarray:
    """Cells as float64 (N,), NaN where a cell is missing or nothing of the kind."""
    made = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        if not is_missing(cell):
            try:
                made[index] = notation.value(cell)
            except ValueError:
                continue
    return made
