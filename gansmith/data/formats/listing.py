"""What a source holds, before anything is decoded: names, labels, and how each item is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from gansmith import kinds
from gansmith.ground.errors import DataError, counted
from gansmith.kinds import Kind


class Unreadable(Exception):
    """One picture that cannot be used; `str(error)` is the reason. It is skipped, and named in the store."""


Opened = Callable[[str], AbstractContextManager[IO[bytes]]]
"""An open folder or archive: name -> the encoded picture as a file. Raises Unreadable."""


@dataclass(frozen=True)
class Reader:
    """Where the encoded pictures of a listing are."""

    kind: str  # a key of `files.READERS`: with `path`, enough for another process to make the same reader
    path: Path  # of the folder, the archive or the dataset
    open: Callable[[Path], AbstractContextManager[Opened]]

    def opened(self) -> AbstractContextManager[Opened]:
        """Open what must be open while pictures are read. Raises DataError."""
        return self.open(self.path)


@dataclass(frozen=True)
class Attributes:
    """Attributes, true or false, of every item."""

    questions: tuple[str, ...]  # the attributes' names
    values: np.ndarray  # bool (N, questions)

    def rows(self, which: np.ndarray | slice) -> Attributes:
        """The attributes of some items."""
        return Attributes(self.questions, self.values[which])


@dataclass(frozen=True)
class Listing:
    """The items of one split of a source, in order: either already decoded (`items`) or to be read by `reader`."""

    title: str  # how a description begins
    names: Sequence[str] = ()  # of the items that `reader` reads: unique
    items: np.ndarray | None = None  # pictures uint8 (N, H, W, C); of other kinds numbers (N, ...)
    reader: Reader | None = None
    labels: np.ndarray | None = None  # int64 (N,)
    class_names: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()  # of the source: "train", "validation", "test"
    skipped: tuple[tuple[str, str], ...] = ()  # refused by name or size: name, reason
    others: tuple[str, ...] = ()  # files that are no pictures
    left_out: tuple[str, ...] = ()  # a line for each kind of what is left out
    notes: tuple[str, ...] = ()  # for the description
    remarks: tuple[str, ...] = ()  # lines on how the source was understood, where it could have been otherwise
    unlabelled: str = ""  # why there are no labels, where something looks like labels
    ranges: Mapping[str, list[float]] = field(default_factory=dict)  # of decoded values, see `preparation.ranges`
    marks: Sequence[str] | None = None  # a line for each item that changes when the item does
    attributes: Attributes | None = None
    parts: tuple[tuple[str, int], ...] = ()  # the splits read, in order, and how many items of each
    computed: bool = False  # every class belongs to the set, whether or not it has items
    mixed: bool = False  # the source's own order mixes the classes: its first items are taken as they are
    kind: str = ""  # of its items, a name of KINDS; "": what their shape says
    units: Mapping[str, Any] | None = (
        None  # of items that are as a store holds them; None: they are still to be prepared
    )
    auto_size: tuple[int, int] | None = None  # (height, width) of data.size = "auto", if the source sets it

    @property
    def kind_of_items(self) -> Kind:
        """The kind of its items."""
        if self.kind:
            return kinds.named(self.kind)
        return kinds.of_shape((0, 0, 0) if self.items is None else self.items.shape[1:])

    def __len__(self) -> int:
        return len(self.names if self.items is None else self.items)

    def cut(self, first: int) -> Listing:
        """`first` items, dealt evenly over the classes (see `dealt`), in their order; 0 = all."""
        if not first or first >= len(self):
            return self
        of_part = np.repeat(np.arange(len(self.parts) or 1), [count for _, count in self.parts] or [len(self)])
        rows = np.arange(first) if self.mixed else dealt(self.labels, of_part, first)
        which = slice(first) if rows[-1] == first - 1 else rows  # a slice leaves mapped items mapped
        return replace(
            self,
            names=[self.names[row] for row in rows.tolist()] if len(self.names) else self.names,
            items=None if self.items is None else self.items[which],
            labels=None if self.labels is None else self.labels[which],
            marks=None if self.marks is None else [self.marks[row] for row in rows.tolist()],
            attributes=None if self.attributes is None else self.attributes.rows(which),
            parts=cut_parts(self.parts, rows),
        )


def interleaved(labels: np.ndarray | None, splits: np.ndarray) -> np.ndarray:
    """The order int64 (N,) of items: split after split, and classes in turn within a split."""
    rows = np.arange(len(splits))
    if labels is None:
        return np.lexsort((rows, splits))
    order = np.lexsort((labels, splits))  # stable: the items of a class and split lie in a row, in their order
    changes = (np.diff(labels[order]) != 0) | (np.diff(splits[order]) != 0)
    starts = np.flatnonzero(np.concatenate(([True], changes)))
    turn = np.empty(len(rows), np.int64)
    turn[order] = rows - np.repeat(starts, np.diff(starts, append=len(rows)))  # 0, 1, ... in each such row
    return np.lexsort((labels, turn, splits))


def dealt(labels: np.ndarray | None, splits: np.ndarray, first: int) -> np.ndarray:
    """The rows int64 (first,), ascending, of `first` items: split after split, the classes in equal shares."""
    return np.sort(interleaved(labels, splits)[:first])


def occupied(labels: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Labels numbered anew without the classes that have no items, the names left, and those left out."""
    counts = np.bincount(labels, minlength=len(names))
    kept = counts > 0
    left_out = tuple(name for name, there in zip(names, kept, strict=True) if not there)
    if not left_out:
        return labels, names, ()
    return (np.cumsum(kept) - 1)[labels], tuple(np.array(names, object)[kept]), left_out


