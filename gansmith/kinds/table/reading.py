"""Files with a table, as text: .csv and .tsv of any encoding and separator, .parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from gansmith.ground.errors import DataError, brief, counted

ENDINGS = (".csv", ".tsv", ".parquet")
SEPARATORS = ",;\t|"
LOOKED_AT = 200  # rows that show the separator
FEWEST_ROWS = 10
LONGEST_CELL = 1_000_000  # characters
PICTURES = (b".png", b".jpg", b".jpeg", b".webp", b".bmp", b".tif", b".gif")


@dataclass(frozen=True)
class Text:
    """A table as text."""

    header: tuple[str, ...]  # as in the file
    names: tuple[str, ...]  # the same, unique and none empty
    cells: tuple[tuple[str, ...], ...]  # column after column
    separator: str = ","
    remarks: tuple[str, ...] = ()  # how the file was understood, where it could have been otherwise

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.cells[0])


def read(path: Path) -> Text:
    """The table in a file. Raises DataError."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or brief(error)}): give another file") from None
    text, remarks = _decoded(data, path)
    separator = _separator(text, "\t" if path.suffix.lower() == ".tsv" else ",")
    rows = _rows(text, separator, path)
    return _table(path, rows, separator, remarks)


def of_records(records: np.ndarray) -> Text:
    """The table in an array (N,) with named fields of texts, bytes or numbers, which have the digits of their own precision."""
    names = records.dtype.names or ()
    fields = [records[name] for name in names]
    cells = [
        np.char.decode(each, "utf-8", "replace") if each.dtype.kind == "S" else each.astype(str) for each in fields
    ]
    return Text(names, names, tuple(tuple(each.tolist()) for each in cells))


def _decoded(data: bytes, path: Path) -> tuple[str, list[str]]:
    """The characters of a file: by its byte order mark, else UTF-8, else the old Windows code page, which is said."""
    if not data.strip():
        raise DataError(f"{path} is empty: give a table with a heading and at least {FEWEST_ROWS} rows")
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark):
            try:
                return data.decode(encoding), []
            except UnicodeDecodeError:
                continue
    if b"\0" in data[:4096]:
        raise DataError(f"{path} holds bytes and no text: give a table as .csv, .tsv or .parquet")
    return data.decode("cp1252", "replace"), ["the file is no UTF-8: read as Windows-1252 (save it as UTF-8 otherwise)"]


def _separator(text: str, usual: str) -> str:
    """The separator that gives most rows the same number of cells, above one; the usual one where none does."""
    best, found = 0.0, usual
    for separator in (usual, *(other for other in SEPARATORS if other != usual)):
        try:
            lengths = [len(row) for row in islice(_reader(text, separator), LOOKED_AT) if row]
        except csv.Error:
            continue
        width, count = Counter(lengths).most_common(1)[0] if lengths else (1, 0)
        score = count / max(len(lengths), 1) + 0.01 * min(width, 50) if width > 1 else 0.0
        if score > best + 1e-9:
            best, found = score, separator
    return found


def _reader(text: str, separator: str):
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)


def _rows(text: str, separator: str, path: Path) -> list[list[str]]:
    """All rows but blank ones."""
    try:
        rows = [[cell.strip() for cell in row] for row in _reader(text, separator)]
    except csv.Error as error:
        raise DataError(
            f"{path} cannot be read as a table ({brief(error)}): look for a quotation mark without its partner, or a "
            f"cell of more than {LONGEST_CELL:,} characters"
        ) from None
    return [row for row in rows if len(row) > 1 or any(row)]


def _table(path: Path, rows: list[list[str]], separator: str, remarks: list[str]) -> Text:
    """Rows as columns under their names; the first row is the heading, unless it holds numbers alone."""
    rows = _without_frills(rows, separator, remarks)
    header = rows.pop(0)
    if header and all(is_plain_number(cell) for cell in header):
        rows.insert(0, header)
        header = [f"column {index + 1}" for index in range(len(header))]
        remarks.append(
            "the first row holds numbers alone, so there is no heading: columns are numbered (add a heading)"
        )
    width = len(header)
    whole = [row for row in rows if len(row) == width]
    if len(whole) < len(rows):
        ragged = next(row for row in rows if len(row) != width)
        remarks.append(
            f"{counted(len(rows) - len(whole), 'row')} do not have the heading's {counted(width, 'cell')} and are left out, as "
            f"{separator.join(ragged)[:40]!r}"
        )
    if len(whole) < FEWEST_ROWS:
        raise DataError(f"{path} has {len(whole)} usable rows: a table needs at least {FEWEST_ROWS}, better thousands")
    return Text(tuple(header), _names(header, remarks), tuple(zip(*whole, strict=True)), separator, tuple(remarks))


def _without_frills(rows: list[list[str]], separator: str, remarks: list[str]) -> list[list[str]]:
    """Rows without comments above the heading, and without what a separator at the end of each row makes. They are not empty."""
    width = Counter(map(len, rows)).most_common(1)[0][0]
    comments = next((place for place, row in enumerate(rows) if not row[0].startswith("#") or len(row) >= width), 0)
    if comments:
        remarks.append(f"{counted(comments, 'line')} of comment are left out, as {separator.join(rows[0])[:40]!r}")
        rows = rows[comments:]
    nothing = width > 1 and all(len(row) < width or not row[width - 1] for row in rows[1:])
    if nothing and (len(rows[0]) == width - 1 or (len(rows[0]) == width and not rows[0][-1])):
        rows = [row[: width - 1] for row in rows]
        remarks.append(f"rows end with {separator!r}, and what is behind it is left out: it is empty")
    return rows


def _names(header: Sequence[str], remarks: list[str]) -> tuple[str, ...]:
    """Names that are unique and not empty."""
    names: list[str] = []
    for index, given in enumerate(header):
        name, number = given or f"column {index + 1}", 2
        while name in names:
            name, number = f"{given}.{number}", number + 1
        names.append(name)
    doubled = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if doubled:
        remarks.append(
            f"several columns are called {', '.join(doubled)[:60]}: the later ones are {doubled[0]}.2 and so on"
        )
    return tuple(names)


def is_of_pictures(path: Path) -> bool:
    """Whether a file holds pictures (.parquet with bytes or nested columns) or names files of them."""
    if path.suffix.lower() != ".parquet":
        with open(path, "rb") as file:
            start = file.read(4096).lower()
        return any(ending in start for ending in PICTURES)
    try:
        from pyarrow import types
        from pyarrow.parquet import read_schema

        found = read_schema(path).types
    except (ImportError, OSError, ValueError):
        return True  # the data room says what is missing or damaged
    return any(types.is_nested(each) or types.is_binary(each) or types.is_large_binary(each) for each in found)


def is_plain_number(cell: str) -> bool:
    """Whether a cell is a number in a program's notation."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parquet(path: Path) -> Text:
    """The columns of a parquet file. Raises DataError."""
    from gansmith.ground.process.extras import need

    need("containers", "pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    try:
        found = parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as parquet ({brief(error)}): give another file") from None
    if found.num_rows < FEWEST_ROWS or not found.num_columns:
        raise DataError(
            f"{path} has {found.num_rows} usable rows: a table needs at least {FEWEST_ROWS}, better thousands"
        )
    cells = tuple(
        tuple("" if cell is None else str(cell).strip() for cell in column.to_pylist()) for column in found.columns
    )
    remarks: list[str] = []
    header = tuple(map(str, found.column_names))
    return Text(header, _names(header, remarks), cells, ",", tuple(remarks))
