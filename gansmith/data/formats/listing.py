"""What a source holds, before anything is decoded: names, labels, and how to get at each item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

import numpy as np

from gansmith.ground.errors import DataError


class Unreadable(Exception):
    """One picture that cannot be used; `str(error)` is the reason. It is skipped, named and counted."""


class Opened(Protocol):
    """A folder or an archive, open for reading."""

    def stream(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """The encoded picture of that name, as a file. Raises Unreadable."""
        ...


class Reader(Protocol):
    """Where the encoded pictures of a listing lie."""

    @property
    def kind(self) -> str:
        """A key of `files.READERS`: with `path`, enough for another process to make the same reader."""
        ...

    @property
    def path(self) -> Path:
        """The folder or the archive."""
        ...

    def opened(self) -> AbstractContextManager[Opened]:
        """Open whatever has to be open while pictures are read."""
        ...


@dataclass(frozen=True)
class Attributes:
    """Yes or no to several questions, of every item."""

    questions: tuple[str, ...]
    values: np.ndarray  # bool (N, questions)

    def rows(self, which: np.ndarray | slice) -> Attributes:
        """Those of some of the items."""
        return Attributes(self.questions, self.values[which])


@dataclass(frozen=True)
class Listing:
    """The items of one split of a source, in order: either already decoded (`items`) or to be read by `reader`."""

    title: str  # how a description begins
    names: Sequence[str]  # one per item, unique
    items: np.ndarray | None = None  # pictures uint8 (N, H, W, C) or vectors float32 (N, D)
    reader: Reader | None = None
    labels: np.ndarray | None = None  # int64 (N,)
    class_names: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()  # of the source: "train", "validation", "test"
    skipped: tuple[tuple[str, str], ...] = ()  # refused before being read: name, reason
    others: tuple[str, ...] = ()  # files beside the pictures that are none by their name
    notes: tuple[str, ...] = ()  # for the description
    marks: Sequence[str] | None = None  # one per item: as long as it is the same, so are the item's bytes
    attributes: Attributes | None = None
    parts: tuple[tuple[str, int], ...] = ()  # the splits read, in order, and how many items of each
    auto_size: tuple[int, int] | None = None  # (height, width) that "auto" stands for, where the source knows best

    def __len__(self) -> int:
        return len(self.names)

    def cut(self, first: int) -> Listing:
        """The first `first` items only; all of them when it is 0."""
        if not first or first >= len(self):
            return self
        return replace(
            self,
            names=self.names[:first],
            items=None if self.items is None else self.items[:first],
            labels=None if self.labels is None else self.labels[:first],
            marks=None if self.marks is None else self.marks[:first],
            attributes=None if self.attributes is None else self.attributes.rows(slice(first)),
            parts=cut_parts(self.parts, np.arange(first)),
        )


def cut_parts(parts: tuple[tuple[str, int], ...], kept: np.ndarray) -> tuple[tuple[str, int], ...]:
    """How many items of each part are among those at the rows `kept`."""
    ends = np.cumsum([0, *(count for _, count in parts)])
    return tuple(
        (name, int(((kept >= start) & (kept < end)).sum()))
        for (name, _), start, end in zip(parts, ends, ends[1:], strict=False)
    )


class Numbered(Sequence[str]):
    """The names of items that have none: their row numbers, made when asked for."""

    def __init__(self, count: int, start: int = 0) -> None:
        self.rows = range(start, start + count)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index):  # pyright: ignore[reportIncompatibleMethodOverride, reportMissingParameterType]
        if isinstance(index, slice):
            part = self.rows[index]
            return Numbered(len(part), part.start)
        return str(self.rows[index])

    def __iter__(self) -> Iterator[str]:
        return map(str, self.rows)


def check_labels(title: str, items: int, labels: np.ndarray | None) -> None:
    """As many labels as items, or DataError."""
    if labels is not None and len(labels) != items:
        raise DataError(
            f"{title} holds {items} items but {len(labels)} labels: each item needs one label, in the same order"
        )


def chosen_splits(title: str, splits: tuple[str, ...], split: str) -> tuple[str, ...]:
    """Which of a source's splits are read for data.split = `split`; a missing test split is stood in for by
    "validation". A source without splits, ("",) or (), is read whole. Raises DataError."""
    if split == "all" or not splits or splits == ("",):
        return splits
    if split in splits:
        return (split,)
    if split == "test" and "validation" in splits:
        return ("validation",)
    raise DataError(f"{title} has no split {split!r}, only {', '.join(splits)}: set data.split=all")


def classes_of(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The distinct values of integer labels, sorted, and their names."""
    known = np.unique(values)
    return known, tuple(str(value) for value in known)


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts numbers within names by value: 2 before 10."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts if part)
