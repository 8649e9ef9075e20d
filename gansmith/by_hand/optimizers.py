"""The step from a gradient to new weights. Weights, gradients and memories are flat vectors of all trained arrays."""

from __future__ import annotations

from math import sqrt

import numpy as np

from gansmith.by_hand.arrays import Array, Arrays
from gansmith.ground.networks.plan import Plan
from gansmith.ground.recipes.settings import OptimizerSettings

BLOCK = 1 << 16  # numbers worked on at a time, so that they stay in the processor's cache


class Adam:
    """Adam (Kingma and Ba 2015), as PyTorch computes it."""

    def __init__(self, settings: OptimizerSettings, plan: Plan, dtype: np.dtype) -> None:
        self.settings, self.steps = settings, 0
        self.memory = {"first": Arrays(plan, dtype), "second": Arrays(plan, dtype)}
        self.born: Arrays | None = None  # the step after which each number's memory began, where that is not 0 for all

    def step(self, weights: Array, gradient: Array, rate: float, first: int = 0) -> None:
        """m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  w -= rate m' / (sqrt(v') + epsilon).

        m' and v' are m and v over their corrections: both begin at zero, and would be too small at first. Numbers before
        `first` do not move.
        """
        self.steps += 1
        beta1, beta2 = self.settings.beta1, self.settings.beta2
        for start in range(first, weights.size, BLOCK):
            block = slice(start, start + BLOCK)
            correction1, correction2 = self.corrections(block)
            root = sqrt(correction2) if isinstance(correction2, float) else np.sqrt(correction2)
            w, g = weights[block], gradient[block]
            m, v = self.memory["first"].trained[block], self.memory["second"].trained[block]
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            w -= rate * root / correction1 * (m / (np.sqrt(v) + self.settings.epsilon * root))

    def corrections(self, block: slice) -> tuple[Array | float, Array | float]:
        """1 - beta^t: the share of m and v that t steps have filled."""
        steps = self.steps if self.born is None else self.steps - self.born.trained[block]
        return 1 - self.settings.beta1**steps, 1 - self.settings.beta2**steps


class Sgd:
    """Gradient descent, with heavy-ball momentum where it is above 0."""

    def __init__(self, settings: OptimizerSettings, plan: Plan, dtype: np.dtype) -> None:
        self.settings, self.steps = settings, 0
        self.memory = {"momentum": Arrays(plan, dtype)} if settings.momentum else {}

    def step(self, weights: Array, gradient: Array, rate: float, first: int = 0) -> None:
        """b = momentum b + g;  w -= rate b. Numbers before `first` do not move."""
        self.steps += 1
        weights, gradient = weights[first:], gradient[first:]
        if self.memory:
            speed = self.memory["momentum"].trained[first:]
            speed *= self.settings.momentum
            speed += gradient
            gradient = speed
        weights -= rate * gradient


Optimizer = Adam | Sgd
OPTIMIZERS: dict[str, type[Adam] | type[Sgd]] = {"adam": Adam, "sgd": Sgd}
