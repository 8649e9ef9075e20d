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


def _random(height: int, width: int, seed: int) -> np.ndarray:
    return streams.generator(seed, "explore", turn=1).random((height, width)) >= 0.2


def _centre(height: int, width: int, seed: int) -> np.ndarray:
    known = np.ones((height, width), bool)
    known[height // 4 : height - height // 4, width // 4 : width - width // 4] = False
    return known


def _left(height: int, width: int, seed: int) -> np.ndarray:
    known = np.ones((height, width), bool)
    known[:, : width // 2] = False
    return known


def _fourth(height: int, width: int, seed: int) -> np.ndarray:
    known = np.zeros((height, width), bool)
    known[::4, ::4] = True
    return known


MASKS: dict[str, Callable[[int, int, int], np.ndarray]] = {
    "random": _random,  # a random fifth is missing
    "centre": _centre,  # the middle half of the height and of the width is missing
    "left": _left,  # the left half is missing
    "full": lambda height, width, seed: np.ones((height, width), bool),  # nothing is missing: a projection
    "fourth": _fourth,  # every fourth pixel of every fourth row is known
    LOW_RESOLUTION: lambda height, width, seed: np.zeros((height, width), bool),
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
        raise RunError(f"mask {path} cannot be read as a picture: {error}") from None
    if known.shape != (height, width):
        raise RunError(
            f"mask {path} is {known.shape[1]}x{known.shape[0]}, this generator's pictures are {width}x{height}: "
            "draw it in that size"
        )
    if not known.any():
        raise RunError(f"mask {path} is black all over: white marks the pixels that are known")
    return known
