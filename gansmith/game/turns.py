"""The turns of the two players, as computations in PyTorch. `feedback` says who takes which turn when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gansmith.game.augment import Augmenter
from gansmith.game.feedback import Items
from gansmith.game.items import Pixels, Window
from gansmith.game.ledger import Ledger
from gansmith.game.losses import LOSSES, Targets, as_target, classification, discriminator_loss, generator_loss
from gansmith.game.player import Player
from gansmith.game.regularizers import REGULARIZERS, due, squared_slope
from gansmith.ground import draws
from gansmith.ground.game import Now
from gansmith.ground.plan import Dropout, Shape
from gansmith.ground.settings import Recipe
from gansmith.nets import NetPair
from gansmith.nets.build import build_players
from gansmith.nets.network import Mode, Network, Opinion

TRACKED = Mode(training=True, track=True)


@dataclass(frozen=True)
class Assessment:
    """What came of a discriminator's look at real and generated items, with its graph."""

    real: Opinion
    fake: Opinion
    total: Tensor  # what the discriminator minimises


class Turns:
    """Both players at a table, and what each may do in its turn.

    item_shape is (channels, height, width) or (features,); classes 0 = unlabelled. The recipe's device and precision
    are resolved by now: no "auto".
    """

    def __init__(self, recipe: Recipe, item_shape: Shape, classes: int = 0, nets: NetPair | None = None) -> None:
        self.recipe, self.item_shape, self.classes = recipe, item_shape, classes
        self.device = torch.device(recipe.device)
        self.dtype = torch.float64 if recipe.precision.name == "float64" else torch.float32
        generator, discriminator, averaged = (
            network.to(self.device) for network in build_players(recipe, item_shape, classes, nets, self.dtype)
        )
        self.generator = Player("generator", generator, recipe.optimizer.generator)
        self.discriminator = Player("discriminator", discriminator, recipe.optimizer.discriminator)
        # the fault "never-frozen" has a second optimiser move the discriminator: that of the combined model
        self.accomplice = (
            Player("accomplice", discriminator, recipe.optimizer.generator) if "never-frozen" in recipe.faults else None
        )
        self.averaged: Network = averaged.requires_grad_(False)
        self.loss = LOSSES[recipe.loss.name]
        self.penalty = REGULARIZERS[recipe.regularizer.name]
        self.augmenter = Augmenter(recipe, self.device, self.dtype)
        self.discriminator_turns = 0
        self.recalibrated = True
        self.ledger = Ledger(self.loss.middle)
        self.data: Pixels | None = None
        batch_norm = discriminator.plan is None or discriminator.plan.has_batch_norm
        self.one_pass = not batch_norm and not self._dropouts(self.discriminator)

    # ---- what goes in

    def reals(self, rows: np.ndarray, now: Now, turn: int) -> Items:
        """Real items (B, C, H, W) or (B, D) and their labels, mirrored where the recipe asks for it."""
        if self.data is None:
            raise ValueError("load() the items before the first step")
        reals, labels = self.data.batch(rows, self._window(now, turn, len(rows)))
        if self.augmenter.what.mirror:
            turned = torch.as_tensor(draws.mirrored(self.recipe, now.update, turn, len(rows))).to(self.device)
            reals = torch.where(turned[:, None, None, None], reals.flip(3), reals)
        return Items(reals, labels)

    def generate(self, now: Now, turn: int, count: int, *, graph: bool, labels: Tensor | None = None) -> Items:
        """The generator's items at a turn, in training mode, of the classes that are drawn or given."""
        z = torch.as_tensor(draws.latents(self.recipe, now.update, turn, count)).to(self.device, self.dtype)
        asked = draws.labels(self.recipe, now.update, turn, count, self.classes) if labels is None else None
        labels = labels if asked is None else torch.as_tensor(asked).to(self.device)
        mode = self._mode(self.generator, now, turn, "generator")
        with torch.set_grad_enabled(graph), self._precision():
            return Items(self.generator.network(z, labels, mode), labels)

    def _window(self, now: Now, turn: int, count: int) -> Window | None:
        """Where to look at larger pictures than the players have."""
        assert self.data is not None
        spare = self.data.spare(self.item_shape)
        if not any(spare):
            return None
        size = self.item_shape[1], self.item_shape[2]
        return Window(draws.corners(self.recipe, now.update, turn, count, spare), size)

    def seen(self, items: Items, now: Now, turn: int, which: draws.Pass) -> Items:
        """Items as the discriminator sees them in a pass: augmented, with the graph that they came with."""
        if not self.augmenter.what.operates:
            return items
        chances = draws.chances(self.recipe, now.update, turn, which, len(items.pixels))
        return Items(self.augmenter.see(items.pixels, chances), items.labels)

    # ---- turns

    def judge(
        self, reals: Items, fakes: Items, now: Now, turn: int, *, together: bool = False, frozen: bool = False
    ) -> None:
        """The discriminator's turn: one step towards telling reals from (detached) fakes.

        together: both in one batch, whatever the network. frozen: everything but the step.
        """
        detached = Items(fakes.pixels.detach(), fakes.labels)
        with self._precision():
            assessment = self._assess(reals, detached, now, turn, together=together, frozen=frozen)
        if not frozen:
            self.discriminator.minimise(assessment.total, now.discriminator_rate, self.ledger if now.measure else None)

    def advise(self, fakes: Items, now: Now, turn: int, reals: Items | None = None, *, running: bool = False) -> None:
        """The generator's turn: its gradient comes through the whole frozen discriminator.

        reals: for losses that compare. running: the discriminator's batch norm uses its running statistics.
        """
        fakes = self.seen(fakes, now, turn, "fake")
        with self.discriminator.frozen(), self._precision():
            real = None
            if self.loss.paired and reals is not None:
                reals = self.seen(reals, now, turn, "real")
                mode = self._mode(self.discriminator, now, turn, "real", track=False)
                with torch.no_grad():
                    real = self.discriminator.network.opinion(reals.pixels, reals.labels, mode)
            mode = self._mode(self.discriminator, now, turn, "fake", track=False, running=running)
            fake = self.discriminator.network.opinion(fakes.pixels, fakes.labels, mode)
            loss = self._advice(fake, real, fakes.labels, now, turn)
            self.generator.minimise(loss, now.generator_rate, self.ledger if now.measure else None)

    def collude(self, fakes: Items, now: Now, turn: int) -> None:
        """The fault "never-frozen": the combined model's step moves the discriminator too, towards "real" for fakes."""
        assert self.accomplice is not None
        fakes = self.seen(fakes, now, turn, "fake")
        with self._precision():
            mode = self._mode(self.discriminator, now, turn, "fake")
            fake = self.discriminator.network.opinion(fakes.pixels, fakes.labels, mode)
            loss = self._advice(fake, None, fakes.labels, now, turn)
            self.generator.differentiate(loss, retain=True)
            self.accomplice.differentiate(loss)
        self.generator.descend(now.generator_rate, self.ledger if now.measure else None)
        self.accomplice.descend(now.generator_rate, None)

    def move_at_once(self, reals: Items, fakes: Items, now: Now, turns: tuple[int, int]) -> None:
        """Both turns from one forward pass: both gradients are taken before either step. turns: D's and G's number."""
        with self._precision():
            assessment = self._assess(reals, fakes, now, turns[0])
            loss = self._advice(assessment.fake, assessment.real, fakes.labels, now, turns[1])
            self.generator.differentiate(loss, retain=True)
            self.discriminator.differentiate(assessment.total)
        self.discriminator.descend(now.discriminator_rate, self.ledger if now.measure else None)
        self.generator.descend(now.generator_rate, self.ledger if now.measure else None)

    @torch.no_grad()
    def quote(self, fakes: Items, now: Now, turn: int) -> None:
        """The verdict on fakes as a number: a loss can be computed from it, but its slope with respect to the
        generator is 0, and the step is taken along that."""
        mode = self._mode(self.discriminator, now, turn, "fake", track=False)
        fakes = self.seen(fakes, now, turn, "fake")
        with self._precision():
            fake = self.discriminator.network.opinion(fakes.pixels, fakes.labels, mode)
            self._advice(fake, None, fakes.labels, now, turn)
        self.generator.stand_still()
        self.generator.descend(now.generator_rate, self.ledger if now.measure else None)

    def regress(self, reals: Items, fakes: Items, now: Now) -> None:
        """The generator's step towards the very pictures of its row: the mean squared error over all numbers."""
        loss = (fakes.pixels.to(self.dtype) - reals.pixels).square().mean()
        self.ledger.loss("generator", loss)
        self.generator.minimise(loss, now.generator_rate, self.ledger if now.measure else None)

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """The averaged generator takes its share of the generator; batch statistics are copied."""
        target = self.averaged.arrays()
        copied = self.recipe.ema.recalibrate == 0
        for name, value in self.generator.network.arrays().items():
            if name in self.generator.named:
                target[name].lerp_(value, 1 - decay)
            elif copied:
                target[name].copy_(value)
        self.recalibrated = copied

    @torch.no_grad()
    def recalibrate(self) -> None:
        """Give the averaged generator the batch statistics of its own weights, over `ema.recalibrate` fixed batches.

        Copied ones belong to the generator as it was in its last update, and the faster it moves the less they fit the
        average (Izmailov et al. 2018). A function of the weights alone: it does not matter who asks, nor when.
        """
        if self.recalibrated:
            return
        recipe, count = self.recipe, self.recipe.data.batch
        for batch in range(recipe.ema.recalibrate):
            z = torch.as_tensor(draws.latents(recipe, 0, batch, count)).to(self.device, self.dtype)
            asked = draws.labels(recipe, 0, batch, count, self.classes)
            labels = None if asked is None else torch.as_tensor(asked).to(self.device)
            self.averaged(z, labels, Mode(training=True, track=True, momentum=1 / (batch + 1)))
        self.recalibrated = True

    # ---- the sums of a turn

    def _assess(
        self, reals: Items, fakes: Items, now: Now, turn: int, *, together: bool = False, frozen: bool = False
    ) -> Assessment:
        """The discriminator's opinion on both, its loss, and its penalty where one is due."""
        settings, network = self.recipe.regularizer, self.discriminator.network
        at = self.penalty.at if due(settings, self.discriminator_turns) else ()
        reals, fakes = self.seen(reals, now, turn, "real"), self.seen(fakes, now, turn, "fake")
        by_steps = settings.sigma > 0
        if "real" in at and not by_steps:
            reals.pixels.requires_grad_()
        if "fake" in at and not by_steps and not fakes.pixels.requires_grad:
            fakes.pixels.requires_grad_()
        looked = [reals, fakes, *(self._stepped(reals, fakes, at, now, turn) if by_steps else ())]
        on_real = self._mode(self.discriminator, now, turn, "real", track=not frozen, running=frozen)
        if together or (self.one_pass and not any(items.pixels.requires_grad for items in looked)):
            joined = len(looked) if self.one_pass else 2  # a penalty's points are in nobody's batch statistics
            opinions = _in_one_pass(network, looked[:joined], on_real)
        else:
            on_fake = self._mode(self.discriminator, now, turn, "fake", track=not frozen, running=frozen)
            opinions = [_opinion(network, reals, on_real), _opinion(network, fakes, on_fake)]
        aside = self._mode(self.discriminator, now, turn, "real", track=False, running=frozen)
        real, fake, *moved = [*opinions, *(_opinion(network, items, aside) for items in looked[len(opinions) :])]
        loss = discriminator_loss(self.loss, real, fake, self._targets(now, turn, len(reals.pixels)))
        self.ledger.loss("discriminator", loss)
        self.ledger.judged("real", real.logits)
        self.ledger.judged("fake", fake.logits)
        self._adapt(real, fake)
        self.discriminator_turns += 1
        total = loss * self.recipe.loss.discriminator_scale
        if real.classes is not None:
            right = classification(real.classes, reals.labels)
            self.ledger.loss("classifier", right)
            total = total + self.recipe.loss.classifier * (right + classification(fake.classes, fakes.labels))
        if at:
            parts = (
                self._slopes(real, fake, moved) if by_steps else self._gradients(reals, fakes, real, fake, now, turn)
            )
            penalty = torch.stack(parts).sum() * settings.gamma
            self.ledger.loss("penalty", penalty)
            total = total + settings.interval * penalty
        return Assessment(real, fake, total)

    def _adapt(self, real: Opinion, fake: Opinion) -> None:
        """Adaptive augmentation hears the discriminator's verdicts."""
        if self.augmenter.what.operates:
            sign = self.augmenter.observe(real.logits, fake.logits, self.loss.middle, self.discriminator_turns)
            self.ledger.note("augment.sign", sign)
            self.ledger.note("augment.probability", self.augmenter.probability.clone())

    def _gradients(self, reals: Items, fakes: Items, real: Opinion, fake: Opinion, now: Now, turn: int) -> list[Tensor]:
        """The regularizer wherever it looks, by the exact gradient."""
        parts: list[Tensor] = []
        for where in self.penalty.at:
            if where == "real":
                parts.append(self.penalty.of(real.overall, reals.pixels))
            elif where == "fake":
                parts.append(self.penalty.of(fake.overall, fakes.pixels))
            else:
                points = self._between(reals.pixels.detach(), fakes.pixels.detach(), now, turn)
                mode = self._mode(self.discriminator, now, turn, "real", track=False)
                opinion = self.discriminator.network.opinion(points, reals.labels, mode)
                parts.append(self.penalty.of(opinion.overall, points))
        return parts

    def _slopes(self, real: Opinion, fake: Opinion, moved: list[Opinion]) -> list[Tensor]:
        """The regularizer wherever it looks, by the verdicts one step away."""
        at_rest = {"real": real, "fake": fake}
        sigma = self.recipe.regularizer.sigma
        return [
            squared_slope(at_rest[where].overall, there.overall, sigma)
            for where, there in zip(self.penalty.at, moved, strict=True)
        ]

    def _stepped(self, reals: Items, fakes: Items, at: Sequence[str], now: Now, turn: int) -> Iterator[Items]:
        """The items that the penalty looks at, each a random step of N(0, sigma) a number away."""
        for where in at:
            items = reals if where == "real" else fakes
            pixels = items.pixels.detach().to(self.dtype)
            step = draws.steps(self.recipe, now.update, turn, where, tuple(pixels.shape))
            yield Items(pixels + self.recipe.regularizer.sigma * torch.as_tensor(step).to(pixels), items.labels)

    def _between(self, reals: Tensor, fakes: Tensor, now: Now, turn: int) -> Tensor:
        """A point on the line between each real item and the fake of its row."""
        share = draws.shares(self.recipe, now.update, turn, len(reals))
        shares = torch.as_tensor(share).to(self.device, self.dtype).view(-1, *(1,) * (reals.ndim - 1))
        return torch.lerp(reals, fakes.to(self.dtype), shares).requires_grad_()

    def _advice(self, fake: Opinion, real: Opinion | None, labels: Tensor | None, now: Now, turn: int) -> Tensor:
        """What the generator minimises, given the discriminator's opinion."""
        loss = generator_loss(self.loss, fake, real, self._targets(now, turn, len(fake.logits)))
        self.ledger.loss("generator", loss)
        if fake.classes is not None:
            loss = loss + self.recipe.loss.classifier * classification(fake.classes, labels)
        return loss

    # ---- small parts

    def _targets(self, now: Now, turn: int, count: int) -> Targets:
        if not self.loss.takes_targets:
            return Targets()
        drawn = (draws.targets(self.recipe, who, now.update, turn, count) for who in draws.PASSES)
        return Targets(*(as_target(value, self.device) for value in drawn))

    def _mode(
        self, player: Player, now: Now, turn: int, which: draws.Pass, *, track: bool = True, running: bool = False
    ) -> Mode:
        layers = self._dropouts(player)
        keys = {layer: draws.dropout_key(self.recipe, now.update, turn, which, layer) for layer in layers}
        return Mode(training=True, track=track, running=running, dropout_keys=keys or None)

    def _dropouts(self, player: Player) -> list[int]:
        """Layers whose masks need a key; a user's own network is given one for all."""
        plan = player.network.plan
        if plan is None:
            return [0]
        return [index for index, layer in enumerate(plan.layers) if isinstance(layer, Dropout)]

    @contextmanager
    def _precision(self) -> Iterator[None]:
        """One block around a player's turn: its cached bfloat16 weights die before the optimiser steps."""
        bf16 = self.recipe.precision.name == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            yield


def _opinion(network: Network, items: Items, mode: Mode) -> Opinion:
    return network.opinion(items.pixels, items.labels, mode)


def _in_one_pass(network: Network, looked: list[Items], mode: Mode) -> list[Opinion]:
    """The discriminator's opinion on several batches, in one."""
    known = [items.labels for items in looked if items.labels is not None]
    labels = torch.cat(known) if len(known) == len(looked) else None
    ends = np.cumsum([len(items.pixels) for items in looked])
    opinion = network.opinion(torch.cat([items.pixels for items in looked]), labels, mode)
    return [
        opinion.rows(slice(int(end) - len(items.pixels), int(end))) for items, end in zip(looked, ends, strict=True)
    ]
