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

    def step(self, weights: Array, gradient: Array, rate: float) -> None:
        """m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  w -= rate m' / (sqrt(v') + epsilon).

        m' and v' are m and v over their corrections: both begin at zero, and would be too small at first.
        """
        self.steps += 1
        beta1, beta2 = self.settings.beta1, self.settings.beta2
        correction1, root = self.corrections()[0], sqrt(self.corrections()[1])
        for start in range(0, weights.size, BLOCK):
            block = slice(start, start + BLOCK)
            w, g = weights[block], gradient[block]
            m, v = self.memory["first"].trained[block], self.memory["second"].trained[block]
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            w -= rate * root / correction1 * (m / (np.sqrt(v) + self.settings.epsilon * root))

    def corrections(self) -> tuple[float, float]:
        """1 - beta^t: the share of m and v that t steps have filled."""
        return 1 - self.settings.beta1**self.steps, 1 - self.settings.beta2**self.steps


class Sgd:
    """Gradient descent, with heavy-ball momentum where it is above 0."""

    def __init__(self, settings: OptimizerSettings, plan: Plan, dtype: np.dtype) -> None:
        self.settings, self.steps = settings, 0
        self.memory = {"momentum": Arrays(plan, dtype)} if settings.momentum else {}

    def step(self, weights: Array, gradient: Array, rate: float) -> None:
        """b = momentum b + g;  w -= rate b."""
        self.steps += 1
        if self.memory:
            speed = self.memory["momentum"].trained
            speed *= self.settings.momentum
            speed += gradient
            gradient = speed
        weights -= rate * gradient


Optimizer = Adam | Sgd
OPTIMIZERS: dict[str, type[Adam] | type[Sgd]] = {"adam": Adam, "sgd": Sgd}
