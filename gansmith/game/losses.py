"""What the players minimise. Every loss takes raw verdicts (B,) and returns one float32 number.

Siblings share a signature: discriminator(real, fake, targets), generator(fake, real, targets). Sources:
Goodfellow et al. 2014 (minimax, non-saturating), Lim and Ye 2017 (hinge), Salimans et al. 2016 (smoothed targets).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.settings import LossName

Target = Tensor | float


@dataclass(frozen=True)
class Targets:
    """The labels that the players are trained towards: numbers, or (B,) tensors where they are drawn."""

    real: Target = 1.0
    fake: Target = 0.0
    generator: Target = 1.0


@dataclass(frozen=True)
class Loss:
    """A loss for each player. takes_targets: smoothing has a meaning. paired: the generator needs real verdicts."""

    discriminator: Callable[[Tensor, Tensor, Targets], Tensor]
    generator: Callable[[Tensor, Tensor | None, Targets], Tensor]
    takes_targets: bool = False
    paired: bool = False


def cross_entropy(logits: Tensor, target: Target) -> Tensor:
    """Mean binary cross-entropy of sigmoid(logits) against a target in [0, 1], from logits: finite for any of them."""
    return (F.softplus(logits) - target * logits).mean()


def cross_entropy_discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """-log D(x) - log(1 - D(G(z))) with hard targets."""
    return cross_entropy(real, targets.real) + cross_entropy(fake, targets.fake)


def non_saturating_generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """-log D(G(z)): a strong gradient where the discriminator is sure."""
    return cross_entropy(fake, targets.generator)


def minimax_generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """log(1 - D(G(z))): the game of the theory; the gradient vanishes where the discriminator is sure."""
    return -F.softplus(fake).mean()


def hinge_discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z)))."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def critic_generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """-D(G(z))."""
    return -fake.mean()


LOSSES: dict[LossName, Loss] = {
    "non-saturating": Loss(cross_entropy_discriminator, non_saturating_generator, takes_targets=True),
    "minimax": Loss(cross_entropy_discriminator, minimax_generator, takes_targets=True),
    "hinge": Loss(hinge_discriminator, critic_generator),
}


def as_target(value: object, device: torch.device) -> Target:
    """A drawn target as a tensor on the device; a constant stays a number."""
    return float(value) if isinstance(value, (int, float)) else torch.as_tensor(value).to(device)
