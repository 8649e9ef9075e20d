"""What the players minimise, and its gradient with respect to the verdicts: here every backward pass begins.

Siblings share a signature: part(verdicts (B,), target) -> (mean loss, d loss / d verdicts (B,)). A verdict is a raw
number, not a probability, so nothing overflows at any size. Targets are numbers or (B,); the losses that have no
target ignore it. Sources: Goodfellow et al. 2014 (cross-entropy, both generators), Mao et al. 2017 (least squares),
Lim and Ye 2017 (hinge), Arjovsky et al. 2017 (Wasserstein).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Target = np.ndarray | float
Part = Callable[[np.ndarray, Target], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Loss:
    """The discriminator minimises real + fake, the generator minimises generator."""

    real: Part
    fake: Part
    generator: Part


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp x)."""
    return np.logaddexp(x.dtype.type(0), x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) = exp(-softplus(-x)): exact to the last digits even where it is tiny."""
    return np.exp(-softplus(-x))


def cross_entropy(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(v), which is softplus(v) - t v.   dv = p - t."""
    return _mean(softplus(verdicts) - target * verdicts, sigmoid(verdicts) - target)


def minus_cross_entropy(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """log(1 - p) = -softplus(v): the generator of the theory.   dv = -p, which vanishes where D is sure."""
    return _mean(-softplus(verdicts), -sigmoid(verdicts))


def half_square(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """(v - t)^2 / 2.   dv = v - t."""
    distance = verdicts - target
    return _mean(distance * distance / 2, distance)


def at_least_one(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """max(0, 1 - v).   dv = -1 where v < 1."""
    return _mean(np.maximum(0, 1 - verdicts), -(verdicts < 1).astype(verdicts.dtype))


def at_most_minus_one(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """max(0, 1 + v).   dv = 1 where v > -1."""
    return _mean(np.maximum(0, 1 + verdicts), (verdicts > -1).astype(verdicts.dtype))


def upward(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """-v.   dv = -1."""
    return _mean(-verdicts, -np.ones_like(verdicts))


def downward(verdicts: np.ndarray, target: Target) -> tuple[float, np.ndarray]:
    """v.   dv = 1."""
    return _mean(verdicts, np.ones_like(verdicts))


def _mean(values: np.ndarray, slopes: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over the batch: each item has 1 / B of the gradient."""
    return float(values.mean(dtype=np.float64)), slopes / len(slopes)


LOSSES: dict[str, Loss] = {
    "non-saturating": Loss(cross_entropy, cross_entropy, cross_entropy),
    "minimax": Loss(cross_entropy, cross_entropy, minus_cross_entropy),
    "least-squares": Loss(half_square, half_square, half_square),
    "hinge": Loss(at_least_one, at_most_minus_one, upward),
    "wasserstein": Loss(upward, downward, upward),
}
