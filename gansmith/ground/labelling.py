"""What the players are told of the items: nothing, their classes, or groups of like ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

GOLDEN = (math.sqrt(5) - 1) / 2
"""Steps of this length, taken round a circle, spread over it more evenly than those of any other."""


@dataclass(frozen=True)
class Labelling:
    """Labels 0 .. classes - 1, and how often each is asked for."""

    classes: int = 0  # 0 = unlabelled
    counts: tuple[int, ...] = ()
    """Items of each group, by which it is asked for; () = these are classes, each asked for as often as another."""

    def spread(self, count: int, first: int = 0) -> np.ndarray | None:
        """`count` labels int64, each in its share of any long run of them, from the `first` of an endless row on."""
        if not self.classes:
            return None
        turns = np.arange(first, first + count)
        if not self.counts:
            return turns % self.classes
        ends = np.cumsum(self.counts)
        return np.searchsorted(ends, (turns * GOLDEN) % 1 * ends[-1], side="right")

    @property
    def first(self) -> int | None:
        """The label to show where none is asked for: the first class, or the largest group; None when unlabelled."""
        if not self.classes:
            return None
        return int(np.argmax(self.counts)) if self.counts else 0

    def shuffled(self, count: int, rng: np.random.Generator) -> np.ndarray | None:
        """The same labels as `spread` has, in random order."""
        labels = self.spread(count)
        return None if labels is None else labels[rng.permutation(count)]


UNLABELLED = Labelling()
