"""The two steps of a GAN: what the discriminator minimises, and what the generator minimises.

A step is a pure function: it takes the networks and everything that was drawn for a turn, and returns losses. It moves
nothing; `player.Player.minimise` differentiates what it returns and takes the optimiser step. Steps know nothing of
ranks, micro-batches, precision, CUDA graphs or statistics.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.game.gan import Gan, frozen
from gansmith.game.inputs.struct import TurnInputs
from gansmith.losses import Loss, Targets
from gansmith.nets.network import DiscriminatorOutput


@dataclass(frozen=True)
class Losses:
    """What a step returns for one player."""

    total: Tensor  # () what the player minimises
    numbers: dict[str, Tensor]  # its parts, by their names in a row of statistics
    on_real: DiscriminatorOutput | None = None  # the discriminator's output, from its own step
    on_fake: DiscriminatorOutput | None = None


def discriminator_step(gan: Gan, x: TurnInputs, *, one_batch: bool = False, running: bool = False) -> Losses:
    """The discriminator is to tell real items from generated ones. Nothing flows back to the generator.

    one_batch: batch norm sees real and generated items as one batch. running: batch norm uses its running statistics,
    and leaves them as they are.
    """
    with torch.no_grad():
        fake = gan.generate(x).detach()
    return discriminator_losses(gan, x, fake, one_batch=one_batch, running=running)


def generator_step(gan: Gan, x: TurnInputs, *, running: bool = False) -> Losses:
    """The generator is to make items that the discriminator calls real. The gradient flows back through the whole
    discriminator, whose weights and statistics are frozen.

    running: the discriminator's batch norm uses its running statistics, not those of this batch.
    """
    fake, on_real = gan.generate(x), None
    with frozen(gan.discriminator):
        if gan.loss.paired and x.real is not None:
            with torch.no_grad():
                on_real = gan.discriminate(gan.augmented(gan.real(x), x, "real"), x, "real", track=False)
        on_fake = gan.discriminate(gan.augmented(fake, x, "fake"), x, "fake", track=False, running=running)
    return generator_losses(gan, x, on_fake, on_real)


def joint_step(gan: Gan, x: TurnInputs) -> tuple[Losses, Losses]:
    """Both players' losses from one pass: (discriminator's, generator's)."""
    losses = discriminator_losses(gan, x, gan.generate(x))
    assert losses.on_fake is not None
    return losses, generator_losses(gan, x, losses.on_fake, losses.on_real)


def discriminator_losses(
    gan: Gan, x: TurnInputs, fake: Tensor, *, one_batch: bool = False, running: bool = False
) -> Losses:
    """The loss on real items and on `fake` (B, ...), an auxiliary classifier's loss, and the penalty where it is due."""
    real, fake = gan.augmented(gan.real(x), x, "real"), gan.augmented(fake, x, "fake")
    real, fake, points = gan.penalty.places(real, fake, x)
    outputs = gan.discriminate_both(real, fake, points, x, one_batch=one_batch, running=running)
    on_real, on_fake, _ = outputs

    loss = discriminator_loss(gan.loss, on_real, on_fake, x.targets)
    numbers, total = {"loss.discriminator": loss}, loss * gan.recipe.loss.discriminator_scale
    if on_real.classes is not None:
        right = classification(on_real.classes, x.real_labels)
        numbers["loss.classifier"] = right
        total = total + gan.recipe.loss.classifier * (right + classification(on_fake.classes, x.latents.labels))
    if x.penalty_due:
        penalty = gan.penalty.value(real, fake, points, outputs)
        numbers["loss.penalty"] = penalty
        total = total + gan.recipe.regularizer.interval * penalty
    return Losses(total, numbers, on_real, on_fake)


def generator_losses(
    gan: Gan, x: TurnInputs, on_fake: DiscriminatorOutput, on_real: DiscriminatorOutput | None
) -> Losses:
    """The adversarial loss of the discriminator's output on generated items, and an auxiliary classifier's loss."""
    loss = generator_loss(gan.loss, on_fake, on_real, x.targets)
    total = loss
    if on_fake.classes is not None:
        total = loss + gan.recipe.loss.classifier * classification(on_fake.classes, x.latents.labels)
    return Losses(total, {"loss.generator": loss})


def discriminator_loss(loss: Loss, real: DiscriminatorOutput, fake: DiscriminatorOutput, targets: Targets) -> Tensor:
    """The loss of the logits; where there are logits for each pixel too, the mean of both (Schönfeld et al. 2020)."""
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
