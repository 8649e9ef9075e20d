"""The minimax loss (Goodfellow et al. 2014): the game of the theory, in which one player's loss is the other's gain."""

from __future__ import annotations

from gansmith.losses.logits import batch_mean, sigmoid, softplus, softplus_torch
from gansmith.losses.non_saturating import cross_entropy_numpy, discriminator
from gansmith.losses.record import Array, Loss, LossAndGradient, NumpyLoss, Targets, Tensor


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """log(1 - D(G(z))): its gradient vanishes where the discriminator is sure that an item is generated."""
    return -softplus_torch(fake).mean()


def generator_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """-softplus(v) = log(1 - p).   dv = -p."""
    return batch_mean(-softplus(logits), -sigmoid(logits))


LOSS = Loss(
    discriminator,
    generator,
    NumpyLoss(real=cross_entropy_numpy, fake=cross_entropy_numpy, generator=generator_numpy),
    takes_targets=True,
    probability=True,
    saturates=True,
)
