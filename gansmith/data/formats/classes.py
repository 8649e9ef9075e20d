"""The split, class, attributes and order of a source's pictures.

Sub-folders are classes. Folders that all pictures share are ignored. If the top level has only folders with names like
train, validation and test, they are splits. Classes come in turn, so that the first n items have equal shares of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gansmith.data.formats.listing import Attributes, Listing, Reader, chosen_splits, natural
from gansmith.data.formats.picture_files import SUFFIXES, AttributeTable, PictureFile, PictureFiles, printable
from gansmith.ground.errors import DataError

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
SPLIT_ORDER = ("train", "validation", "test")


def listing(reader: Reader, found: PictureFiles, split: str, title: str = "") -> Listing:
    """The pictures of a split in order, with their classes and attributes. Raises DataError where there are none."""
    entries, skipped = _with_attributes(reader, found)
    names = [entry.name for entry in entries]
    inside = [re.sub(r"[^/]*\.tar/", "", name) for name in names] if reader.kind == "tar" else names
    of_split, of_class = layout(inside)  # a tar of a set of tars is no class
    if found.splits:
        of_split = [found.splits.get(name.rpartition("/")[2], "train") for name in names]
    splits = tuple(name for name in SPLIT_ORDER if name in of_split)
    wanted = chosen_splits(str(reader.path), splits, split)
    notes = [f"split {' + '.join(wanted)} of {', '.join(splits)}"] if splits else []
    labels, class_names = numbered(names, of_class, found, notes)
    chosen = np.array([row for row in range(len(names)) if not splits or of_split[row] in wanted])
    parts = np.array([SPLIT_ORDER.index(of_split[row]) if splits else 0 for row in chosen])
    order = chosen[interleaved(None if labels is None else labels[chosen], parts)]
    return Listing(
        title or reader.path.name,
        [names[row] for row in order],
        reader=reader,
        labels=None if labels is None else labels[order],
        class_names=class_names,
        splits=splits,
        parts=tuple((name, int((parts == SPLIT_ORDER.index(name)).sum())) for name in wanted),
        skipped=skipped,
        others=found.others,
        notes=tuple(notes),
        marks=[entries[row].mark for row in order],
        attributes=_attributes(found.table, [names[row] for row in order]),
    )


def _with_attributes(
    reader: Reader, found: PictureFiles
) -> tuple[tuple[PictureFile, ...], tuple[tuple[str, str], ...]]:
    """The pictures to use, and the skipped ones: also those that a list of attributes leaves out. Raises DataError."""
    if not found.entries:
        hint = f"; it holds {found.others[0]!r} and {len(found.others) - 1} more" if found.others else ""
        refused = f"; {len(found.skipped)} were refused ({found.skipped[0][1]})" if found.skipped else ""
        raise DataError(f"{reader.path} holds no pictures ({', '.join(SUFFIXES[:5])}, ...){hint}{refused}")
    table = found.table
    if table is None:
        return found.entries, found.skipped
    unknown = [entry for entry in found.entries if table.find(entry.name) is None]
    if len(unknown) == len(found.entries):
        raise DataError(f"{table.title} lists none of the pictures in {reader.path}: move it elsewhere")
    known = tuple(entry for entry in found.entries if table.find(entry.name) is not None)
    return known, (*found.skipped, *((printable(entry.name), f"not in {table.title}") for entry in unknown))


def _attributes(table: AttributeTable | None, names: list[str]) -> Attributes | None:
    if table is None:
        return None
    return Attributes(table.questions, table.values[np.array([table.find(name) for name in names], np.int64)])


def numbered(
    names: Sequence[str], of_class: Sequence[str], found: PictureFiles, notes: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The labels int64 (N,) and the classes' names: from the tars' samples, else from folders."""
    where = "lie outside the class folders"
    if any(name in found.classes for name in names):
        of_class = [str(found.classes.get(name, "")) for name in names]
        where = "bring no class"
    class_names = tuple(sorted({name for name in of_class if name}, key=natural))
    outside = list(of_class).count("")
    if len(class_names) > 1 and outside:
        notes.append(f"no labels, as {outside} pictures {where}")
    if len(class_names) < 2 or outside:
        return None, ()
    number = {name: index for index, name in enumerate(class_names)}
    return np.array([number[name] for name in of_class], np.int64), class_names


def layout(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The split and the class of each path, "" for none. Folders that all paths share are ignored."""
    parts = [name.split("/") for name in names]
    while all(len(path) > 1 for path in parts) and len({path[0] for path in parts}) == 1:
        parts = [path[1:] for path in parts]
    tops = {path[0].lower() if len(path) > 1 else "" for path in parts}
    splits = [""] * len(parts)
    if len({SPLIT_NAMES.get(top, "") for top in tops}) > 1 and tops <= SPLIT_NAMES.keys():
        splits = [SPLIT_NAMES[path[0].lower()] for path in parts]
        parts = [path[1:] for path in parts]
    return splits, [path[0] if len(path) > 1 else "" for path in parts]


def interleaved(labels: np.ndarray | None, splits: np.ndarray) -> np.ndarray:
    """The order int64 (N,) of items: split after split, and classes in turn within a split."""
    rows = np.arange(len(splits))
    if labels is None:
        return np.lexsort((rows, splits))
    turn = np.empty(len(rows), np.int64)
    for split in np.unique(splits):
        for label in np.unique(labels):
            same = (splits == split) & (labels == label)
            turn[same] = np.arange(np.count_nonzero(same))
    return np.lexsort((labels, turn, splits))
