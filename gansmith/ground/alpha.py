"""Pictures with transparency: how they are kept, written and shown.

Inside, a picture of four channels is premultiplied: each colour is multiplied by the opacity (alpha). What is not seen
counts for nothing then, in resizing and in learning, and a colour never exceeds alpha. Files and other programs have
straight colours, which are as strong where a picture is transparent. All arrays are uint8 (..., channels).
"""

from __future__ import annotations

import numpy as np

RGBA = 4  # channels of a picture with transparency
LIGHT, DARK = 255, 204  # of the chequers
CHEQUERS = 8  # along the shorter side of a picture


def premultiplied(pictures: np.ndarray) -> np.ndarray:
    """Straight (..., 4) as they are kept, rounded to nearest."""
    colour, alpha = _parts(pictures)
    return _joined((colour * alpha + 127) // 255, alpha)


def straight(pictures: np.ndarray) -> np.ndarray:
    """Premultiplied (..., 4) as files have them; no colour where alpha is 0. `premultiplied` makes the same bytes of it."""
    colour, alpha = _parts(within(pictures))
    return _joined((255 * colour + alpha // 2) // np.maximum(alpha, 1), alpha)


def within(pictures: np.ndarray) -> np.ndarray:
    """Premultiplied (..., 4) with every colour clipped to alpha, which resizing and networks may exceed."""
    return np.concatenate([np.minimum(pictures[..., :3], pictures[..., 3:]), pictures[..., 3:]], axis=-1)


def opaque(pictures: np.ndarray) -> np.ndarray:
    """(..., 3) with alpha 255: (..., 4)."""
    return np.concatenate([pictures, np.full_like(pictures[..., :1], 255)], axis=-1)


def on_ground(pictures: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Premultiplied (..., 4) on colours uint8 (3,) or (H, W, 1 or 3): (..., 3)."""
    colour, alpha = _parts(within(pictures))
    return (colour + (ground.astype(np.uint32) * (255 - alpha) + 127) // 255).astype(np.uint8)


def on_chequers(pictures: np.ndarray) -> np.ndarray:
    """Premultiplied (..., H, W, 4) on chequers of white and light grey, as programs show what is transparent: (..., H, W, 3)."""
    return on_ground(pictures, chequers(*pictures.shape[-3:-1]))


def chequers(height: int, width: int) -> np.ndarray:
    """The chequered ground, uint8 (height, width, 1)."""
    side = max(1, round(min(height, width) / CHEQUERS))
    odd = (np.arange(height)[:, None] // side + np.arange(width) // side) % 2
    return np.where(odd, DARK, LIGHT).astype(np.uint8)[..., None]


def _parts(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return pictures[..., :3].astype(np.uint32), pictures[..., 3:].astype(np.uint32)


def _joined(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.concatenate([colour, alpha], axis=-1).astype(np.uint8)
