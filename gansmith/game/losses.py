"""A loss (see `gansmith.losses`) applied to what the discriminator says of real and of generated items."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from gansmith.losses import Loss, Targets
from gansmith.nets.network import Opinion


def discriminator_loss(loss: Loss, real: Opinion, fake: Opinion, targets: Targets) -> Tensor:
    """The loss of the logits; where there are logits for each pixel too, the mean of both (Schönfeld et al. 2020)."""
    whole = loss.discriminator(real.logits, fake.logits, targets)
    if real.per_pixel is None or fake.per_pixel is None:
        return whole
    return (whole + loss.discriminator(real.per_pixel, fake.per_pixel, targets.for_pixels())) / 2


def generator_loss(loss: Loss, fake: Opinion, real: Opinion | None, targets: Targets) -> Tensor:
    """Like `discriminator_loss`, for the generator."""
    whole = loss.generator(fake.logits, None if real is None else real.logits, targets)
    if fake.per_pixel is None:
        return whole
    pixels = loss.generator(fake.per_pixel, None if real is None else real.per_pixel, targets.for_pixels())
    return (whole + pixels) / 2


def classification(scores: Tensor | None, labels: Tensor | None) -> Tensor:
    """Mean cross-entropy of an auxiliary classifier's scores (B, classes) against labels (B,) (Odena et al. 2017)."""
    if scores is None or labels is None:
        raise ValueError("an auxiliary classifier needs labels")
    return F.cross_entropy(scores, labels)
