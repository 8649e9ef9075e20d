"""From a source's pictures to its items: their split, their class, their attributes, their order.

Sub-folders are classes. Folders that all pictures share are stripped, and a top level of nothing but train, validation
and test folders is a set of splits. Items are dealt round the classes in turn, so that the first n of them hold every
class in equal shares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress

import numpy as np

from gansmith.data.formats.contents import SUFFIXES, Contents, Table, printable
from gansmith.data.formats.listing import Attributes, Listing, Reader, chosen_splits, natural
from gansmith.ground.errors import DataError

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
SPLIT_ORDER = ("train", "validation", "test")


def listing(reader: Reader, contents: Contents, split: str, title: str = "") -> Listing:
    """The pictures of a split in order, with their classes and attributes. Raises DataError where there are none."""
    _check(reader, contents)
    skipped, rows = list(contents.skipped), None
    if contents.table is not None:
        rows = [contents.table.find(entry.name) for entry in contents.entries]
        unknown = [entry.name for entry, row in zip(contents.entries, rows, strict=True) if row is None]
        skipped += [(printable(name), f"not in {contents.table.title}") for name in unknown]
        if len(unknown) == len(rows):
            raise DataError(f"{contents.table.title} lists none of the pictures in {reader.path}: move it elsewhere")
    known = [True] * len(contents.entries) if rows is None else [row is not None for row in rows]
    entries = list(compress(contents.entries, known))
    names = [entry.name for entry in entries]
    inside = [re.sub(r"[^/]*\.tar/", "", name) for name in names] if reader.kind == "tar" else names
    of_split, of_class = layout(inside)  # a shard is no class
    if contents.splits:
        of_split = [contents.splits.get(name.rpartition("/")[2], "train") for name in names]
    splits = tuple(name for name in SPLIT_ORDER if name in of_split)
    wanted = chosen_splits(str(reader.path), splits, split)
    notes = [f"split {' + '.join(wanted)} of {', '.join(splits)}"] if splits else []
    labels, class_names = numbered(names, of_class, contents, notes)
    chosen = np.array([row for row in range(len(names)) if not splits or of_split[row] in wanted])
    parts = np.array([SPLIT_ORDER.index(of_split[row]) if splits else 0 for row in chosen])
    labels = None if labels is None else labels[chosen]
    order = chosen[dealt(labels, parts)]
    return Listing(
        title or reader.path.name,
        [names[row] for row in order],
        reader=reader,
        labels=None if labels is None else labels[dealt(labels, parts)],
        class_names=class_names,
        splits=splits,
        parts=tuple((name, int((parts == SPLIT_ORDER.index(name)).sum())) for name in wanted),
        skipped=tuple(skipped),
        others=contents.others,
        notes=tuple(notes),
        marks=[entries[row].mark for row in order],
        attributes=_attributes(contents.table, list(compress(rows or (), known)), order),
    )


def _check(reader: Reader, contents: Contents) -> None:
    """At least one picture, or DataError."""
    if contents.entries:
        return
    hint = f"; it holds {contents.others[0]!r} and {len(contents.others) - 1} more" if contents.others else ""
    refused = f"; {len(contents.skipped)} were refused ({contents.skipped[0][1]})" if contents.skipped else ""
    raise DataError(f"{reader.path} holds no pictures ({', '.join(SUFFIXES[:5])}, ...){hint}{refused}")


def numbered(
    names: Sequence[str], of_class: Sequence[str], contents: Contents, notes: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The labels int64 (N,) and the classes' names: from what the pictures bring, else from their folders."""
    brought = [contents.classes.get(name) for name in names]
    if any(value is not None for value in brought):
        of_class = ["" if value is None else str(value) for value in brought]
        where = "bring no class"
    else:
        where = "lie outside the class folders"
    class_names = tuple(sorted({name for name in of_class if name}, key=natural))
    outside = list(of_class).count("")
    if len(class_names) > 1 and outside:
        notes.append(f"no labels, as {outside} pictures {where}")
    if len(class_names) < 2 or outside:
        return None, ()
    number = {name: index for index, name in enumerate(class_names)}
    return np.array([number[name] for name in of_class], np.int64), class_names


def _attributes(table: Table | None, rows: Sequence[int | None], order: np.ndarray) -> Attributes | None:
    if table is None:
        return None
    return Attributes(table.questions, table.values[np.array(rows, np.int64)[order]])


def layout(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The split and the class of each path, "" for none: folders that all share are stripped first."""
    parts = [name.split("/") for name in names]
    while all(len(path) > 1 for path in parts) and len({path[0] for path in parts}) == 1:
        parts = [path[1:] for path in parts]
    tops = {path[0].lower() if len(path) > 1 else "" for path in parts}
    splits = [""] * len(parts)
    if len({SPLIT_NAMES.get(top, "") for top in tops}) > 1 and tops <= SPLIT_NAMES.keys():
        splits = [SPLIT_NAMES[path[0].lower()] for path in parts]
        parts = [path[1:] for path in parts]
    return splits, [path[0] if len(path) > 1 else "" for path in parts]


def dealt(labels: np.ndarray | None, splits: np.ndarray) -> np.ndarray:
    """The order int64 (N,) in which items are dealt: split after split, and round the classes within a split."""
    rows = np.arange(len(splits))
    if labels is None:
        return np.lexsort((rows, splits))
    turn = np.empty(len(rows), np.int64)
    for split in np.unique(splits):
        for label in np.unique(labels):
            same = (splits == split) & (labels == label)
            turn[same] = np.arange(np.count_nonzero(same))
    return np.lexsort((labels, turn, splits))
