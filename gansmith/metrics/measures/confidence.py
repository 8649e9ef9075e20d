"""How sure a classifier is of generated items: what is nothing in particular gets no confident answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONFIDENT = 0.9  # probability above which an item counts as recognised


@dataclass(frozen=True)
class Confidence:
    """Over N items."""

    mean: float  # mean of the largest probability
    confident: float  # share of items whose largest probability is above CONFIDENT
    entropy: float  # mean entropy of an item's probabilities, nats
    score: float  # exp of the mean KL from an item's probabilities to all items' mean: 1 .. classes (Salimans 2016)


def confidence(probabilities: np.ndarray) -> Confidence:
    """Of probabilities (N, classes), N >= 1."""
    top = probabilities.max(axis=1)
    entropy = -_plogp(probabilities).sum(axis=1, dtype=np.float64).mean()
    spread = -_plogp(probabilities.mean(axis=0, dtype=np.float64)).sum()
    return Confidence(
        float(top.mean(dtype=np.float64)),
        float((top > CONFIDENT).mean()),
        float(entropy),
        float(np.exp(spread - entropy)),
    )


def _plogp(p: np.ndarray) -> np.ndarray:
    """p log p, 0 at p = 0."""
    return p * np.log(np.where(p > 0, p, 1.0))
