"""Whether a set looks the same in a mirror, so that pictures may be mirrored to have more of them."""

from __future__ import annotations

import numpy as np

from gansmith.data.order import Order

LEAST, MOST = 20, 600  # pictures: fewer say nothing, more are a seeded choice
SIDE = 16  # pixels to which pictures are shrunk
SAME = 1.08  # samples of 20 to 600: emoji and clothing have 1.00 to 1.06, hand signs 1.09 to 1.28, letters 1.26 to 2.4


def mirror_ratio(items: np.ndarray, seed: int = 0) -> float | None:
    """How much farther a mirrored picture lies from the others than the picture itself: 1 = left and right are alike.

    The median, over a seeded sample of pictures uint8 (N, H, W, C), of the distance to the nearest other one. None for
    fewer than LEAST pictures.
    """
    if len(items) < LEAST:
        return None
    sample = np.asarray(items[np.sort(Order(len(items), min(MOST, len(items)), seed).rows(0))])
    small = _shrunk(sample)
    itself, mirrored = (_nearest(array, small) for array in (small, small[:, :, ::-1]))
    return 1.0 if mirrored <= itself else mirrored / itself if itself else float("inf")


def _shrunk(pictures: np.ndarray) -> np.ndarray:
    """Means over the cells of a grid of SIDE x SIDE; smaller sides stay."""
    small = pictures.astype(np.float32)
    for axis in (1, 2):
        length = small.shape[axis]
        cells = min(SIDE, length)
        edges = np.arange(cells) * length // cells
        small = np.add.reduceat(small, edges, axis=axis)
        sizes = np.diff([*edges, length]).astype(np.float32)
        small /= sizes.reshape([-1 if at == axis else 1 for at in range(4)])
    return small


def _nearest(pictures: np.ndarray, others: np.ndarray) -> float:
    """The median distance from a picture to the nearest of the others, leaving out the one in the same row."""
    flat, rest = (array.reshape(len(array), -1).astype(np.float64) for array in (pictures, others))
    squares = (flat**2).sum(1)[:, None] + (rest**2).sum(1) - 2 * flat @ rest.T
    np.fill_diagonal(squares, np.inf)
    return float(np.sqrt(np.median(np.maximum(squares.min(axis=1), 0))))
