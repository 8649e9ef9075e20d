"""Are generated items copies of training items? The nearest training item, against what held-out real items show.

Distance alone misleads, since simple pictures are near everything. So the distance to the nearest training item is
divided by the mean distance to the next 50 (as in Carlini et al. 2023): about 1 for anything new, 0 for an exact copy.
An item counts as a copy when that ratio is no larger than 1 in 100 held-out real items show, so real items copy 1%, and
a copy rate far above says that the generator gives back what it was shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import distances

NEXT = 50  # neighbours after the nearest
PERCENTILE = 1.0  # of held-out real items that count as copies
NUMBERS = 784  # pixels are reduced to about so many per picture


@dataclass(frozen=True)
class Nearness:
    """N items and the training items nearest to them."""

    nearest: np.ndarray  # int64 (N,): index of the nearest training item
    distance: np.ndarray  # float64 (N,): to it
    ratio: np.ndarray  # float64 (N,): distance over the mean distance to the next NEXT; 1 where all are at 0

    def worst(self, count: int) -> np.ndarray:
        """Indices of the items most like copies, worst first, none twice with the same training item."""
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
    """Of rows float32 (N, d) among training rows (M, d), M >= 3.

    `own` int64 (N,): where the items are themselves training rows; no row is its own neighbour.
    """
    others = len(training) - (own is not None)
    if others < 2:
        raise DataError(f"{len(training)} training items are too few to tell copies: at least 3 are needed")
    indices, squared = distances.nearest(items, training, min(NEXT + 1, others), own)
    # the nearest is measured again, without the cancellation of the fast form: a copy must read 0
    gap = items.astype(np.float64) - training[indices[:, 0]]
    distance = np.sqrt(np.square(gap).sum(axis=1))
    around = np.sqrt(squared[:, 1:]).mean(axis=1)
    ratio = np.where(around > 0, distance / np.where(around > 0, around, 1.0), 1.0)
    return Nearness(indices[:, 0], distance, ratio)


def memorisation(generated: Nearness, heldout: Nearness) -> Memorisation:
    """The verdict; `generated` and `heldout` were measured among the same training items."""
    threshold = float(np.percentile(heldout.ratio, PERCENTILE))
    middle = float(np.median(heldout.distance))
    return Memorisation(
        copy_rate=float((generated.ratio <= threshold).mean()),
        threshold=threshold,
        distance_ratio=float(np.median(generated.distance)) / middle if middle > 0 else 1.0,
    )
