"""The hinge loss (Lim and Ye 2017): the discriminator stops learning from items beyond a margin of 1."""

from __future__ import annotations

import numpy as np

from gansmith.losses.logits import batch_mean
from gansmith.losses.record import Array, Loss, LossAndGradient, NumpyLoss, Targets, Tensor
from gansmith.losses.wasserstein import generator, minus_logit_numpy


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z)))."""
    return (1 - real).relu().mean() + (1 + fake).relu().mean()


def real_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """max(0, 1 - v).   dv = -1 where v < 1."""
    return batch_mean(np.maximum(0, 1 - logits), -(logits < 1).astype(logits.dtype))


def fake_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """max(0, 1 + v).   dv = 1 where v > -1."""
    return batch_mean(np.maximum(0, 1 + logits), (logits > -1).astype(logits.dtype))


LOSS = Loss(
    discriminator, generator, NumpyLoss(real_numpy, fake_numpy, generator=minus_logit_numpy), sure_gap=1.8, guessing=2.0
)
