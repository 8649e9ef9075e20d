"""Masks: which pixels of a picture are known. bool (H, W), True = known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from gansmith.ground import streams
from gansmith.ground.errors import RunError, nearest

LOW_RESOLUTION = "low-resolution"  # no pixel is known, but the means of 8 x 8 fields are
FIELDS = 8  # of low resolution, each way


def random(height: int, width: int, seed: int) -> np.ndarray:
    """A random fifth of the pixels is missing."""
    return streams.generator(seed, "explore", turn=1).random((height, width)) >= 0.2


def centre(height: int, width: int, seed: int) -> np.ndarray:
    """The middle half of the height and of the width is missing."""
    known = np.ones((height, width), bool)
    known[height // 4 : height - height // 4, width // 4 : width - width // 4] = False
    return known


def left(height: int, width: int, seed: int) -> np.ndarray:
    """The left half is missing."""
    known = np.ones((height, width), bool)
    known[:, : width // 2] = False
    return known


def full(height: int, width: int, seed: int) -> np.ndarray:
    """Nothing is missing: the completion is a projection."""
    return np.ones((height, width), bool)


def fourth(height: int, width: int, seed: int) -> np.ndarray:
    """Every fourth pixel of every fourth row is known."""
    known = np.zeros((height, width), bool)
    known[::4, ::4] = True
    return known


def nothing(height: int, width: int, seed: int) -> np.ndarray:
    """No pixel is known; with low resolution, the means of fields are."""
    return np.zeros((height, width), bool)


MASKS: dict[str, Callable[[int, int, int], np.ndarray]] = {
    "random": random,
    "centre": centre,
    "left": left,
    "full": full,
    "fourth": fourth,
    LOW_RESOLUTION: nothing,
}


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
        raise RunError(f"mask {path} cannot be read as a picture: {error}") from None
    if known.shape != (height, width):
        raise RunError(
            f"mask {path} is {known.shape[1]}x{known.shape[0]}, this generator's pictures are {width}x{height}: "
            "draw it in that size"
        )
    if not known.any():
        raise RunError(f"mask {path} is black all over: white marks the pixels that are known")
    return known
