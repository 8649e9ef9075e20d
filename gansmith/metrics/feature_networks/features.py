"""Features: what an item is described by before sets of items are compared, each with a name that carries a hash.

    pixels            pictures as they are, or by area so small that there are at most 768 numbers; vectors: "points"
    classifier        penultimate layer of a small classifier trained on the labelled set itself   (classifier.py)
    self-supervised   the same network trained without labels                                     (self_supervised.py)
    inception         the network of the published FID, from a file that the user names           (inception.py)

Two distances may be compared only if their names, hashes included, are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from gansmith.metrics import pictures

FeatureName = Literal["auto", "pixels", "classifier", "self-supervised", "inception"]
PIXEL_NUMBERS = 784

Progress = Callable[[str, float], None]  # (what is being done, share done in 0..1)


def silent(what: str, share: float) -> None:
    """The progress callback that says nothing."""


@dataclass(frozen=True)
class Read:
    """What an extractor finds in N items."""

    features: np.ndarray  # float32 (N, d)
    probabilities: np.ndarray | None = None  # float32 (N, classes), where the extractor is a classifier


class Extractor(Protocol):
    """Anything that describes items."""

    @property
    def name(self) -> str:
        """Kind and hash, such as "mnist-classifier@3fa2"."""
        ...

    def read(self, items: np.ndarray) -> Read:
        """Describe items: pictures uint8 (N, H, W, C) or vectors float32 (N, D)."""
        ...


@dataclass(frozen=True)
class Pixels:
    """Items as they are, pictures in 0..1 and made smaller by area where they hold more than PIXEL_NUMBERS values."""

    shape: tuple[int, ...]  # of one item

    @property
    def name(self) -> str:
        """ "points", or "pixels" with the size compared."""
        if len(self.shape) == 1:
            return "points"
        height, width, channels = pictures.flat_size(self.shape, PIXEL_NUMBERS)
        return f"pixels-{width}x{height}x{channels}"

    def read(self, items: np.ndarray) -> Read:
        """Features (N, H' * W' * C)."""
        return Read(pictures.flat(items, PIXEL_NUMBERS))


def hash_of(arrays: dict[str, np.ndarray]) -> str:
    """Four hex digits of the weights: the same only where every number is."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:4]
