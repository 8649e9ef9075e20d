"""How numbers and dates are written in cells: text to float64 and back to the same text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "#n/a", "#na", "missing"))
INFINITE = frozenset(("inf", "-inf", "+inf", "infinity", "-infinity", "∞", "-∞"))
SIGNS = re.compile(r"([-+]?)([$€£¥₹]?\s?)([-+]?[\d.,'\s]*\d[\d.,'eE+-]*)(\s?(?:[%‰$€£¥₹]|kr|zł|CHF|USD|EUR|GBP)?)")
GROUPED = {mark: re.compile(rf"-?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})*(?:[{other}]\d+)?|-?0(?:[{other}]\d+)?")
           for mark, other in ((",", "."), (".", ","), (" ", ".,"), ("'", ".,"), ("\u00a0", ".,"))}  # fmt: skip
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)?(?:\.(\d+))?(?:[eE][+-]?\d+)?")
DATES = (
    "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%b %d, %Y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOKED_AT = 1000  # cells that show how numbers are written
MOST_SIGNS = 0.9  # of them, that have a sign
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
    group: str = ""  # between groups of three digits
    before: str = ""  # a sign such as $
    after: str = ""  # a sign such as %
    plus: bool = False  # numbers above 0 have a +
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
        plain = self.bare(cell)
        if not plain or plain in "-." or not NUMBER.fullmatch(plain):
            raise ValueError(cell)
        value = float(plain)
        if abs(value) > LARGEST:
            raise ValueError(cell)
        return value

    def asked(self, cell: str) -> float:
        """The number that somebody typed, as the column has it, or without its signs, or without its groups: "1.234,50 EUR",
        "1.234,50", "1234,5", "1234.5". Raises ValueError."""
        plain = {} if self.date else {"before": "", "after": "", "plus": False}
        ways = [replace(self, **signs, **group) for signs in ({}, plain) for group in ({}, {"group": ""})]
        for way in ways:
            try:
                return way.value(cell)
            except ValueError:
                continue
        raise ValueError(cell)

    def bare(self, cell: str) -> str:
        """A cell without its signs, with a decimal point. Raises ValueError where they are others."""
        if self.before or self.after or self.plus:
            sign = "-" if cell[:1] == "-" else ""
            bare = cell[1:] if cell[:1] == "-" or (self.plus and cell[:1] == "+") else cell
            if not (bare.startswith(self.before) and bare.endswith(self.after)) or bare[len(self.before) :][:1] == "-":
                raise ValueError(cell)
            cell = sign + bare[len(self.before) : len(bare) - len(self.after)]
        if self.group:
            if not GROUPED[self.group].fullmatch(cell):
                raise ValueError(cell)
            cell = cell.replace(self.group, "")
        return cell.replace(",", ".") if self.mark == "," else cell

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
        written = written.replace(".", ",") if self.mark == "," else written
        if self.group:
            whole, mark, rest = written.partition(self.mark)
            written = f"{int(whole):,}".replace(",", self.group) + mark + rest if whole.strip("-0") else written
        if self.before or self.after or self.plus:
            sign = "-" if written[0] == "-" else "+" if self.plus and value > 0 else ""
            written = sign + self.before + written.removeprefix("-") + self.after
        return written


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
    signs = _signs(given)
    candidates = [Notation(mark=mark, **signs) for mark in ".,"]
    group = _group(candidates[0], given)
    if group:
        candidates = [Notation(mark="," if group == "." else ".", group=group, **signs)]
        if group not in ",.":
            candidates.append(Notation(mark=",", group=group, **signs))
    found = [[_is_number(notation, cell) for cell in given] for notation in candidates]
    best = max(range(len(found)), key=lambda place: sum(found[place]))
    notation, right = candidates[best], found[best]
    written = [notation.bare(cell) for cell, good in zip(given, right, strict=True) if good]
    parts = [cell.partition(".")[2] for cell in written]
    lengths = [len(part) for part in parts] or [0]
    largest = max((len(cell.lstrip("-").partition(".")[0]) for cell in written), default=0)
    if any("e" in cell.lower() for cell in written) or largest + max(lengths) > EXACT_DIGITS:
        digits = max(len(_significant(cell)) for cell in written)
        return replace(notation, digits=min(max(digits, 1), 17)), right
    return replace(notation, decimals=max(lengths), fewest=min(lengths)), right


def _signs(cells: Sequence[str]) -> dict[str, Any]:
    """The signs that most cells have: before and after the digits, and whether numbers above 0 have a +."""
    found = [match.groups() for cell in cells[:LOOKED_AT] if (match := SIGNS.fullmatch(cell))]
    if len(found) < MOST_SIGNS * len(cells[:LOOKED_AT]):
        return {}
    before, after = (Counter(each[place] for each in found).most_common(1)[0][0] for place in (1, 3))
    pluses = sum(each[0] == "+" or each[2][0] == "+" for each in found)
    bare = sum(
        not each[0] and each[2][0] not in "+-" and any(letter in "123456789" for letter in each[2]) for each in found
    )
    return {"before": before, "after": after, "plus": pluses > bare}


def _group(plain: Notation, cells: Sequence[str]) -> str:
    """What stands between groups of three digits, if all cells can be read so and one has it; "" = nothing does. 1.234 is a number
    with three decimals, unless 1.234.567 or 1.234,50 is among them; 1,234 is one thousand, unless other cells say that it is not."""
    try:
        bare = [plain.bare(cell) for cell in cells[:LOOKED_AT]]
    except ValueError:
        return ""
    for group, pattern in GROUPED.items():
        if any(_tells(group, cell) for cell in bare) and all(pattern.fullmatch(cell) for cell in bare):
            return group
    return ""


def _tells(group: str, cell: str) -> bool:
    """Whether a cell has this mark between groups of digits, beyond doubt for points: 1.234.567 or 1.234,50."""
    return cell.count(group) > 1 or (group in cell and (group != "." or "," in cell))


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
