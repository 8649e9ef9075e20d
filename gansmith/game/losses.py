"""What the players minimise. Every loss takes raw verdicts (B,) and returns one float32 number.

Siblings share a signature: discriminator(real, fake, targets), generator(fake, real, targets); `real` is None where a
generator's turn knows no real verdicts. Sources: Goodfellow et al. 2014 (minimax, non-saturating), Lim and Ye 2017
(hinge), Mao et al. 2017 (least squares), Arjovsky et al. 2017 (Wasserstein), Jolicoeur-Martineau 2019 (relativistic, in
its paired form), Salimans et al. 2016 (smoothed targets).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.settings import LossName
from gansmith.nets.network import DiscriminatorOutput

Target = Tensor | float


@dataclass(frozen=True)
class Targets:
    """The labels that the players are trained towards: numbers, or (B,) tensors where they are drawn."""

    real: Target = 1.0
    fake: Target = 0.0
    generator: Target = 1.0

    def for_pixels(self) -> Targets:
        """The same for verdicts (B, H, W)."""
        return Targets(
            *(t[:, None, None] if isinstance(t, Tensor) else t for t in (self.real, self.fake, self.generator))
        )


@dataclass(frozen=True)
class Loss:
    """A loss for each player. takes_targets: the discriminator is trained towards labels, and smoothing them has a
    meaning. paired: the generator needs real verdicts, one for each of its own. middle: the verdict that is neither
    real nor fake; None where a loss only compares."""

    discriminator: Callable[[Tensor, Tensor, Targets], Tensor]
    generator: Callable[[Tensor, Tensor | None, Targets], Tensor]
    takes_targets: bool = False
    paired: bool = False
    middle: float | None = 0.0


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


def half_square(verdicts: Tensor, target: Target) -> Tensor:
    """Mean of (v - t)^2 / 2."""
    return (verdicts - target).square().mean() / 2


def least_squares_discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """(D(x) - 1)^2 / 2 + D(G(z))^2 / 2 with hard targets."""
    return half_square(real, targets.real) + half_square(fake, targets.fake)


def least_squares_generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """(D(G(z)) - 1)^2 / 2: a pull back for fakes that are judged too real, as well."""
    return half_square(fake, targets.generator)


def wasserstein_discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """D(G(z)) - D(x): the distance between both, once something bounds the slope of D."""
    return fake.mean() - real.mean()


def relativistic_discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """-log sigmoid(D(x_i) - D(G(z_i))): real items are to look more real than the fake of their row."""
    return F.softplus(fake - real).mean()


def relativistic_generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """-log sigmoid(D(G(z_i)) - D(x_i))."""
    if real is None:
        raise ValueError("a relativistic loss compares each fake with a real item: give real verdicts")
    return F.softplus(real - fake).mean()


LOSSES: dict[LossName, Loss] = {
    "non-saturating": Loss(cross_entropy_discriminator, non_saturating_generator, takes_targets=True),
    "minimax": Loss(cross_entropy_discriminator, minimax_generator, takes_targets=True),
    "hinge": Loss(hinge_discriminator, critic_generator),
    "least-squares": Loss(least_squares_discriminator, least_squares_generator, takes_targets=True, middle=0.5),
    "wasserstein": Loss(wasserstein_discriminator, critic_generator, middle=None),
    "relativistic": Loss(relativistic_discriminator, relativistic_generator, paired=True, middle=None),
}


def discriminator_loss(loss: Loss, real: DiscriminatorOutput, fake: DiscriminatorOutput, targets: Targets) -> Tensor:
    """The loss of the verdicts; where every pixel is judged too, the mean of both losses (Schönfeld et al. 2020)."""
    whole = loss.discriminator(real.logits, fake.logits, targets)
    if real.per_pixel is None or fake.per_pixel is None:
        return whole
    return (whole + loss.discriminator(real.per_pixel, fake.per_pixel, targets.for_pixels())) / 2


def generator_loss(loss: Loss, fake: DiscriminatorOutput, real: DiscriminatorOutput | None, targets: Targets) -> Tensor:
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
