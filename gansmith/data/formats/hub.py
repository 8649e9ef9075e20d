"""Hugging Face datasets: `hf:user/name`, `hf:user/name:configuration`, or a folder written by `save_to_disk`.

Pictures are the first column of images, classes the first column of class labels, attributes all columns of truth
values. The library `datasets` is imported only for such a source.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from gansmith.data.formats.classes import SPLIT_NAMES, SPLIT_ORDER
from gansmith.data.formats.listing import Attributes, Listing, Opened, Reader, Unreadable, chosen_splits, interleaved
from gansmith.ground.errors import DataError

PREFIX = "hf:"
SAVED = ("dataset_dict.json", "dataset_info.json")  # in a saved dataset's folder


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` wrote a folder."""
    return (folder / SAVED[0]).is_file() or ((folder / SAVED[1]).is_file() and (folder / "state.json").is_file())


@contextmanager
def open_dataset(path: Path) -> Iterator[Opened]:
    """Pictures by `split/row` of a dataset: `path` is a saved one's folder, or user/name[:configuration].

    Raises DataError.
    """
    sets = load(path)

    def picture(name: str) -> IO[bytes]:
        split, _, row = name.rpartition("/")
        rows = sets[split]
        found = rows[int(row)][_column(rows, "Image")]
        if found is None:
            raise Unreadable("no picture in this row")
        if found.get("bytes") is not None:
            return BytesIO(found["bytes"])
        try:
            return open(found["path"], "rb")
        except (OSError, TypeError) as error:
            raise Unreadable(f"its file is missing ({error})") from None

    yield picture


def load(path: Path) -> dict[str, Any]:
    """The splits of a dataset, with encoded pictures. Raises DataError."""
    try:
        library = importlib.import_module("datasets")
    except ImportError:
        raise DataError(
            "Hugging Face datasets are read by the library `datasets`, which is not installed: pip install datasets"
        ) from None
    try:
        if path.is_dir():
            found = library.load_from_disk(os.fspath(path))
        else:
            name, _, configuration = path.as_posix().partition(":")
            found = library.load_dataset(name, configuration or None)
    except Exception as error:  # its errors have no common base class
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise DataError(f"the dataset {path.as_posix()} cannot be loaded: {reason}") from None
    sets = dict(found) if isinstance(found, dict) else {"": found}
    return {split: _encoded(library, split, rows) for split, rows in sets.items()}


def _encoded(library: Any, split: str, rows: Any) -> Any:
    """Rows with encoded pictures, which `decode` will check."""
    column = _column(rows, "Image")
    if column is None:
        raise DataError(
            f"the dataset{f' (split {split})' if split else ''} has no column of pictures, only "
            f"{', '.join(rows.features)}: cast one to datasets.Image() and save it with save_to_disk"
        )
    return rows.cast_column(column, library.Image(decode=False)).with_format(None)


def _column(rows: Any, kind: str) -> str | None:
    """The first column of a kind of the library's features, or None."""
    return next((name for name, feature in rows.features.items() if type(feature).__name__ == kind), None)


def identity(path: Path) -> tuple[str, ...]:
    """Lines that change when the dataset does. Raises DataError."""
    return tuple(f"{split}|{len(rows)}|{rows._fingerprint}" for split, rows in load(path).items())


def listing(reader: Reader, split: str) -> Listing:
    """The rows of a split, classes in turn. Raises DataError."""
    title = reader.path.as_posix()
    sets = {SPLIT_NAMES.get(name, name): (name, rows) for name, rows in load(reader.path).items()}
    splits = tuple(name for name in SPLIT_ORDER if name in sets)
    wanted = chosen_splits(title, splits, split) if splits else tuple(sets)  # sets of other names are one
    names = [f"{sets[part][0]}/{row}" for part in wanted for row in range(len(sets[part][1]))]
    if not names:
        raise DataError(f"the dataset {title} holds no rows: choose another one, or another data.split")
    rows = [sets[part][1] for part in wanted]
    labels, class_names = _labels(rows)
    attributes = _attributes(rows)
    counts = [len(part) for part in rows]
    order = interleaved(labels, np.repeat(np.arange(len(wanted)), counts))
    return Listing(
        reader.path.name,
        [names[row] for row in order],
        reader=reader,
        labels=None if labels is None else labels[order],
        class_names=class_names,
        splits=splits,
        parts=tuple(zip(wanted, counts, strict=True)) if splits else (),
        notes=(f"split {' + '.join(wanted)} of {', '.join(splits)}",) if splits else (),
        attributes=None if attributes is None else attributes.rows(order),
    )


def _labels(sets: list[Any]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The labels int64 (N,) and the classes' names, from the first column of class labels."""
    column = _column(sets[0], "ClassLabel")
    if column is None:
        return None, ()
    labels = np.concatenate([np.array([-1 if v is None else v for v in rows[column]], np.int64) for rows in sets])
    return (None, ()) if labels.min(initial=0) < 0 else (labels, tuple(sets[0].features[column].names))


def _attributes(sets: list[Any]) -> Attributes | None:
    """The columns of truth values; a missing value is false."""
    questions = tuple(name for name, feature in sets[0].features.items() if getattr(feature, "dtype", None) == "bool")
    if not questions:
        return None
    columns = [np.concatenate([np.array([bool(v) for v in rows[name]], bool) for rows in sets]) for name in questions]
    return Attributes(questions, np.stack(columns, axis=1))
