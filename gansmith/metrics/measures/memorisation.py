"""Are generated items copies of training items? Their nearest training items, compared with those of held-out items.

Distance alone misleads: simple pictures are near everything. So the distance to the nearest training item is divided
by the mean distance to the next 50 (as in Carlini et al. 2023): about 1 for a new item, 0 for an exact copy. An item
counts as a copy when this ratio is as small as in the lowest 1% of held-out real items. Real items therefore have a
copy rate of 1%; a generator with a rate far above repeats its training items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import distances

NEXT = 50  # neighbours after the nearest
PERCENTILE = 1.0  # of held-out real items that count as copies
NUMBERS = 784  # pictures are shrunk to about so many values each


@dataclass(frozen=True)
class Nearness:
    """The nearest training items of N items."""

    nearest: np.ndarray  # int64 (N,): index of the nearest training item
    distance: np.ndarray  # float64 (N,): to that item
    ratio: np.ndarray  # float64 (N,): distance over the mean distance to the next NEXT; 1 where all are at 0

    def worst(self, count: int) -> np.ndarray:
        """Indices of the items most like copies, worst first; each training item at most once."""
        order = np.argsort(self.ratio, kind="stable")
        _, first = np.unique(self.nearest[order], return_index=True)
        return order[np.sort(first)][:count]


@dataclass(frozen=True)
class Memorisation:
    """Generated items against held-out real ones."""

    copy_rate: float  # share of generated items that count as copies
    threshold: float  # largest ratio of a copy
    distance_ratio: float  # median distance to the nearest training item: generated over held-out


def nearness(items: np.ndarray, training: np.ndarray, own: np.ndarray | None = None) -> Nearness:
    """Find the nearest of training rows (M, d), M >= 3, for rows float32 (N, d). Raises DataError for M < 3.

    `own` int64 (N,): the items' own indices, where they are training rows; no row is its own neighbour.
    """
    others = len(training) - (own is not None)
    if others < 2:
        raise DataError(f"{len(training)} training items are too few to find copies: at least 3 are needed")
    indices, squared = distances.nearest(items, training, min(NEXT + 1, others), own)
    # the nearest distance is computed again without the fast form's cancellation: a copy must get 0
    gap = items.astype(np.float64) - training[indices[:, 0]]
    distance = np.sqrt(np.square(gap).sum(axis=1))
    around = np.sqrt(squared[:, 1:]).mean(axis=1)
    ratio = np.where(around > 0, distance / np.where(around > 0, around, 1.0), 1.0)
    return Nearness(indices[:, 0], distance, ratio)


def memorisation(generated: Nearness, heldout: Nearness) -> Memorisation:
    """Compare generated with held-out items; both were measured against the same training items."""
    threshold = float(np.percentile(heldout.ratio, PERCENTILE))
    median = float(np.median(heldout.distance))
    return Memorisation(
        copy_rate=float((generated.ratio <= threshold).mean()),
        threshold=threshold,
        distance_ratio=float(np.median(generated.distance)) / median if median > 0 else 1.0,
    )
