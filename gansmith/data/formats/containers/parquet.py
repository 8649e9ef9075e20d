"""Parquet as the Hugging Face Hub has it: files with a column of encoded pictures and one of classes.

Files named `train-...` and `test-...` are splits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from gansmith.data.formats.classes import SPLIT_NAMES, SPLIT_ORDER
from gansmith.data.formats.containers.library import library, readable
from gansmith.data.formats.listing import Listing, Opened, Reader, Unreadable, chosen_splits, interleaved
from gansmith.data.formats.tables.list_contents import CLASS_COLUMNS
from gansmith.ground.errors import DataError, brief

ENDING = ".parquet"
KEPT_BYTES = 2**28  # of the groups of rows that a process keeps while it reads: classes in turn jump between them


def files_in(path: Path) -> list[Path]:
    """The parquet file, or all of a folder, in order."""
    if path.is_file():
        return [path]
    return sorted(
        found
        for found in path.rglob(f"*{ENDING}")
        if not any(p.startswith(".") for p in found.parts[len(path.parts) :])
    )


def _opened(path: Path) -> Any:
    """A file. Raises DataError."""
    library_ = library("pyarrow.parquet", path)
    with readable(path, "Parquet"):
        return library_.ParquetFile(path)


def picture_column(file: Any, path: Path) -> str:
    """The first column of encoded pictures: of bytes, or of records with bytes. Raises DataError."""
    for column in file.schema_arrow:
        kind = str(column.type)
        if kind.startswith(("binary", "large_binary")) or (kind.startswith("struct") and "bytes: binary" in kind):
            return column.name
    raise DataError(
        f"{path} has no column of encoded pictures (bytes, or records with bytes), only "
        f"{', '.join(file.schema_arrow.names[:8])}: give one that has"
    )


@contextmanager
def open_parquet(path: Path) -> Iterator[Opened]:
    """Pictures by `file/row`; groups of rows read of late are kept, KEPT_BYTES of them or one. Raises DataError."""
    with ExitStack() as stack:
        files: dict[str, tuple[Any, str, np.ndarray]] = {}
        kept: dict[tuple[str, int], Any] = {}  # (file, group) -> its pictures; the last used last

        def picture(name: str) -> IO[bytes]:
            which, _, row = name.rpartition("/")
            if which not in files:
                file = stack.enter_context(_opened(path / which if path.is_dir() else path))
                counts = [file.metadata.row_group(index).num_rows for index in range(file.metadata.num_row_groups)]
                files[which] = file, picture_column(file, path), np.cumsum([0, *counts])
            file, column, starts = files[which]
            group = int(np.searchsorted(starts, int(row), side="right")) - 1
            rows = kept.pop((which, group), None)
            if rows is None:
                try:
                    rows = file.read_row_group(group, columns=[column]).column(0)
                except Exception as error:
                    raise Unreadable(f"damaged in the file ({brief(error)})") from None
                while kept and rows.nbytes + sum(other.nbytes for other in kept.values()) > KEPT_BYTES:
                    del kept[next(iter(kept))]
            kept[which, group] = rows
            cell = rows[int(row) - int(starts[group])]
            if isinstance(cell, Mapping):  # the bytes beside a name, which is not read: it may be no text
                cell = cell.get("bytes")
            value = None if cell is None else cell.as_py()
            if value is None:
                raise Unreadable("no picture in this row")
            return BytesIO(value)

        yield picture


def listing(reader: Reader, split: str) -> Listing:
    """The rows of a split, classes in turn. Raises DataError."""
    path = reader.path
    paths = files_in(path)
    of = [SPLIT_NAMES.get(file.name.partition("-")[0].partition(".")[0].lower(), "") for file in paths]
    splits = tuple(name for name in SPLIT_ORDER if name in of) if all(of) else ()
    wanted = chosen_splits(str(path), splits, split)
    chosen = [file for part in wanted for file, own in zip(paths, of, strict=True) if own == part] if splits else paths
    names, values, known, counts = [], [], (), dict.fromkeys(wanted, 0)
    for file in chosen:
        with readable(file, "Parquet"), _opened(file) as opened:
            picture_column(opened, file)
            rows = opened.metadata.num_rows
            place = file.relative_to(path).as_posix() if path.is_dir() else file.name
            names += [f"{place}/{row}" for row in range(rows)]
            column, classes = class_column(opened)
            known = known or classes
            values += opened.read(columns=[column]).column(0).to_pylist() if column else [None] * rows
            if splits:
                counts[of[paths.index(file)]] += rows
    if not names:
        raise DataError(f"{path} holds no rows: give a file or a folder that has some")
    labels, class_names = None, ()
    if not any(value is None or (known and not 0 <= value < len(known)) for value in values):
        found, numbers = np.unique(np.array(values), return_inverse=True)
        class_names = known or tuple(map(str, found.tolist()))
        labels = (np.array(values) if known else numbers).astype(np.int64)
    order = interleaved(labels, np.repeat(np.arange(len(counts) or 1), list(counts.values()) or [len(names)]))
    return Listing(
        path.name,
        [names[row] for row in order.tolist()],
        reader=reader,
        labels=None if labels is None else labels[order],
        class_names=class_names,
        splits=splits,
        parts=tuple(counts.items()),
        notes=(f"split {' + '.join(wanted)} of {', '.join(splits)}",) if splits else (),
    )


def class_column(file: Any) -> tuple[str, tuple[str, ...]]:
    """The column of classes, "" where there is none, and the classes' names, where the Hub's heading tells them."""
    heading = (file.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
    try:
        features = json.loads(heading)["info"]["features"]
    except (ValueError, KeyError, TypeError):
        features = {}
    whole = [
        column.name for column in file.schema_arrow if str(column.type) in ("int64", "int32", "int16", "int8", "string")
    ]
    named = [name for name in whole if isinstance(features.get(name), dict) and "names" in features[name]]
    usual = [name for wanted in CLASS_COLUMNS for name in whole if name.lower() == wanted]
    column = next(iter((*named, *usual)), "")
    return column, tuple(features[column]["names"]) if column in named else ()
