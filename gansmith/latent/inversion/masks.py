"""Masks: which pixels of a picture are known. bool (H, W), True = known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from gansmith.ground import streams
from gansmith.ground.errors import RunError, nearest

LOW_RESOLUTION = "low-resolution"  # no pixel is known, but the means of 8 x 8 blocks are
BLOCKS = 8  # of low resolution, in each direction


def _hole(height: int, width: int, rows: slice, columns: slice) -> np.ndarray:
    known = np.ones((height, width), bool)
    known[rows, columns] = False
    return known


MASKS: dict[str, Callable[[int, int, int], np.ndarray]] = {
    "random": lambda h, w, seed: streams.generator(seed, "explore", turn=1).random((h, w)) >= 0.2,  # a fifth is missing
    "centre": lambda h, w, seed: _hole(h, w, slice(h // 4, h - h // 4), slice(w // 4, w - w // 4)),
    "left": lambda h, w, seed: _hole(h, w, slice(h), slice(w // 2)),  # the left half is missing
    "full": lambda h, w, seed: np.ones((h, w), bool),  # nothing is missing: a projection
    "fourth": lambda h, w, seed: (
        np.add.outer(np.arange(h) % 4, np.arange(w) % 4) == 0
    ),  # every fourth of every fourth row
    LOW_RESOLUTION: lambda h, w, seed: np.zeros((h, w), bool),
}
"""(height, width, seed) -> mask."""


def make(name: str, height: int, width: int, seed: int = 0) -> np.ndarray:
    """A mask by its name, or from a picture file: white is known, black is missing. Raises RunError."""
    if name in MASKS:
        return MASKS[name](height, width, seed)
    path = Path(name)
    if not path.is_file():
        raise RunError(f"mask {name!r} is neither a file nor built in{nearest(name, MASKS)}")
    try:
        with Image.open(path) as picture:
            known = np.asarray(picture.convert("L")) >= 128
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RunError(f"mask {path} cannot be read as a picture ({reason}): give another file") from None
    if known.shape != (height, width):
        raise RunError(
            f"mask {path} is {known.shape[1]}x{known.shape[0]}, this generator's pictures are {width}x{height}: "
            "draw it in that size"
        )
    if not known.any():
        raise RunError(f"mask {path} is black all over: white marks the pixels that are known")
    return known
