"""Which class an item is like, and how many samples of each class there are, and how surely.

Kernel ridge regression of the labels on real items' points says which class a sample is like: exact, without training, and
right on 85% of Fashion-MNIST, 93% of MNIST where the five nearest neighbours are on 80% and 89%. It is often wrong, for a
shirt and a coat oftener than for a one and a nought. So samples are not counted as they are taken: how real items of each
class are taken is known, and the number of samples of each class is the one under which what was seen is most likely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.diagnosis.signals import samples
from gansmith.metrics.measures import distances

KNOWN = 1500  # labelled items that are used
CLASSES_MOST = 100  # with more classes too few items of each would be known: samples' classes are not measured
RIDGE = 0.1  # added to the kernel's diagonal
ROUNDS = 60  # of the search for the likeliest numbers
KNOWN_LEAST = 5  # items of a class: of one with fewer nothing is known
HALF = 0.5  # of the share that is due: the question is whether a class has less


@dataclass(frozen=True)
class Classes:
    """Real items, as evenly of all classes as there are, and what is known of each of K classes."""

    points: np.ndarray  # float32 (V, p)
    width: float  # of the kernel: a squared distance
    weights: np.ndarray  # float32 (V, K)
    shares: np.ndarray  # (K,): the classes' shares of the data
    confusion: np.ndarray  # (K, K): of real items of class i, the share that is taken for class j; rows add up to 1
    spreads: np.ndarray  # (K,): how different the real items of a class are; NaN with fewer than two
    known: np.ndarray  # bool (K,): whether there are enough items of a class; of the others nothing is said

    @classmethod
    def of(cls, points: np.ndarray, rows: np.ndarray, labels: np.ndarray, classes: int) -> Classes:
        """From items in random order: points (n, p), rows (n, d), labels int64 (n,)."""
        most = max(1, KNOWN // classes)
        chosen = np.sort(np.concatenate([np.flatnonzero(labels == label)[:most] for label in range(classes)]))
        counts = np.bincount(labels, minlength=classes)
        spreads = [samples.spread(rows[chosen][labels[chosen] == label]) for label in range(classes)]
        known, answers = points[chosen].astype(np.float32), np.eye(classes, dtype=np.float32)[labels[chosen]]
        squared = distances.squared(known, known)
        width = max(float(np.median(squared)), 1e-12)
        inverse = np.linalg.inv(
            np.exp(-squared / np.float32(width)) + np.float32(RIDGE) * np.eye(len(known), dtype=np.float32)
        )
        weights = inverse @ answers
        without_itself = answers - weights / np.diagonal(inverse)[:, None]  # each item's answer if it were not known
        confusion = np.zeros((classes, classes))
        np.add.at(confusion, (labels[chosen], without_itself.argmax(1)), 1.0)
        confusion[counts == 0] = np.eye(classes)[counts == 0]
        confusion /= confusion.sum(1, keepdims=True)
        spreads = np.where(counts > 1, spreads, np.nan)
        return cls(known, width, weights, counts / counts.sum(), confusion, spreads, counts >= KNOWN_LEAST)

    def class_of(self, points: np.ndarray) -> np.ndarray:
        """The class int64 (N,) that each point (N, p) is taken for."""
        squared = distances.squared(points.astype(np.float32), self.points)
        return (np.exp(-squared / np.float32(self.width)) @ self.weights).argmax(1)

    def estimate(self, votes: np.ndarray, fixed: int = -1, share: float = 0.0) -> np.ndarray:
        """The shares (K,) of the classes under which counts (K,) of samples taken for each are most likely (by EM).

        fixed: a class whose share is held at `share`.
        """
        free = np.ones(len(votes), bool)
        found = np.full(len(votes), 1 / len(votes))
        if fixed >= 0:
            free[fixed] = False
        for _ in range(ROUNDS):
            found *= (1 - share) / max(found[free].sum(), 1e-12)
            if fixed >= 0:
                found[fixed] = share
            found = found * (self.confusion @ (votes / np.maximum(found @ self.confusion, 1e-12))) / max(votes.sum(), 1)
        if fixed >= 0:
            found[free] *= (1 - share) / max(found[free].sum(), 1e-12)
            found[fixed] = share
        return found

    def counts(self, taken: np.ndarray, labels: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of samples taken for classes int64 (N,), asked by labels int64 (N,) or in the data's shares: how many there are of
        each class, (K,), how many are due, (K,), and how surely there are fewer than half of those, (K,).

        The last is a likelihood ratio as a number of standard deviations; 0 for a class that has half of its due. Where a
        class has not, and samples were asked by labels, only those that were asked for it are counted. It is never more
        than what the samples that are taken for the class say on their own.
        """
        classes = len(self.shares)
        due = self.shares * len(taken) if labels is None else np.bincount(labels, minlength=classes)
        due = np.where(self.known, due, 0.0)
        votes = np.bincount(taken, minlength=classes)
        found, sure = self.estimate(votes) * len(taken), np.zeros(classes)
        for label in np.flatnonzero(found < HALF * due):
            own = votes if labels is None else np.bincount(taken[labels == label], minlength=classes)
            found[label], sure[label] = self._lack(int(label), own, float(due[label]))
            sure[label] = min(sure[label], self._lack_of_votes(int(label), votes, float(due[label])))
        return found, due, sure

    def _lack_of_votes(self, label: int, votes: np.ndarray, due: float) -> float:
        """How surely fewer samples are taken for a class than half of `due` would be, whatever others are taken for.

        Samples are softer than real items and confused in other ways. So all that are taken for the class count for it.
        """
        seen, expected = float(votes[label]), HALF * due * float(self.confusion[label, label])
        if seen >= expected:
            return 0.0
        return float(np.sqrt(2 * (expected - seen + (seen * np.log(seen / expected) if seen else 0.0))))

    def _lack(self, label: int, votes: np.ndarray, due: float) -> tuple[float, float]:
        """How many of the samples with these votes (K,) are of a class, and how surely fewer than half of `due`."""
        count = votes.sum()
        found = self.estimate(votes)
        if found[label] * count >= HALF * due:
            return float(found[label] * count), 0.0
        other = self.estimate(votes, label, HALF * due / count)
        gain = self._likelihood(votes, found) - self._likelihood(votes, other)
        return float(found[label] * count), float(np.sqrt(max(0.0, 2 * gain)))

    def _likelihood(self, votes: np.ndarray, shares: np.ndarray) -> float:
        """The logarithm of the counts' likelihood under shares (K,) of the classes."""
        return float((votes * np.log(np.maximum(shares @ self.confusion, 1e-12))).sum())
