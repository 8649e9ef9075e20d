"""IDX, the format of MNIST, plain or gzipped. Big-endian:

two zero bytes, the type (8 = unsigned byte), the number of dimensions, each dimension as 32 bits, the bytes
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gansmith.data.formats.listing import Listing, chosen_splits, decoded
from gansmith.ground.errors import DataError

UNSIGNED_BYTE = 8
MAX_BYTES = 2**34  # of one file, unpacked
BLOCK = 2**22  # bytes read at once, so that a wrong header costs no memory

IMAGES = re.compile(r"^(?P<set>.*?)(?P<split>train|t10k|test)[-_.]images[-_.]idx3-ubyte(\.gz)?$", re.IGNORECASE)
SPLITS = {"train": "train", "t10k": "test", "test": "test"}
SUBFOLDERS = ("", "raw", "MNIST/raw", "FashionMNIST/raw")  # of PyTorch's and others' downloads

GARMENTS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
KNOWN_LABELS = {  # md5 of the unpacked label file -> what its numbers mean
    "9018921c3c673c538a1fc5bad174d6f9": GARMENTS,
    "15d484375f8d13e6eb1aabb0c3f46965": GARMENTS,
}


@dataclass(frozen=True)
class IdxSet:
    """The file of pictures of each split ("train", "test"), or a single one for the split ""."""

    title: str
    images: dict[str, Path]

    def files(self) -> list[Path]:
        """All files: pictures and labels."""
        labels = [labels_beside(path) for path in self.images.values()]
        return [*self.images.values(), *(path for path in labels if path is not None)]


def read(path: Path) -> np.ndarray:
    """The array uint8 of an IDX file of unsigned bytes. Raises DataError."""
    try:
        with _opened(path) as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or not 1 <= head[3] <= 4:
                raise DataError(
                    f"{path} is not an IDX file: its first bytes are {head.hex(' ') or 'missing'}: fetch it again"
                )
            if head[2] != UNSIGNED_BYTE:
                raise DataError(f"{path} holds IDX values of type {head[2]:#04x}: save them as unsigned bytes (0x08)")
            sizes = file.read(4 * head[3])
            shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
            expected = prod(shape)
            if len(shape) < head[3] or expected > MAX_BYTES:
                sides = " x ".join(map(str, shape))
                raise DataError(f"{path} has a damaged header ({head[3]} dimensions, {sides}): fetch it again")
            data = _take(file, expected + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is truncated or damaged ({error}): fetch it again") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    if len(data) != expected:
        found = f"only {len(data):,}" if len(data) < expected else "more"
        raise DataError(
            f"{path} is truncated or damaged: its header promises {' x '.join(map(str, shape))} = {expected:,} bytes, "
            f"it holds {found}: fetch it again"
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _opened(path: Path) -> gzip.GzipFile | BinaryIO:
    """A file, unpacked while it is read if it is gzipped."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else open(path, "rb")


def _take(file: gzip.GzipFile | BinaryIO, limit: int) -> bytearray:
    """At most `limit` bytes, in blocks."""
    data = bytearray()
    while len(data) < limit and (block := file.read(min(BLOCK, limit - len(data)))):
        data += block
    return data


def is_idx(path: Path) -> bool:
    """Whether a file begins like IDX."""
    try:
        with _opened(path) as file:
            head = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in (8, 9, 11, 12, 13, 14) and 1 <= head[3] <= 4


def labels_beside(images: Path) -> Path | None:
    """The file of labels that belongs to a file of pictures, or None."""
    name = images.name.removesuffix(".gz")
    if "images" not in name:
        return None
    name = name.replace("images", "labels").replace("idx3", "idx1")
    for candidate in (images.with_name(name), images.with_name(name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def in_folder(folder: Path) -> IdxSet | None:
    """The IDX files of a folder, or None. Raises DataError where it has several sets."""
    for inside in (folder / below for below in SUBFOLDERS):
        sets: dict[str, dict[str, Path]] = {}
        try:
            names = os.listdir(inside) if inside.is_dir() else []
        except OSError as error:
            raise DataError(f"cannot look into {inside}: {error.strerror}") from None
        matches = [match for name in names if (match := IMAGES.match(name))]
        for match in sorted(matches, key=lambda match: match.string, reverse=True):  # prefer plain files to gzipped
            sets.setdefault(match["set"], {})[SPLITS[match["split"].lower()]] = inside / match.string
        if len(sets) > 1:
            found = ", ".join(sorted(sets))
            raise DataError(f"{inside} holds several IDX sets ({found}): give one of the images' files instead")
        for images in sets.values():
            return IdxSet(folder.name, dict(sorted(images.items(), reverse=True)))
    return None


def listing(idx: IdxSet, split: str) -> Listing:
    """The pictures uint8 (N, H, W, C) and labels of a split: "train", "test" or "all". Raises DataError."""
    labels = {name: _labels(path) for name, path in idx.images.items()}
    wanted = chosen_splits(idx.title, tuple(idx.images), split)
    items = {name: _pictures(idx.images[name]) for name in wanted}
    meanings = [_meaning(part) for name in wanted if (part := labels[name]) is not None]
    return decoded(idx.title, items, labels, next(filter(None, meanings), None))


def _pictures(path: Path) -> np.ndarray:
    array = read(path)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] not in (1, 3) or 0 in array.shape:
        raise DataError(f"{path} is of shape {array.shape}: pictures are (count, height, width)")
    return array


def _labels(images: Path) -> np.ndarray | None:
    beside = labels_beside(images)
    if beside is None:
        return None
    labels = read(beside)
    if labels.ndim != 1:
        raise DataError(f"{beside} is of shape {labels.shape}: labels are one number each")
    return labels


def _meaning(labels: np.ndarray) -> tuple[str, ...] | None:
    """The class names that belong to a known label file, or None."""
    head = bytes((0, 0, UNSIGNED_BYTE, 1)) + len(labels).to_bytes(4, "big")
    return KNOWN_LABELS.get(hashlib.md5(head + labels.tobytes(), usedforsecurity=False).hexdigest())
