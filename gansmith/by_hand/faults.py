"""Article 003's mistakes, only for the recipe that repeats the article."""

from __future__ import annotations

import numpy as np

from gansmith.by_hand.arrays import Array, Arrays
from gansmith.by_hand.layers import Dense, rearrange
from gansmith.by_hand.network import Network
from gansmith.by_hand.optimizers import OPTIMIZERS, Adam, Optimizer
from gansmith.ground.networks.plan import Plan
from gansmith.ground.recipes.settings import OptimizerSettings, Recipe

# the first two need no code here: the recipe's last activations make them
KNOWN = ("sigmoid-as-logits", "wrong-pixel-range", "constant-bias-correction", "squared-last-gradient")


class ConstantCorrectionAdam(Adam):
    """Adam that corrects every step as if it were the first. With betas .9 and .999 and a constant gradient its steps are
    up to twice too long for a hundred steps, and a third of the right length in the end."""

    def corrections(self, block: slice) -> tuple[float, float]:
        return 1 - self.settings.beta1, 1 - self.settings.beta2


def optimizer(recipe: Recipe, plan: Plan, dtype: np.dtype) -> Optimizer:
    """A player's optimiser, with its fault where the recipe names it."""
    settings: OptimizerSettings = getattr(recipe.optimizer, plan.player)
    if settings.name == "adam" and "constant-bias-correction" in recipe.faults:
        return ConstantCorrectionAdam(settings, plan, dtype)
    return OPTIMIZERS[settings.name](settings, plan, dtype)


def square_last_gradient(network: Network, upstream: Array, gradient: Arrays) -> None:
    """Replace the gradient of the last dense weights by (u u)^T x, where it should be (u f')^T x.

    u (B, outputs) is the gradient that arrives from the discriminator, f' the derivative of the last activation, x the
    layer's input. A square is never negative, and neither is an x from a ReLU: the weights can only fall.
    """
    last = [layer for layer in network.layers if isinstance(layer, Dense)][-1]
    rows = rearrange(upstream, (last.plan.outputs,))
    gradient.of[last.index]["weight"][...] = (rows * rows).T @ last.x
