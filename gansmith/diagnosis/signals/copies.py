"""How near pictures or vectors are to training items, also if they were moved by a pixel or mirrored.

Distance alone misleads: simple pictures are near everything. So the distance to the nearest training item is divided by
the mean distance to the next ones (as Carlini et al. 2023 do): about 1 for a new item, 0 for a copy. Before a distance is
taken, a picture may move by a pixel in every direction, so that a copy that is a little off is a copy all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gansmith.diagnosis.signals.samples import EPSILON
from gansmith.kinds import Kind
from gansmith.metrics.measures import distances

CANDIDATES = 32  # training items that are nearest without moving: only these are compared with the moved picture
BLOCK = 64  # items compared at a time, to limit memory


@dataclass(frozen=True)
class Near:
    """The nearest training item of each of N items."""

    distance: np.ndarray  # (N,)
    ratio: np.ndarray  # (N,): over the mean distance to the next ones; 1 where there is no next one


def near(
    kind: Kind,
    items: np.ndarray,
    points: np.ndarray,
    training_rows: np.ndarray,
    training_points: np.ndarray,
    *,
    numbers: int,
    own: np.ndarray | None = None,
) -> Near:
    """Compare items, pictures (N, H, W, C) in 0..1, and their points (N, p), with training items.

    training_rows (M, d), training_points (M, p): the same of the training items; a row has at most `numbers` values.
    own int64 (N,): the items' own indices among the training items, where they are training items.
    """
    squared = distances.squared(points, training_points)
    if own is not None:
        squared[np.arange(len(points)), own] = np.inf
    count = min(CANDIDATES, len(training_rows) - (own is not None))
    if count < 1:
        return Near(np.zeros(len(items)), np.ones(len(items)))
    candidates = np.argpartition(squared, count - 1, axis=1)[:, :count]
    rows = kind.flat(items, numbers)
    moves = [kind.flat(moved, numbers) - rows for moved in _moved(items)] if kind.pixels else [np.zeros_like(rows)]
    least = np.full((len(items), count), np.inf, np.float32)
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        gaps = training_rows[candidates[part]]
        gaps -= rows[part, None]  # in its place: fresh memory costs more than the difference
        still = np.einsum("nkd,nkd->nk", gaps, gaps)
        for move in moves:  # |gap - move|^2 by its terms: the gaps, which are many, are not written anew
            step = move[part, :, None]
            away = still - 2 * (gaps @ step)[:, :, 0] + np.square(step).sum(axis=1)
            np.minimum(least[part], away, out=least[part])
    least = np.maximum(least, 0)  # rounding
    ordered = np.sqrt(np.sort(least, axis=1).astype(np.float64))
    if count < 2:
        return Near(ordered[:, 0], np.ones(len(items)))
    around = ordered[:, 1:].mean(1)
    return Near(ordered[:, 0], np.where(around > EPSILON, ordered[:, 0] / np.maximum(around, EPSILON), 0.0))


def _moved(items: np.ndarray) -> Iterator[np.ndarray]:
    """Pictures moved by -1, 0 and 1 pixels down and across, their edges repeated."""
    height, width = items.shape[1:3]
    padded = np.pad(items, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    for down in range(3):
        for across in range(3):
            yield padded[:, down : down + height, across : across + width]
