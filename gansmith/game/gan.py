"""The two networks with what their steps need: how items are read, augmented and looked at by the discriminator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gansmith.game.augment import Augmenter
from gansmith.game.inputs.items import Items, windows
from gansmith.game.inputs.struct import TurnInputs
from gansmith.game.penalties import Outputs, Penalty, Point
from gansmith.ground.draws import Pass
from gansmith.ground.networks.plan import Dropout
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import Loss
from gansmith.nets.network import DiscriminatorOutput, Mode, Network
from gansmith.nets.ranks import Ranks


@dataclass
class Gan:
    """Generator and discriminator, the loss between them, and the items that they learn from."""

    recipe: Recipe
    generator: Network
    discriminator: Network
    loss: Loss
    penalty: Penalty
    augmenter: Augmenter
    process_group: Ranks | None = None  # those that train together; batch norm looks at the rows of all
    items: Items | None = None

    @property
    def micro_batch(self) -> int:
        """Rows that are computed at a time; 0 = all."""
        return self.recipe.data.micro_batch

    def autocast(self, wanted: bool = True) -> torch.autocast:
        """Products in bfloat16, where it is wanted and the recipe says so. One block a step: the weights that it casts and
        keeps must not outlive the optimiser's step."""
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
        return self.augmenter.see(items, x.chances[which]) if which in x.chances else items

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

        It is one pass over all of them where every item's output depends on that item alone, and one over real and
        generated items where `one_batch` says so. A penalty's points never count in the statistics of a batch.
        """
        every: list[Point] = [("real", real), ("fake", fake), *points]
        mode = self.mode(x, "real", track=not running, running=running)
        if one_batch or (self.items_are_independent and not (real.requires_grad or fake.requires_grad)):
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
        outputs += [
            self.discriminator.discriminate(items, x.labels(which), replace(mode, track=False))
            for which, items in further
        ]
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
            ranks=self.process_group,
        )


def dropouts(network: Network) -> list[int]:
    """The numbers of the layers whose masks need a key; one's own network gets one key for all."""
    if network.plan is None:
        return [0]
    return [index for index, layer in enumerate(network.plan.layers) if isinstance(layer, Dropout)]


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
