"""The two steps of a GAN: what the discriminator minimises, and what the generator minimises.

A step is a function of the networks and of a turn's inputs, and returns losses. It draws nothing and moves no weight; only
running statistics of batch norm and singular vectors move, as in any forward pass. `player.Player.minimise` takes the
gradient and the optimiser step. Steps know nothing of micro-batches, CUDA graphs or statistics. `Gan`, below, holds what
they compute with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.game.augment import Augmenter
from gansmith.game.inputs.items import Items, windows
from gansmith.game.inputs.update import TurnInputs
from gansmith.game.penalties import Outputs, Penalty, Point
from gansmith.ground.draws import Pass
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import Loss, Targets
from gansmith.nets.network import DiscriminatorOutput, Mode, Network
from gansmith.nets.ranks import Ranks
from gansmith.parts import Regularizer


@dataclass(frozen=True)
class Losses:
    """What a step returns for one player."""

    total: Tensor  # () what the player minimises
    numbers: dict[str, Tensor]  # its parts, by their names in a row of statistics
    on_real: DiscriminatorOutput | None = None  # the discriminator's output, from its own step
    on_fake: DiscriminatorOutput | None = None
    is_number: bool = False  # the total is a number on purpose: its gradient is 0


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
    real, fake, points = gan.penalty.prepare(real, fake, x)
    outputs = gan.discriminate_both(real, fake, points, x, one_batch=one_batch, running=running)
    on_real, on_fake, _ = outputs

    loss = discriminator_loss(gan.loss, on_real, on_fake, x.targets)
    numbers, total = {"loss.discriminator": loss}, loss * gan.recipe.loss.discriminator_scale
    if on_real.classes is not None:
        right = classification(on_real.classes, x.real_labels)
        numbers["loss.classifier"] = right
        total = total + gan.recipe.loss.classifier * (right + classification(on_fake.classes, x.latents.labels))
    if x.penalty_due:
        if gan.penalty.own is not None:
            penalty = own_penalty(gan, gan.penalty.own, x, real, fake, (on_real, on_fake), running=running)
        else:
            penalty = gan.penalty.value(real, fake, points, outputs)
        numbers["loss.penalty"] = penalty
        total = total + gan.recipe.regularizer.interval * penalty
    return Losses(total, numbers, on_real, on_fake)


def own_penalty(
    gan: Gan,
    own: Regularizer,
    x: TurnInputs,
    real: Tensor,
    fake: Tensor,
    known: tuple[DiscriminatorOutput, DiscriminatorOutput],
    *,
    running: bool,
) -> Tensor:
    """The penalty () of the user's regularizer at real and generated items (B, ...), gamma included."""

    def judge(items: Tensor) -> Tensor:
        for seen, output in zip((real, fake), known, strict=True):
            if items is seen:  # its logits are known
                return output.overall
        return gan.discriminate(items, x, "real", track=False, running=running).overall

    generator = torch.Generator(real.device).manual_seed(int(x.penalty_seed) + x.rows.first)
    return own.penalty(judge, real, fake, generator) * gan.recipe.regularizer.gamma


def generator_losses(
    gan: Gan, x: TurnInputs, on_fake: DiscriminatorOutput, on_real: DiscriminatorOutput | None
) -> Losses:
    """The adversarial loss of the discriminator's output on generated items, and an auxiliary classifier's loss."""
    loss = generator_loss(gan.loss, on_fake, on_real, x.targets)
    total = loss
    if on_fake.classes is not None:
        total = loss + gan.recipe.loss.classifier * classification(on_fake.classes, x.latents.labels)
    return Losses(total, {"loss.generator": loss})


