"""The least-squares loss (Mao et al. 2017): logits are drawn to their targets from both sides."""

from __future__ import annotations

from gansmith.losses.logits import batch_mean
from gansmith.losses.record import Array, Loss, LossAndGradient, NumpyLoss, Target, Targets, Tensor


def half_square(logits: Tensor, target: Target) -> Tensor:
    """Mean of (v - t)^2 / 2."""
    return (logits - target).square().mean() / 2


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """(D(x) - 1)^2 / 2 + D(G(z))^2 / 2 with targets 1 and 0."""
    return half_square(real, targets.real) + half_square(fake, targets.fake)


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """(D(G(z)) - 1)^2 / 2: generated items with a logit above the target are drawn back, too."""
    return half_square(fake, targets.generator)


def half_square_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """(v - t)^2 / 2.   dv = v - t."""
    distance = logits - target
    return batch_mean(distance * distance / 2, distance)


LOSS = Loss(
    discriminator,
    generator,
    NumpyLoss(real=half_square_numpy, fake=half_square_numpy, generator=half_square_numpy),
    takes_targets=True,
    threshold=0.5,
    sure_gap=0.8,
    guessing=0.25,
    too_large=None,  # a square is soon above any fixed size
)
