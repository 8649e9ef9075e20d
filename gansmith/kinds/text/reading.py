"""A file of short lines: its encoding is found, lines are normalised, and what cannot be used is counted by its reason."""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gansmith.ground.errors import DataError, as_typed, counted, typed
from gansmith.kinds.table import reading as tables

LONGEST = 32  # characters of a line; longer ones are left out
ALPHABET_MOST = 200  # characters; lines with others than the most frequent ones are left out
LEAST = 16  # lines: with fewer there is nothing to learn
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins like that one's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OTHERWISE = "cp1252"  # what files without a mark are that are no UTF-8: Western European, as Windows wrote it


@dataclass(frozen=True)
class Read:
    """The lines of a file."""

    lines: list[str]  # NFC, without spaces at their ends, each of 1..LONGEST characters
    left_out: tuple[str, ...]  # a line for each reason
    remarks: tuple[str, ...]  # how the file was understood


def read_lines(path: Path) -> Read:
    """Read a file. Raises DataError where it is no text, or has too few lines that can be used."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}): give another file") from None
    text, remarks = decoded(data, path.name)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        del lines[-1]  # what stands behind the last line's end is no line
    used, _, left_out = usable(lines)
    _enough(used, left_out, path.name)
    return Read(used, left_out, remarks)


def _enough(used: Sequence[str], left_out: Sequence[str], name: str) -> None:
    """Raises DataError for too few lines."""
    if len(used) < LEAST:
        raise DataError(
            f"{name} has {counted(len(used), 'line')} of 1 to {LONGEST} characters, and {LEAST} are the least"
            + "".join(f"; {line}" for line in left_out)
            + ": give a file with one word or short line in each line"
        )


def read_column(path: Path) -> Read:
    """The lines of a table with one column, or the rows of another one, which is said. Raises DataError."""
    table = tables.read(path)
    if len(table.names) > 1:
        found = read_lines(path)
        ways = f"each row is read as a line; `{typed('train', 'table', '--data', as_typed(path))}` learns the columns"
        return replace(
            found, remarks=(*found.remarks, f"{path.name} has {counted(len(table.names), 'column')}: {ways}")
        )
    used, _, left_out = usable(table.cells[0])
    _enough(used, left_out, path.name)
    return Read(used, left_out, (*table.remarks, f"the first row is the heading, and no line: {table.header[0]!r}"))


def begins_as_text(path: Path) -> bool:
    """Whether a file begins with short lines in UTF-8."""
    try:
        with path.open("rb") as file:
            begin = file.read(2048)
        lines = begin.decode("utf-8", errors="strict" if len(begin) < 2048 else "ignore").split("\n")
    except (OSError, UnicodeDecodeError):
        return False
    return b"\0" not in begin and len(lines) > LEAST and all(len(line) <= 2 * LONGEST for line in lines)


def decoded(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a remark where its encoding had to be guessed. Raises DataError for what is no text."""
    marked = next((encoding for mark, encoding in MARKS if data.startswith(mark)), None)
    if marked is None and b"\0" in data:
        raise DataError(
            f"{name} holds bytes of 0, so it is no text: give a text file in UTF-8, one short line in each line"
        )
    try:
        return data.decode(marked or "utf-8"), ()
    except UnicodeDecodeError:
        if marked is not None:
            raise DataError(f"{name} begins as {marked} and is none further on: save it as UTF-8") from None
    text = data.decode(OTHERWISE, errors="replace")
    return text, (f"{name} is no UTF-8, so it was read as {OTHERWISE}: save it as UTF-8 if letters look wrong",)


def usable(lines: Sequence[str], empty: bool = False) -> tuple[list[str], list[int], tuple[str, ...]]:
    """(the lines that can be used, the row of each, how many were left out for which reason). empty: an empty line is one too."""
    out: Counter[str] = Counter()
    kept: dict[int, str] = {}
    for row, raw in enumerate(lines):
        line = unicodedata.normalize("NFC", raw.replace("\t", " ")).strip()
        reason = _unusable(line, empty)
        if reason is None:
            kept[row] = line
        else:
            out[reason] += 1
    known = _frequent_characters(kept.values())
    used = {row: line for row, line in kept.items() if known.issuperset(line)}
    out[f"with characters beside the {ALPHABET_MOST} most frequent ones"] += len(kept) - len(used)
    reasons = (f"{count:,} {'line' if count == 1 else 'lines'} {reason}" for reason, count in out.items() if count)
    return list(used.values()), list(used), tuple(reasons)


def _unusable(line: str, empty: bool) -> str | None:
    """Why a line cannot be used."""
    if not line and not empty:
        return "empty"
    if len(line) > LONGEST:
        return f"longer than {LONGEST} characters"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cn") or character == "\ufffd" for character in line):
        return "with control characters or unreadable ones"
    return None


def _frequent_characters(lines: Iterable[str]) -> set[str]:
    """The ALPHABET_MOST most frequent characters."""
    counts = Counter(character for line in lines for character in line)
    return set(sorted(counts, key=lambda character: (-counts[character], character))[:ALPHABET_MOST])
