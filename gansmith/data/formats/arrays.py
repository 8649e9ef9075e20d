"""NumPy files: .npy with one array, .npz with pictures or vectors, and labels and splits if it has them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gansmith.data.formats.listing import Listing, chosen_splits, decoded
from gansmith.data.preparation.resize import on_background
from gansmith.ground.errors import DataError

LAYOUTS: tuple[dict[str, tuple[str, str]], ...] = (  # split -> the names of the items and of the labels
    {"": ("images", "labels")},  # Gansmith's own samples
    {"": ("vectors", "labels")},
    {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")},  # Keras
    {  # MedMNIST
        "train": ("train_images", "train_labels"),
        "validation": ("val_images", "val_labels"),
        "test": ("test_images", "test_labels"),
    },
    {"": ("x", "y")},
    {"": ("data", "target")},
    {"": ("data", "labels")},
    {"": ("arr_0", "arr_1")},  # numpy.savez without names
)
BLOCK = 65_536  # rows checked at a time


def listing(path: Path, split: str, background: str = "#ffffff") -> Listing:
    """The items and labels of a split: "train", "test" or "all" (where the file has splits). Raises DataError."""
    try:
        if path.suffix.lower() == ".npy":
            array = np.lib.format.open_memmap(path, mode="r")
        else:
            with open(path, "rb") as file:
                archive = np.load(file, allow_pickle=False)
                if not isinstance(archive, np.lib.npyio.NpzFile):
                    raise DataError(f"{path} holds one array: call it .npy")
                with archive:
                    return from_arrays(path, archive, split, background)
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, MemoryError) as error:
        raise DataError(f"{path} is damaged, or holds Python objects: {' '.join(str(error).split())}") from None
    return Listing(path.name, items=as_items(array, str(path), background))


def from_arrays(path: Path, archive: Mapping[str, np.ndarray], split: str, background: str) -> Listing:
    """The items and labels of a split, from named arrays. Raises DataError."""
    names = list(archive)
    layout = next((layout for layout in LAYOUTS if next(iter(layout.values()))[0] in names), None)
    if layout is None and len(names) == 1:
        layout = {"": (names[0], "")}
    if layout is None:
        raise DataError(
            f"{path} holds {', '.join(names) or 'nothing'}: name the array `images` (uint8) or `vectors` (float32), "
            "and its classes `labels`"
        )
    present = {part: keys for part, keys in layout.items() if keys[0] in names}
    labels = {
        part: as_labels(archive[key], f"{key} in {path}") if key in names else None
        for part, (_, key) in present.items()
    }
    items: dict[str, np.ndarray] = {}
    for part in chosen_splits(str(path), tuple(present), split):
        key = present[part][0]
        items[part] = as_items(archive[key], f"{key} in {path}", background)
    return decoded(path.name, items, labels)


def as_items(array: np.ndarray, title: str, background: str = "#ffffff") -> np.ndarray:
    """Pictures uint8 (N, H, W, 1 or 3) or vectors float32 (N, D), of an array of a usual shape. Raises DataError."""
    if 0 in array.shape or array.ndim == 0:
        raise DataError(f"{title} is empty: its shape is {array.shape}")
    if array.dtype.kind in "fiu" and array.dtype != np.uint8 and array.ndim <= 2:
        return _vectors(array, title)
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise DataError(
            f"{title} is {array.dtype} of shape {array.shape}: pictures must be uint8 (count, height, width[, "
            "channels]), vectors float (count, length)"
        )
    if array.ndim == 3:
        return array[..., None]
    if array.shape[3] not in (1, 3, 4) and array.shape[1] in (1, 3, 4):
        array = np.moveaxis(array, 1, 3)  # channels first, as PyTorch saves
    if array.shape[3] == 4:
        return on_background(array, background)
    if array.shape[3] not in (1, 3):
        raise DataError(f"{title} has pictures of {array.shape[3]} channels: 1, 3 or 4 can be read")
    return array


def _vectors(array: np.ndarray, title: str) -> np.ndarray:
    vectors = np.asarray(array, np.float32)
    vectors = vectors[:, None] if vectors.ndim == 1 else vectors
    for start in range(0, len(vectors), BLOCK):
        bad = ~np.isfinite(vectors[start : start + BLOCK]).all(axis=1)
        if bad.any():
            raise DataError(
                f"{title} is not finite in row {start + int(bad.argmax())}: remove rows with NaN or infinity"
            )
    return vectors


def as_labels(array: np.ndarray, title: str) -> np.ndarray:
    """One value for each item, (N,): integers or words. Raises DataError."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iubU":
        raise DataError(
            f"{title} is {array.dtype} of shape {array.shape}: labels are one whole number or word per item"
        )
    return array.astype(np.int64) if array.dtype.kind in "iub" else array
