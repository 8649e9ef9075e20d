"""CIFAR-10 and CIFAR-100 as published: a folder of pickled batches (for Python) or of .bin files.

Unpickling may run any program, so only NumPy's arrays and plain values are let through.
"""

from __future__ import annotations

import codecs
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.data.formats.listing import Listing, chosen_splits, decoded
from gansmith.ground.errors import DataError

BATCHES = {  # split -> the batches' names, as parts of a file's name
    "train": ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "train"),
    "test": ("test_batch", "test"),
}
META = ("batches.meta", "meta", "batches.meta.txt")
SIDE = 32
_ARRAY = np.zeros(1, np.uint8)
ALLOWED = {  # (module, name) in a pickle, by any version of NumPy -> what is called
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _ARRAY.__reduce__()[0] for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _ARRAY.__reduce_ex__(5)[0] for core in ("core", "_core")},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): codecs.encode,
}


class _Plain(pickle.Unpickler):
    """Reads arrays and plain values, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return ALLOWED[module, name]


def batches(folder: Path) -> dict[str, list[Path]]:
    """Split -> its batches; empty where a folder is not CIFAR's."""
    if not any((folder / name).is_file() for name in META):
        return {}
    found = {
        split: [path for name in names for path in (folder / name, folder / f"{name}.bin") if path.is_file()]
        for split, names in BATCHES.items()
    }
    return {split: paths for split, paths in found.items() if paths}


def listing(folder: Path, split: str) -> Listing:
    """The pictures uint8 (N, 32, 32, 3) and labels of a split. Raises DataError."""
    found = batches(folder)
    wanted = chosen_splits(str(folder), tuple(found), split)
    read = {part: [_batch(path) for path in paths] for part, paths in found.items()}
    labels = {part: np.concatenate([label for _, label in each]) for part, each in read.items()}
    items = {part: np.concatenate([pictures for pictures, _ in read[part]]) for part in wanted}
    names = _names(folder)
    if names and max(int(part.max(initial=0)) for part in labels.values()) < len(names):
        every = {part: np.array(names)[each] for part, each in labels.items()}
        return decoded(folder.name, items, every)
    return decoded(folder.name, items, labels)


def _batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The pictures and labels of a file."""
    try:
        if path.suffix == ".bin":
            rows = np.fromfile(path, np.uint8)
            width = 1 + SIDE * SIDE * 3 + (path.stem in ("train", "test"))  # CIFAR-100 has a coarse label before
            rows = rows.reshape(-1, width)
            pixels, labels = rows[:, -SIDE * SIDE * 3 :], rows[:, -SIDE * SIDE * 3 - 1]
        else:
            with open(path, "rb") as file:
                held = _Plain(file, encoding="bytes").load()
            held = {key.decode() if isinstance(key, bytes) else key: value for key, value in held.items()}
            pixels, labels = held["data"], held.get("fine_labels", held.get("labels"))
        pictures = np.asarray(pixels, np.uint8).reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        return pictures, np.asarray(labels, np.int64).reshape(len(pictures))
    except Exception as error:  # unpickling a damaged file raises almost any
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(f"{path} is no sound batch of CIFAR ({reason}): fetch it again") from None


def _names(folder: Path) -> list[str]:
    """The classes' names; empty where they are not told."""
    path = next(path for name in META if (path := folder / name).is_file())
    try:
        if path.suffix == ".txt":
            return path.read_text(encoding="utf-8").split()
        with open(path, "rb") as file:
            held = _Plain(file, encoding="bytes").load()
        names = held.get(b"fine_label_names") or held.get(b"label_names") or held.get("label_names") or []
        return [name.decode() if isinstance(name, bytes) else str(name) for name in names]
    except Exception:  # the numbers are used, as where there is no list
        return []
