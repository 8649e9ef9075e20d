"""The labels that the players see: none, classes, or clusters of similar items."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

GOLDEN = (math.sqrt(5) - 1) / 2
"""Steps of this length around a circle are spread more evenly than steps of any other length."""


@dataclass(frozen=True)
class Labelling:
    """Labels 0 .. classes - 1, and how often each is drawn."""

    classes: int = 0  # 0 = unlabelled
    counts: tuple[int, ...] = ()
    """The size of each cluster: clusters are drawn by their sizes. () = classes, which are drawn equally often."""
    frequencies: tuple[int, ...] = ()
    """How many items of the data each class has; () where that is unknown. What is measured against the data is drawn in
    these shares; what the players see is not."""

    def spread(self, count: int, first: int = 0) -> np.ndarray | None:
        """`count` labels int64 from an endless sequence, beginning at index `first`. Every part of it has each label in its
        share. None when unlabelled."""
        if not self.classes:
            return None
        index = np.arange(first, first + count)
        if not self.counts:
            return index % self.classes
        ends = np.cumsum(self.counts)
        return np.searchsorted(ends, (index * GOLDEN) % 1 * ends[-1], side="right")

    @property
    def first(self) -> int | None:
        """The label to show by default: the first class, or the largest cluster; None when unlabelled."""
        if not self.classes:
            return None
        return int(np.argmax(self.counts)) if self.counts else 0

    def shuffled(self, count: int, rng: np.random.Generator) -> np.ndarray | None:
        """The labels of `spread` in random order."""
        labels = self.spread(count)
        return None if labels is None else labels[rng.permutation(count)]

    def as_in_data(self, count: int, rng: np.random.Generator) -> np.ndarray | None:
        """`count` labels int64 in random order, each as often as in the data, exact to one item; for items that are compared
        with the data. Clusters, and classes whose `frequencies` are unknown or all 0, are as in `shuffled`. None when
        unlabelled."""
        if self.counts or not sum(self.frequencies):
            return self.shuffled(count, rng)
        due = np.array(self.frequencies) * (count / sum(self.frequencies))
        whole = np.floor(due).astype(np.int64)
        whole[np.argsort(whole - due, kind="stable")[: count - whole.sum()]] += 1  # the largest remainders
        return np.repeat(np.arange(len(whole)), whole)[rng.permutation(count)]


UNLABELLED = Labelling()
