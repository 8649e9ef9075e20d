"""The non-saturating loss (Goodfellow et al. 2014): cross-entropy, and a generator that learns where D is sure.

With p = sigmoid(logit) the binary cross-entropy against a target t in [0, 1] is -t log p - (1 - t) log(1 - p). Put the
sigmoid into it, and it becomes softplus(logit) - t logit, which is finite for any logit. Smoothed targets are from
Salimans et al. 2016.
"""

from __future__ import annotations

from gansmith.losses.logits import batch_mean, sigmoid, softplus, softplus_torch
from gansmith.losses.record import Array, Loss, LossAndGradient, NumpyLoss, Target, Targets, Tensor


def cross_entropy(logits: Tensor, target: Target) -> Tensor:
    """Mean binary cross-entropy of sigmoid(logits) against a target in [0, 1]."""
    return (softplus_torch(logits) - target * logits).mean()


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """-log D(x) - log(1 - D(G(z))) with targets 1 and 0."""
    return cross_entropy(real, targets.real) + cross_entropy(fake, targets.fake)


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """-log D(G(z)): its gradient is large where the discriminator is sure that an item is generated."""
    return cross_entropy(fake, targets.generator)


def cross_entropy_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """softplus(v) - t v.   dv = p - t."""
    return batch_mean(softplus(logits) - target * logits, sigmoid(logits) - target)


LOSS = Loss(
    discriminator,
    generator,
    NumpyLoss(real=cross_entropy_numpy, fake=cross_entropy_numpy, generator=cross_entropy_numpy),
    takes_targets=True,
    probability=True,
)
