"""Features: the numbers that describe an item when sets of items are compared. Each kind has a name with a hash.

    pixels            pictures themselves, shrunk by area to at most 784 numbers; vectors: "points"
    classifier        penultimate layer of a small classifier trained on the labelled set itself   (classifier.py)
    self-supervised   the same network trained without labels                                     (self_supervised.py)
    imagenet          a network that knows photographs, of the extra `features`                   (imagenet.py)
    inception         the network of the published FID, from a file that the user names           (inception.py)

Two distances may be compared only if the names of their features, with the hashes, are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from gansmith.ground import alpha
from gansmith.kinds import Kind

FeatureName = Literal["auto", "pixels", "classifier", "self-supervised", "imagenet", "inception"]
PIXEL_NUMBERS = 784
GROUNDS = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)  # on which transparent pictures are read

Progress = Callable[[str, float], None]  # (what is being done, share done in 0..1)


def silent(what: str, share: float) -> None:
    """A progress callback that does nothing."""


@dataclass(frozen=True)
class Extracted:
    """What an extractor computes from N items."""

    features: np.ndarray  # float32 (N, d)
    probabilities: np.ndarray | None = None  # float32 (N, classes), where the extractor is a classifier


def read_on_grounds(items: np.ndarray, read: Callable[[np.ndarray], np.ndarray]) -> Extracted:
    """The features of pictures uint8 (N, H, W, 1, 3 or 4, premultiplied) by a network of grey and colour pictures: with
    transparency, the mean of those on black and on white."""
    if items.shape[3] == alpha.RGBA:
        return Extracted(np.stack([read(alpha.on_ground(items, ground)) for ground in GROUNDS]).mean(axis=0))
    return Extracted(read(items))


class Extractor(Protocol):
    """Anything that computes features."""

    @property
    def name(self) -> str:
        """Kind and hash, such as "mnist-classifier@3fa2"."""
        ...

    def read(self, items: np.ndarray) -> Extracted:
        """The features of pictures uint8 (N, H, W, C) or vectors float32 (N, D)."""
        ...


@dataclass(frozen=True)
class Pixels:
    """The items' own numbers, as their kind lays them flat: pictures in 0..1, shrunk by area to at most PIXEL_NUMBERS values."""

    shape: tuple[int, ...]  # of one item
    kind: Kind

    @property
    def name(self) -> str:
        """ "points", "pixels" with the size compared, or as another kind calls it."""
        return self.kind.flat_name(self.shape, PIXEL_NUMBERS)

    def read(self, items: np.ndarray) -> Extracted:
        """Features (N, D)."""
        return Extracted(self.kind.flat(items, PIXEL_NUMBERS))


def hash_of(arrays: dict[str, np.ndarray]) -> str:
    """Four hex digits of the weights."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:4]