def cut_parts(parts: tuple[tuple[str, int], ...], kept: np.ndarray) -> tuple[tuple[str, int], ...]:
    """The parts (name, count), counting only the rows in `kept`."""
    ends = np.cumsum([0, *(count for _, count in parts)])
    return tuple(
        (name, int(((kept >= start) & (kept < end)).sum()))
        for (name, _), start, end in zip(parts, ends, ends[1:], strict=False)
    )


def chosen_splits(title: str, splits: tuple[str, ...], split: str) -> tuple[str, ...]:
    """The splits that are read for data.split = `split`; "validation" where "test" is missing. Raises DataError.

    A source without splits, ("",) or (), is read whole.
    """
    if split == "all" or not splits or splits == ("",):
        return splits
    if split in splits:
        return (split,)
    if split == "test" and "validation" in splits:
        return ("validation",)
    raise DataError(f"{title} has no split {split!r}, only {', '.join(splits)}: set data.split=all")


def decoded(
    title: str,
    items: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray | None],
    class_names: tuple[str, ...] | None = None,
) -> Listing:
    """A listing of decoded items of the splits that are read, and the labels of all splits. Raises DataError.

    A class has the same number in all splits. A source without splits has the one split "".
    """
    for name, part in items.items():
        given = labels[name]
        if given is not None and len(given) != len(part):
            raise DataError(
                f"{title} holds {counted(len(part), 'item')} but "
                f"{counted(len(given), 'label')}{f' of {name}' if name else ''}: each item needs "
                "one label, in the same order"
            )
    known = [part for part in labels.values() if part is not None]
    wanted = [part for name in items if (part := labels[name]) is not None]
    numbers, names = None, ()
    if len(wanted) == len(items):
        classes = np.unique(np.concatenate(known))
        numbers, names = np.searchsorted(classes, np.concatenate(wanted)).astype(np.int64), tuple(map(str, classes))
    arrays = list(items.values())
    return Listing(
        title,
        items=arrays[0] if len(arrays) == 1 else np.concatenate(arrays),
        labels=numbers,
        class_names=class_names or names,
        splits=() if "" in labels else tuple(labels),
        parts=() if "" in labels else tuple((name, len(part)) for name, part in items.items()),
    )


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that orders numbers in names by value: 2 before 10."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts if part)
