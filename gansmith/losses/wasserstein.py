"""The Wasserstein loss (Arjovsky et al. 2017): the difference of the mean logits.

It has no minimum unless something bounds the discriminator's gradient: a gradient penalty or spectral normalisation.
"""

from __future__ import annotations

import numpy as np

from gansmith.losses.logits import batch_mean
from gansmith.losses.record import Array, Loss, LossAndGradient, NumpyLoss, Targets, Tensor


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """D(G(z)) - D(x): minus the distance between both, once something bounds the gradient of D."""
    return fake.mean() - real.mean()


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """-D(G(z))."""
    return -fake.mean()


def minus_logit_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """-v.   dv = -1."""
    return batch_mean(-logits, -np.ones_like(logits))


def logit_numpy(logits: Array, target: Array | float) -> LossAndGradient:
    """v.   dv = 1."""
    return batch_mean(logits, np.ones_like(logits))


LOSS = Loss(
    discriminator,
    generator,
    NumpyLoss(real=minus_logit_numpy, fake=logit_numpy, generator=minus_logit_numpy),
    threshold=None,
    sure_gap=0.0,
    guessing=0.0,
    bounded=False,
    too_large=None,
)
