"""The split, class, attributes and order of a source's pictures.

Sub-folders are classes, unless a list names the class of every picture. Folders that all pictures share are ignored. If
the top level has only folders with names like train, validation and test, they are splits. Classes come in turn, so that
the first n items have equal shares of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from gansmith.data.formats import left_out
from gansmith.data.formats.listing import Attributes, Listing, Reader, chosen_splits, interleaved, natural
from gansmith.data.formats.picture_files import AttributeTable, PictureFile, PictureFiles, printable
from gansmith.ground.errors import DataError, counted

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
SPLIT_FOLDER = re.compile(  # COCO's train2017, CycleGAN's trainA, and the like
    r"(train|training|validation|valid|val|test|testing)(\d{2,4}|[-_ ]?(?:images|imgs|set|data))?(A|B)?"
)
SPLIT_ORDER = ("train", "validation", "test")
FIVE_DIGITS = re.compile(r"\d{5}")  # the folders of StyleGAN's tool
SHOWN = 4  # lists of classes that a remark names
FULL_FOLDER = 1000  # how many pictures it puts in each


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
    chosen = np.array([row for row in range(len(names)) if not splits or of_split[row] in wanted])
    of_class, remarks = without_numbering(of_class, found, names)
    labels, class_names, why = numbered(names, of_class, found, chosen, remarks)
    notes = [f"split {' + '.join(wanted)} of {', '.join(splits)}"] if splits else []
    notes += [f"no labels, as {why}"] if why else []
    parts = np.array([SPLIT_ORDER.index(of_split[row]) if splits else 0 for row in chosen])
    order = interleaved(labels, parts)
    rows = chosen[order]
    return Listing(
        title or reader.path.name,
        [names[row] for row in rows],
        reader=reader,
        labels=None if labels is None else labels[order],
        class_names=class_names,
        splits=splits,
        parts=tuple((name, int((parts == SPLIT_ORDER.index(name)).sum())) for name in wanted),
        skipped=skipped,
        others=found.others,
        left_out=left_out.summary(found),
        notes=tuple(notes),
        remarks=(*left_out.read_as(found), *remarks),
        unlabelled=why or "; ".join(found.unread),
        marks=[entries[row].mark for row in rows],
        attributes=_attributes(found.table, [names[row] for row in rows]),
    )


def _with_attributes(
    reader: Reader, found: PictureFiles
) -> tuple[tuple[PictureFile, ...], tuple[tuple[str, str], ...]]:
    """The pictures to use, and the skipped ones: also those that a list of attributes leaves out. Raises DataError."""
    if not found.entries:
        raise left_out.no_pictures(reader.path, found)
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


def without_numbering(of_class: list[str], found: PictureFiles, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The classes by folders, none where the folders only number the pictures, and remarks on that.

    StyleGAN's tool puts 1,000 pictures in each of the folders 00000, 00001, ...; FFHQ's are 00000, 01000, ...
    """
    folders = Counter(of_class)
    if found.flat and any(FIVE_DIGITS.fullmatch(folder) for folder in folders):
        return [""] * len(of_class), []
    counts = [count for _, count in sorted(folders.items())]
    if len(folders) < 2 or "00000" not in folders or not all(map(FIVE_DIGITS.fullmatch, folders)):
        return of_class, []
    shown = f"the folders 00000 to {max(folders)}"
    full = set(counts[:-1]) == {FULL_FOLDER} and counts[-1] <= FULL_FOLDER
    if full or all(re.match(r"img\d{8}\.", name.rpartition("/")[2]) for name in names):
        return [""] * len(of_class), [
            f"{shown} are taken for a tool's numbering, no classes: rename them to have classes"
        ]
    return of_class, [f"{shown} are taken for classes: put the pictures into one folder if they only number them"]


def numbered(
    names: Sequence[str], of_class: Sequence[str], found: PictureFiles, chosen: np.ndarray, remarks: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...], str]:
    """The labels int64 (chosen,), the classes' names and why there are none: from lists or samples, else from folders.

    A class has the same number in all splits. What the person should know of the choice is added to `remarks`.
    """
    rows: list[int] = chosen.tolist()
    folders = [of_class[row] for row in rows]
    listed = [str(found.classes.get(names[row], "")) for row in rows]
    lists, more = found.class_lists[:SHOWN], len(found.class_lists) - SHOWN
    source = (
        " and ".join([*map(printable, lists), *([f"{more:,} more"] if more > 0 else [])]) or "the samples' own files"
    )
    lost = listed.count("")
    if lost == len(listed):
        return _numbers(folders, {name for name in of_class if name}, "lie outside the class folders")
    if lost and ("" in folders or not found.class_lists):
        missing = printable(names[rows[listed.index("")]])
        return (
            None,
            (),
            (
                f"{lost} of {counted(len(listed), 'picture')} bring no class in {source}, {missing} for one (to have labels, name "
                "the class of each there, or take those without one out)"
            ),
        )
    if lost:
        remarks.append(f"classes are the folders; {source} has none for {lost} of {counted(len(listed), 'picture')}")
        return _numbers(folders, {name for name in of_class if name}, "")
    pairs = set(zip(folders, listed, strict=True))
    if found.class_lists and len(pairs) == len(set(folders)) == len(set(listed)) > 1 and "" not in folders:
        return _numbers(folders, {name for name in of_class if name}, "")
    if found.class_lists:
        beside = f", not the {counted(len(set(folders)), 'folder')}" if len(set(folders) - {""}) > 1 else ""
        remarks.append(f"classes are those in {source}{beside}")
    used = {str(value) for value in found.classes.values()}
    return _numbers(listed, used | found.unused if len(used) > 1 else used, "")


def _numbers(of_class: Sequence[str], known: set[str], where: str) -> tuple[np.ndarray | None, tuple[str, ...], str]:
    """The labels of pictures, the names of all known classes, and why there are none."""
    class_names = tuple(sorted(known, key=natural))
    outside = list(of_class).count("")
    if len(class_names) < 2:
        return None, (), f"all pictures are of one class, {class_names[0]}" if class_names and not outside else ""
    if outside:
        return (
            None,
            (),
            f"{outside} of {counted(len(of_class), 'picture')} {where} (to have labels, move them into one, or away)",
        )
    number = {name: index for index, name in enumerate(class_names)}
    return np.array([number[name] for name in of_class], np.int64), class_names, ""


def layout(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The split and the class of each path, "" for none. Folders that all paths share are ignored."""
    parts = [name.split("/") for name in names]
    while all(len(path) > 1 for path in parts) and len({path[0] for path in parts}) == 1:
        parts = [path[1:] for path in parts]
    tops = {path[0] if len(path) > 1 else "" for path in parts}
    matches = {top: SPLIT_FOLDER.fullmatch(top) or SPLIT_FOLDER.fullmatch(top.lower()) for top in tops}
    split_of = {top: SPLIT_NAMES[match[1]] for top, match in matches.items() if match}
    if len(split_of) < len(tops) or len(set(split_of.values())) < 2:
        one = {top: top for top in tops}  # a million pictures share the names of their folders
        return [""] * len(parts), [one[path[0]] if len(path) > 1 else "" for path in parts]
    domain = {top: match[3] or "" for top, match in matches.items() if match}
    classes = [path[1] if len(path) > 2 else domain[path[0]] for path in parts]
    return [split_of[path[0]] for path in parts], classes
