"""A store and its folder:

manifest.json      what there is, how it was prepared, what was skipped
items.npy          pictures uint8 (N, H, W, C), of four channels premultiplied, or another kind's numbers, float32 (N, D) or
                   (N, 1, L, C); mapped, not read
labels.npy         int64 (N,), where there are classes
attributes.npy     bool (N, questions), where the source has attributes
facts.npy          float32 (N, 2): the shares of each picture that are cut off and transparent, where any are
marks.npy          uint8 (pictures, 16), by which `reuse` knows the pictures again
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gansmith import kinds
from gansmith.data.formats.listing import Attributes, dealt, occupied
from gansmith.ground.errors import DataError, nearest
from gansmith.ground.files.damaged import DAMAGED
from gansmith.ground.labelling import renumbered
from gansmith.kinds import Kind

FORMAT = 2  # raised when the same source gives other bytes, or the manifest other entries
MANIFEST = "manifest.json"
ITEMS = "items.npy"
LABELS = "labels.npy"
ATTRIBUTES = "attributes.npy"
MARKS = "marks.npy"
FACTS = "facts.npy"
BLOCK = 2**24  # bytes hashed or copied at once


class Chosen:
    """Some rows of mapped items: an array to its readers, of which only the rows that are asked for come into memory."""

    def __init__(self, items: np.ndarray, rows: np.ndarray) -> None:
        """rows: int64 (n,) in [0, len(items))."""
        self.items, self.rows = items, rows
        self.shape, self.ndim, self.dtype = (len(rows), *items.shape[1:]), items.ndim, items.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Any) -> np.ndarray:
        """As of an array. What is more than a choice of rows reads them all."""
        return np.asarray(self)[key] if isinstance(key, tuple) else self.items[self.rows[key]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.items[self.rows].astype(dtype or self.dtype, copy=False)


@dataclass(frozen=True)
class Store:
    """Items to train on, in order."""

    items: (
        np.ndarray
    )  # memory-mapped, or `Chosen` rows: pictures uint8 (N, H, W, C), else float32 (N, D) or (N, 1, L, C)
    labels: np.ndarray | None  # int64 (N,) in [0, classes)
    class_names: tuple[str, ...]
    fingerprint: str  # hex SHA-256 of the items and the labels: equal stores train equally
    description: str  # one line for people
    skipped: tuple[tuple[str, str], ...]  # pictures that could not be used: name, reason
    splits: tuple[str, ...] = ()  # of the source: "train", "validation", "test"
    attributes: Attributes | None = None  # true or false, of every item
    remarks: tuple[str, ...] = ()  # lines on how the source was understood, where it could have been otherwise
    left_out: tuple[str, ...] = ()  # a line for each kind of what was left out of the source
    unlabelled: str = ""  # why there are no labels, where something looks like labels
    around: np.ndarray | None = None  # the whole pictures, where `items` are windows in their centre
    ranges: dict[str, list[float]] = field(default_factory=dict)  # of the values that became bytes, by kind
    kind_name: str = ""  # "": what the items' shape says, as in stores of earlier versions
    units: dict[str, Any] = field(default_factory=dict)  # what leads from the items to their source's units

    @property
    def count(self) -> int:
        """How many items."""
        return len(self.items)

    @property
    def kind(self) -> Kind:
        """What the items are."""
        return kinds.named(self.kind_name) if self.kind_name else kinds.of_shape(self.items.shape[1:])

    @property
    def item_shape(self) -> tuple[int, ...]:
        """One item as a network sees it: (C, H, W) or (D,)."""
        *sides, channels = self.items.shape[1:]
        return (channels, *sides)

    @property
    def classes(self) -> int:
        """How many classes; 0 without labels."""
        return len(self.class_names) if self.labels is not None else 0

    def said(self) -> list[str]:
        """Lines for the person: how the source was understood, what was left out and what was skipped."""
        lines = list(self.remarks)
        if self.left_out:
            lines.append(f"left out: {'; '.join(self.left_out)}")
        if self.skipped:
            lines.append(
                f"{len(self.skipped)} of the source's files are skipped; the first: {': '.join(self.skipped[0])}"
            )
        return lines

    def labelled_by(self, attribute: str) -> Store:
        """The same items in two classes, "not ATTRIBUTE" and "ATTRIBUTE"; "" changes nothing. Raises DataError."""
        if not attribute:
            return self
        questions = self.attributes.questions if self.attributes else ()
        if self.attributes is None or attribute not in questions:
            known = nearest(attribute, questions) or ", as its source has none"
            raise DataError(f"data.attribute = {attribute!r} is none of the store's attributes{known}")
        labels = self.attributes.values[:, questions.index(attribute)].astype(np.int64)
        if labels.min() == labels.max():
            raise DataError(
                f"data.attribute = {attribute!r} is {'true' if labels[0] else 'false'} of all items: no two classes"
            )
        return dataclasses.replace(
            self,
            labels=labels,
            class_names=(f"not {attribute}", attribute),
            fingerprint=_derived(self.fingerprint, f"attribute {attribute}"),
            description=f"{self.description}, of which {int(labels.sum()):,} {attribute}",
        )

    def numbered_as(self, names: tuple[str, ...]) -> Store:
        """The same items with the classes `names`, by name; items of other classes are left out (see `Chosen`)."""
        if self.labels is None or self.class_names == names:
            return self
        labels = renumbered(self.labels, self.class_names, names)
        kept = labels >= 0
        rows = np.flatnonzero(kept)
        items: Any = self.items if kept.all() else Chosen(self.items, rows)
        attributes = None if self.attributes is None else self.attributes.rows(rows)
        changed = dataclasses.replace(self, items=items, labels=labels[kept], class_names=names, attributes=attributes)
        return dataclasses.replace(changed, fingerprint=_derived(self.fingerprint, f"classes {names}"))

    def in_scale_of(self, other: Store) -> Store:
        """The same items in the scale of another store, to be compared with its items. Raises DataError for another kind."""
        if self.kind is not other.kind:
            raise DataError(f"{self.description}: {self.kind.many} cannot be compared with {other.kind.many}")
        if self.units == other.units:
            return self
        items = self.kind.rescaled(np.asarray(self.items), self.units, other.units)
        return dataclasses.replace(self, items=items, units=other.units)

    def windowed(self, height: int, width: int) -> Store:
        """Windows in the centre of the pictures, still mapped, with the whole pictures in `around`."""
        top, left = (self.items.shape[1] - height) // 2, (self.items.shape[2] - width) // 2
        what = f"seen through windows of {width}x{height}"
        return dataclasses.replace(
            self,
            items=self.items[:, top : top + height, left : left + width],
            around=self.items,
            fingerprint=_derived(self.fingerprint, what),
            description=f"{self.description}, {what}",
        )

    def part(self, rows: slice | np.ndarray, what: str) -> Store:
        """Some of the items, still mapped if they are a slice. `what` says which, in the description and for the fingerprint."""
        labels, names, empty = self.labels, self.class_names, ()
        if labels is not None:
            labels, names, empty = occupied(labels[rows], names)
        return dataclasses.replace(
            self,
            items=self.items[rows],
            labels=labels,
            class_names=names,
            fingerprint=_derived(self.fingerprint, what),
            description=f"{self.description}, {what}",
            attributes=None if self.attributes is None else self.attributes.rows(rows),
            remarks=self.remarks + without_items(empty),
        )


def without_items(names: tuple[str, ...]) -> tuple[str, ...]:
    """A remark on the classes that are left out; () where there are none."""
    if not names:
        return ()
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return (f"{'classes' if len(names) > 1 else 'the class'} without items left out: {shown}",)


def _derived(fingerprint: str, change: str) -> str:
    """The fingerprint of a store made from another one by a change."""
    return hashlib.sha256(f"{fingerprint} {change}".encode()).hexdigest()


def without_first(whole: Store, used: Store, most: int = 5000) -> Store:
    """Items of a whole source that are not in `used`, which holds what data.first takes of it: all that follow, still mapped,
    or at most `most` of them where they do not lie next to one another."""
    rest: slice | np.ndarray = slice(used.count, None)
    if whole.labels is not None and used.labels is not None:
        begin = whole.labels[: used.count]
        if np.not_equal(renumbered(begin, whole.class_names, used.class_names), used.labels).any():
            taken = dealt(whole.labels, np.zeros(whole.count, np.int64), used.count)  # the first of each class
            rest = np.setdiff1d(np.arange(whole.count), taken)
            rest = rest[np.linspace(0, len(rest) - 1, min(most, len(rest))).astype(np.int64)]
    found = whole.part(rest, "unused")
    return found.numbered_as(used.class_names) if used.labels is not None else found


def fingerprint(items: np.ndarray, labels: np.ndarray | None, units: Mapping[str, Any] | None = None) -> str:
    """Hex SHA-256 of the shape, type and bytes of items and labels, and of their units where they have any."""
    digest = hashlib.sha256(f"{items.dtype.str} {items.shape}".encode())
    rows = max(1, BLOCK // max(1, items[0].nbytes))
    for start in range(0, len(items), rows):
        digest.update(np.ascontiguousarray(items[start : start + rows]).data)
        free_pages(items)
    if labels is not None:
        digest.update(b"labels")
        digest.update(np.ascontiguousarray(labels, "<i8").data)
    if units:
        digest.update(f"units {json.dumps(units, sort_keys=True)}".encode())
    return digest.hexdigest()


def free_pages(items: np.ndarray) -> None:
    """Free the memory of what was read of a mapped file, so that reading a large store does not fill the memory."""
    mapping = getattr(items, "_mmap", None)
    if getattr(items, "mode", None) == "r" and isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def is_store(folder: Path) -> bool:
    """Whether a folder looks like a store."""
    return (folder / MANIFEST).is_file() and (folder / ITEMS).is_file()


def manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a store; None where there is none, or one of another format."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return found if found["format"] == FORMAT else None
    except DAMAGED:
        return None


def is_current(folder: Path) -> bool:
    """Whether a store was prepared since numbers are scaled, or holds what was never scaled: pictures."""
    found = manifest(folder)
    return found is not None and ("kind" in found or bool(found["frame"]))


def load(folder: Path) -> Store | None:
    """The store in a folder; None where there is none, or where it is not complete."""
    found = manifest(folder)
    if found is None:
        return None
    try:
        items = np.load(folder / ITEMS, mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / LABELS, allow_pickle=False) if found["labelled"] else None
        attributes = None
        if found["attributes"]:
            values = np.load(folder / ATTRIBUTES, allow_pickle=False)
            attributes = Attributes(tuple(found["attributes"]), values)
            if values.shape != (len(items), len(found["attributes"])):
                return None
        if list(items.shape) != found["shape"] or (labels is not None and len(labels) != len(items)):
            return None
        if labels is not None and len(labels) and not 0 <= labels.min() <= labels.max() < len(found["class_names"]):
            return None
        return Store(
            items,
            labels,
            tuple(found["class_names"]),
            found["fingerprint"],
            found["description"],
            tuple((name, reason) for name, reason in found["skipped"]),
            tuple(found["splits"]),
            attributes,
            tuple(found.get("remarks", ())),
            tuple(found.get("left_out", ())),
            found.get("unlabelled", ""),
            ranges=dict(found["frame"] or {}).get("ranges", {}),
            kind_name=found.get("kind", ""),
            units=found.get("units", {}),
        )
    except DAMAGED:
        return None


def facts(folder: Path, count: int) -> np.ndarray:
    """The facts of a store's items; zeros where it has none."""
    try:
        found = np.load(folder / FACTS, allow_pickle=False)
    except DAMAGED:
        found = None
    return found if found is not None and found.shape == (count, 2) else np.zeros((count, 2), np.float32)
