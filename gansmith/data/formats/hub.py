"""Hugging Face datasets: `hf:user/name`, `hf:user/name:configuration`, or a folder written by `save_to_disk`.

The column of pictures is the first that holds pictures, the classes are the first column of class labels, and columns
of truth values are attributes. The library `datasets` is needed only where such a source is named.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from gansmith.data.formats.listing import Attributes, Listing, Unreadable, chosen_splits
from gansmith.ground.errors import DataError

PREFIX = "hf:"
SAVED = ("dataset_dict.json", "dataset_info.json")  # what a saved set's folder holds
SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}


def is_saved(folder: Path) -> bool:
    """Whether a folder is a set that `save_to_disk` wrote."""
    return (folder / SAVED[0]).is_file() or ((folder / SAVED[1]).is_file() and (folder / "state.json").is_file())


@dataclass(frozen=True)
class HubReader:
    """Pictures as rows of a dataset: `path` is a saved set's folder, or user/name[:configuration]."""

    path: Path
    kind: str = "hub"

    @contextmanager
    def opened(self) -> Iterator[OpenHub]:
        """Load the dataset, which is mapped and not read. Raises DataError."""
        yield OpenHub(load(self.path))


@dataclass(frozen=True)
class OpenHub:
    """A dataset that is open: split -> rows."""

    sets: dict[str, Any]

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """The encoded picture of `split/row`. Raises Unreadable."""
        split, _, row = name.rpartition("/")
        rows = self.sets[split]
        found = rows[int(row)][picture_column(rows)]
        if found is None:
            raise Unreadable("no picture in this row")
        if found.get("bytes") is not None:
            yield BytesIO(found["bytes"])
            return
        try:
            file = open(found["path"], "rb")  # noqa: SIM115 - closed below; the caller's errors are not ours
        except (OSError, TypeError) as error:
            raise Unreadable(f"its file is missing ({error})") from None
        with file:
            yield file


def load(path: Path) -> dict[str, Any]:
    """The splits of a dataset, its pictures left encoded. Raises DataError."""
    library = _library()
    try:
        if path.is_dir():
            found = library.load_from_disk(os.fspath(path))
        else:
            name, _, configuration = path.as_posix().partition(":")
            found = library.load_dataset(name, configuration or None)
    except Exception as error:  # the library's own errors have no common base, nor do those of what it loads with
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise DataError(f"the dataset {path.as_posix()} cannot be loaded: {reason}") from None
    sets = dict(found) if isinstance(found, dict) else {"": found}
    return {split: _encoded(library, split, rows) for split, rows in sets.items()}


def _library() -> Any:
    try:
        return importlib.import_module("datasets")
    except ImportError:
        raise DataError(
            "Hugging Face datasets are read by the library `datasets`, which is not installed: "
            'pip install "gansmith[datasets]"'
        ) from None


def _encoded(library: Any, split: str, rows: Any) -> Any:
    """Rows whose pictures stay encoded: decoding is ours, with its guards."""
    columns = [name for name, feature in rows.features.items() if isinstance(feature, library.Image)]
    if not columns:
        raise DataError(
            f"the dataset{f' (split {split})' if split else ''} has no column of pictures, only "
            f"{', '.join(rows.features)}: cast one to datasets.Image() and save it with save_to_disk"
        )
    return rows.cast_column(columns[0], library.Image(decode=False)).with_format(None)


def picture_column(rows: Any) -> str:
    """The column that holds pictures."""
    return next(name for name, feature in rows.features.items() if type(feature).__name__ == "Image")


def identity(path: Path) -> tuple[str, ...]:
    """Lines that change with the dataset. Raises DataError."""
    return tuple(f"{split}|{len(rows)}|{rows._fingerprint}" for split, rows in load(path).items())


def listing(path: Path, split: str) -> Listing:
    """The rows of a split, dealt round their classes. Raises DataError."""
    from gansmith.data.formats.classes import dealt

    sets = {SPLITS.get(name, name): (name, rows) for name, rows in load(path).items()}
    splits = tuple(name for name in ("train", "validation", "test") if name in sets)
    if not splits:  # sets by other names are one
        wanted, splits = tuple(sets), ()
    else:
        wanted = chosen_splits(path.as_posix(), splits, split)
    names = [f"{sets[part][0]}/{row}" for part in wanted for row in range(len(sets[part][1]))]
    labels, class_names = _labels([sets[part][1] for part in wanted])
    if not names:
        raise DataError(f"the dataset {path.as_posix()} holds no rows")
    counts = [len(sets[part][1]) for part in wanted]
    order = dealt(labels, np.repeat(np.arange(len(wanted)), counts))
    attributes = _attributes([sets[part][1] for part in wanted])
    return Listing(
        path.name,
        [names[row] for row in order],
        reader=HubReader(path),
        labels=None if labels is None else labels[order],
        class_names=class_names,
        splits=splits,
        parts=tuple(zip(wanted, counts, strict=True)) if splits else (),
        notes=(f"split {' + '.join(wanted)} of {', '.join(splits)}",) if splits else (),
        attributes=None if attributes is None else attributes.rows(order),
    )


def _labels(sets: list[Any]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The labels int64 (N,) and the classes' names, from the first column of class labels."""
    features = sets[0].features
    column = next((name for name, feature in features.items() if type(feature).__name__ == "ClassLabel"), None)
    if column is None:
        return None, ()
    labels = np.concatenate([np.array([-1 if v is None else v for v in rows[column]], np.int64) for rows in sets])
    return (None, ()) if labels.min(initial=0) < 0 else (labels, tuple(features[column].names))


def _attributes(sets: list[Any]) -> Attributes | None:
    """The columns of truth values; a missing one is a no."""
    questions = tuple(name for name, feature in sets[0].features.items() if getattr(feature, "dtype", None) == "bool")
    if not questions:
        return None
    columns = [np.concatenate([np.array([bool(v) for v in rows[name]], bool) for rows in sets]) for name in questions]
    return Attributes(questions, np.stack(columns, axis=1))
