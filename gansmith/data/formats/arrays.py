"""NumPy files: .npy with one array, .npz with pictures or vectors, and labels and splits if it has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from gansmith.data.formats.listing import Listing, chosen_splits, decoded
from gansmith.data.preparation import array_items
from gansmith.data.preparation.array_items import Read
from gansmith.data.preparation.ranges import parse_range
from gansmith.data.preparation.resize import parse_background
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError, printable
from gansmith.ground.files.damaged import DAMAGED
from gansmith.ground.files.npy import headings_of_python_2
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS

SPLITS: tuple[dict[str, tuple[str, str]], ...] = (  # split -> the names of the items and of the labels
    {"train": ("x_train", "y_train"), "validation": ("x_val", "y_val"), "test": ("x_test", "y_test")},  # Keras
    {"train": ("train_x", "train_y"), "validation": ("val_x", "val_y"), "test": ("test_x", "test_y")},
    {  # MedMNIST
        "train": ("train_images", "train_labels"),
        "validation": ("val_images", "val_labels"),
        "test": ("test_images", "test_labels"),
    },
)
ITEMS = ("images", "vectors", "image", "imgs", "img", "samples", "pictures", "x", "data", "arr_0")  # without splits
LABELS = ("labels", "label", "y", "target", "targets", "classes", "class", "arr_1")
"""Names of arrays, in small letters: an archive may write them in any; the first that is there is taken."""
LONGEST = 80  # characters of a name that are told


def listing(path: Path, settings: DataSettings) -> Listing:
    """The items and labels of data.split: "train", "test" or "all" (where the file has splits). Raises DataError."""
    read = reading(settings)
    try:
        if path.suffix.lower() == ".npy":
            with headings_of_python_2():
                array = np.lib.format.open_memmap(path, mode="r")
        else:
            with headings_of_python_2(), open(path, "rb") as file:
                archive = np.load(file, allow_pickle=False)
                if not isinstance(archive, np.lib.npyio.NpzFile):
                    raise DataError(f"{path} holds one array: call it .npy")
                with archive:
                    return from_arrays(path, archive, settings.split, read)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}: see whether it was moved") from None
    except DAMAGED as error:
        raise DataError(f"{path} is damaged, or holds Python objects: {' '.join(str(error).split())}") from None
    items = array_items.items({"": (path.name, array)}, ("",), str(path), {"": None}, read)
    return Listing(path.name, items=items[""], remarks=tuple(read.remarks), ranges=read.ranges, kind=kind_of(read))


def reading(settings: DataSettings) -> Read:
    """How arrays are read under these settings, and what is said of it."""
    background = None if settings.channels == RGBA else parse_background(settings.background)
    return Read(settings.kind, parse_range(settings.range), background)


def kind_of(read: Read) -> str:
    """The kind of a listing, where data.kind names one."""
    return "" if read.kind == "auto" else read.kind


def from_arrays(path: Path, archive: Mapping[str, np.ndarray], split: str, read: Read) -> Listing:
    """The items and labels of a split, from named arrays. Raises DataError."""
    names = {name.lower(): name for name in reversed(list(archive))}
    layout = _layout(path, names)
    labels = {
        part: array_items.labels(_array(archive, names[key]), f"{_told(names[key])} in {path}")
        if key in names
        else None
        for part, (_, key) in layout.items()
    }
    wanted = chosen_splits(str(path), tuple(layout), split)
    parts = dict.fromkeys([*wanted, next(iter(layout))])  # the first split shows the range of the values
    arrays = {part: (_told(names[layout[part][0]]), _array(archive, names[layout[part][0]])) for part in parts}
    items = array_items.items(arrays, wanted, str(path), labels, read)
    used = {names[key] for keys in layout.values() for key in keys if key in names}
    others = sorted(set(archive) - used)
    if others:
        parts_read, left = (", ".join(map(_told, sorted(some))) for some in (used, others))
        read.remarks.append(f"of {path.name} are read: {parts_read}; left alone: {left}")
    found = decoded(path.name, items, labels)
    return array_items.said(replace(found, kind=kind_of(read)), read)


def _told(name: str) -> str:
    """A name for people: its beginning and its end, where it is long."""
    shown = printable(name)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 2]} ... {shown[-LONGEST // 2 :]}"


def _array(archive: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """An array of an archive; what is none comes as bytes. Raises ValueError."""
    found = archive[name]
    if not isinstance(found, np.ndarray):
        raise ValueError(f"{_told(name)} is no array")
    return found


def _layout(path: Path, names: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Of each split the names of its items and of its labels. Raises DataError."""
    for splits in SPLITS:
        if splits["train"][0] in names:
            return {part: keys for part, keys in splits.items() if keys[0] in names}
    known = (*ITEMS, *(kind.array for kind in KINDS.values()))  # as `gansmith sample` calls them
    items = next((name for name in known if name in names), None)
    if items is None and len(names) == 1:
        items = next(iter(names))
    if items is None:
        held = ", ".join(map(_told, sorted(names.values()))) or "nothing"
        raise DataError(f"{path} holds {held}: name the array of items `images` or `vectors`, and its classes `labels`")
    return {"": (items, next((name for name in LABELS if name in names and name != items), ""))}
