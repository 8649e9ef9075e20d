"""The labels that the players see: none, classes, or clusters of similar items; and what a class is called."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WHOLE = re.compile(r"-?[0-9]{1,18}")  # a whole number as text
UNEVEN = 2.0  # the largest class over the smallest
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
    natural: bool = False  # samples too are drawn by the `frequencies`, where no class is asked for

    def spread(self, count: int, first: int = 0) -> np.ndarray | None:
        """`count` labels int64 from an endless sequence, beginning at index `first`. Every part of it has each label in its
        share. None when unlabelled."""
        if not self.classes:
            return None
        index = np.arange(first, first + count)
        sizes = self.counts or (self.frequencies if self.natural else ())
        if not sum(sizes):
            return index % self.classes
        ends = np.cumsum(sizes)
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


def evenly_drawn(counts: Sequence[int], names: Sequence[str]) -> str:
    """A line where the items of classes are uneven, for classes that are drawn equally often; "" where they are not."""
    if len(counts) < 2 or max(counts) < UNEVEN * max(min(counts), 1):
        return ""
    rare, common = counts.index(min(counts)), counts.index(max(counts))
    return (
        f"classes are uneven ({names[rare]} {counts[rare]:,}, {names[common]} {counts[common]:,}): generated ones are drawn "
        "equally often, in the training and by `gansmith sample`"
    )


def position(label: str, names: Sequence[str], classes: int) -> int | None:
    """The position in 0 .. classes - 1 of a label as a person writes it; None where there is none.

    A class's name comes first. Where the names are whole numbers, any other number is no class; else it is a position.
    """
    if label in names:
        return list(names).index(label)
    number = int(label) if WHOLE.fullmatch(label) else None
    if number is None:
        return None
    if names and all(WHOLE.fullmatch(name) for name in names):
        return next((index for index, name in enumerate(names) if int(name) == number), None)
    return number if 0 <= number < classes else None


def renumbered(labels: np.ndarray, names: Sequence[str], onto: Sequence[str]) -> np.ndarray:
    """Labels int64 (N,), which are positions in `names`, as positions in `onto`; -1 for a class that is not there."""
    places = {name: index for index, name in enumerate(onto)}
    return np.array([places.get(name, -1) for name in names], np.int64)[labels]


def as_named(labels: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Positions (N,) as the classes' names: int64 where all names are whole numbers, else words; unchanged without names."""
    if not names:
        return labels
    whole = all(WHOLE.fullmatch(name) for name in names)
    return np.array([int(name) for name in names] if whole else list(names), np.int64 if whole else None)[labels]