@dataclass
class Gan:
    """Generator and discriminator, the loss between them, and the items that they learn from."""

    recipe: Recipe
    generator: Network
    discriminator: Network
    loss: Loss
    penalty: Penalty
    augmenter: Augmenter
    ranks: Ranks | None = None  # the processes that share each batch; batch norm uses the rows of all
    items: Items | None = None

    @property
    def micro_batch(self) -> int:
        """Rows that are computed at a time; 0 = all."""
        return self.recipe.data.micro_batch

    def autocast(self, wanted: bool = True) -> torch.autocast:
        """Products in bfloat16, where it is wanted and the recipe says so. autocast keeps bfloat16 copies of weights until
        the outermost block ends, so blocks end before the optimiser's step."""
        enabled = wanted and self.recipe.precision.name == "bfloat16"
        return torch.autocast(torch.device(self.recipe.device).type, torch.bfloat16, enabled=enabled)

    def generate(self, x: TurnInputs) -> Tensor:
        """The generator's items (B, ...) for the latents of a turn, in training mode."""
        if x.fake is not None:
            return x.fake
        with self.autocast():
            return self.generator(x.latents.z, x.latents.labels, self.mode(x, "generator"))

    def real(self, x: TurnInputs) -> Tensor:
        """The real items of a turn as the networks take them: pictures (B, C, H, W) or vectors (B, D)."""
        assert x.real is not None
        assert self.items is not None
        raw = self.items.raw(x.real.items)
        if x.real.corners is not None:
            _, height, width = self.items.shape
            raw = windows(raw, x.real.corners, (height, width))
        pixels = self.items.convert(raw)
        if x.real.mirrored is not None:
            pixels = torch.where(x.real.mirrored[:, None, None, None], pixels.flip(3), pixels)
        return pixels

    def augmented(self, items: Tensor, x: TurnInputs, which: Pass) -> Tensor:
        """Items (B, ...) as the discriminator sees them, with the graph that they came with."""
        if which not in x.chances:
            return items
        if self.augmenter.own is not None:  # other rows, other draws
            return self.augmenter.see_own(items, int(x.chances[which]) + x.rows.first)
        return self.augmenter.see(items, x.chances[which])

    def discriminate(
        self, items: Tensor, x: TurnInputs, which: Pass, *, track: bool = True, running: bool = False
    ) -> DiscriminatorOutput:
        """The discriminator's output on items (B, ...) in one pass. track, running: as in `mode`."""
        return self.discriminator.discriminate(
            items, x.labels(which), self.mode(x, which, track=track, running=running)
        )

    def discriminate_both(
        self, real: Tensor, fake: Tensor, points: list[Point], x: TurnInputs, *, one_batch: bool, running: bool
    ) -> Outputs:
        """The discriminator's output on real items, on generated ones, and on a penalty's further points.

        It is one pass over all of them where every item's output depends on that item alone and no exact penalty needs the
        items' gradients, and one over real and generated items where `one_batch` says so. A penalty's points never count in
        the statistics of a batch.
        """
        every: list[Point] = [("real", real), ("fake", fake), *points]
        mode = self.mode(x, "real", track=not running, running=running)
        in_one = one_batch or (self.items_are_independent and not (real.requires_grad or fake.requires_grad))
        if in_one:
            plain = self.items_are_independent and not any(items.requires_grad for _, items in points)
            count = len(every) if plain else 2
            # these are a global batch of twice the height: first its real rows, then the generated ones
            outputs = self.in_one_pass(
                every[:count], x, replace(mode, first_row=(x.rows.first, x.rows.of + x.rows.first))
            )
        else:
            outputs = [
                self.discriminate(items, x, which, track=not running, running=running) for which, items in every[:2]
            ]
        further = every[len(outputs) :]
        for which, items in further:  # under the dropout mask of the items that they are compared with
            own = self.mode(x, "real" if in_one else which, track=False, running=running)
            first = x.rows.first + (x.rows.of if in_one and which == "fake" else 0)
            outputs.append(self.discriminator.discriminate(items, x.labels(which), replace(own, first_row=first)))
        return outputs[0], outputs[1], outputs[2:]

    def in_one_pass(self, every: list[Point], x: TurnInputs, mode: Mode) -> list[DiscriminatorOutput]:
        """The discriminator's output on several batches (B, ...), computed as one batch."""
        labels = [known for which, _ in every if (known := x.labels(which)) is not None]
        joined = torch.cat(labels) if len(labels) == len(every) else None
        output = self.discriminator.discriminate(torch.cat([items for _, items in every]), joined, mode)
        ends = np.cumsum([len(items) for _, items in every])
        return [
            output.rows(slice(int(end) - len(items), int(end))) for (_, items), end in zip(every, ends, strict=True)
        ]

    @property
    def items_are_independent(self) -> bool:
        """Whether the discriminator's output on an item depends on that item alone, in training too."""
        plan = self.discriminator.plan
        return plan is not None and not plan.has_batch_norm and not dropouts(self.discriminator)

    def mode(self, x: TurnInputs, which: Pass, *, track: bool = True, running: bool = False) -> Mode:
        """How a pass of a turn runs. track: running statistics and singular vectors move. running: batch norm uses its
        running statistics."""
        keys = x.latents.dropout if which == "generator" else x.dropout.get(which, {})
        return Mode(
            training=True,
            track=track,
            running=running,
            dropout_keys=keys or None,
            first_row=x.rows.first,
            ranks=self.ranks,
        )


def dropouts(network: Network) -> list[int]:
    """The numbers of the layers whose masks, shifts or noise need a key; one's own network gets one key for all."""
    if network.plan is None:
        return [0]
    return [index for index, layer in enumerate(network.plan.layers) if layer.keyed]


@contextmanager
def frozen(network: Network) -> Iterator[None]:
    """While frozen, gradients flow through the network and none are kept for its weights."""
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in trained:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)


def discriminator_loss(loss: Loss, real: DiscriminatorOutput, fake: DiscriminatorOutput, targets: Targets) -> Tensor:
    """The loss of the logits; where there are logits for each pixel too, the mean of both (Schönfeld et al. 2020)."""
    whole = mean(loss.discriminator(real.logits, fake.logits, targets))
    if real.per_pixel is None or fake.per_pixel is None:
        return whole
    return (whole + mean(loss.discriminator(real.per_pixel, fake.per_pixel, targets.for_pixels()))) / 2


def generator_loss(loss: Loss, fake: DiscriminatorOutput, real: DiscriminatorOutput | None, targets: Targets) -> Tensor:
    """Like `discriminator_loss`, for the generator."""
    whole = mean(loss.generator(fake.logits, None if real is None else real.logits, targets))
    if fake.per_pixel is None:
        return whole
    pixels = mean(loss.generator(fake.per_pixel, None if real is None else real.per_pixel, targets.for_pixels()))
    return (whole + pixels) / 2


def mean(loss: Tensor) -> Tensor:
    """A loss as one number: a user's may be one for each logit."""
    return loss.mean() if loss.ndim else loss


def classification(scores: Tensor | None, labels: Tensor | None) -> Tensor:
    """Mean cross-entropy of an auxiliary classifier's scores (B, classes) against labels (B,) (Odena et al. 2017)."""
    if scores is None or labels is None:
        raise ValueError("an auxiliary classifier needs labels")
    return F.cross_entropy(scores, labels)
