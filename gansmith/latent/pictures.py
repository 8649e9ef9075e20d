"""Pictures as uint8 and as float32 in [0, 1]."""

from __future__ import annotations

import numpy as np

from gansmith.ground import alpha


def to_unit(pictures: np.ndarray) -> np.ndarray:
    """uint8 pictures as float32 in [0, 1]; pictures of floats, already in [0, 1], as they are."""
    return pictures.astype(np.float32) / np.float32(255) if pictures.dtype == np.uint8 else pictures


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures (..., C) of floats in [0, 1] as uint8, clipped and rounded; uint8 pictures as they are. Of four channels no
    colour exceeds alpha."""
    made = pictures if pictures.dtype == np.uint8 else np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)
    return alpha.within(made) if made.shape[-1] == alpha.RGBA else made
