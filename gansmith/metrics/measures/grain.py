"""Fine noise: what changes from pixel to pixel where a picture is flat.

The 3 x 3 mask 1 -2 1 / -2 4 -2 / 1 -2 1 answers neither to a slope nor to a straight edge along an axis (Immerkaer 1996). Its
answer to white noise of deviation s has deviation 6 s. Only the weaker half of a picture's answers is used, so outlines
do not count.
"""

from __future__ import annotations

import numpy as np

ANSWER = 6.0  # the mask's norm
CHUNK = 512  # pictures at a time


def grain(pictures: np.ndarray) -> np.ndarray:
    """The root mean square of the weaker half of the mask's answers in each picture uint8 (N, H, W, C), H, W >= 3:
    float64 (N,), in grey levels of 0..255."""
    found = np.empty(len(pictures))
    for start in range(0, len(pictures), CHUNK):
        part = pictures[start : start + CHUNK].astype(np.float32)
        for axis in (1, 2):
            part = np.moveaxis(part, axis, 0)
            part = np.moveaxis(part[:-2] - 2 * part[1:-1] + part[2:], 0, axis)
        answers = np.sort(np.abs(part.reshape(len(part), -1)), axis=1)
        weaker = answers[:, : (answers.shape[1] + 1) // 2]
        found[start : start + CHUNK] = np.sqrt(np.square(weaker).mean(axis=1, dtype=np.float64)) / ANSWER
    return found
