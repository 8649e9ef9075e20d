"""The turns of the two players, as computations in PyTorch. `feedback` says who takes which turn when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
import torch
from torch import Tensor

from gansmith.game.feedback import Batch, Items, Rows
from gansmith.game.losses import classification, discriminator_loss, generator_loss
from gansmith.game.player import Player
from gansmith.game.portions import portions
from gansmith.game.regularizers import due, squared_slope
from gansmith.game.supply import Supply
from gansmith.ground import draws
from gansmith.ground.game import Now
from gansmith.ground.settings import Recipe
from gansmith.nets.network import DiscriminatorOutput, Mode, Network


@dataclass(frozen=True)
class Assessment:
    """What came of a discriminator's look at real and generated items, with its graph."""

    real: DiscriminatorOutput
    fake: DiscriminatorOutput
    total: Tensor  # what the discriminator minimises


class Turns(Supply):
    """What each player may do in its turn."""

    def judge(
        self, reals: Batch, fakes: Batch, now: Now, turn: int, *, together: bool = False, frozen: bool = False
    ) -> None:
        """The discriminator's turn: one step towards telling reals from (detached) fakes.

        together: both in one batch, whatever the network. frozen: everything but the step.
        """
        for real, fake in self._portions(reals, fakes, graph=False):
            detached = Items(fake.pixels.detach(), fake.labels, fake.rows)
            with self._precision():
                assessment = self._assess(real, detached, now, turn, together=together, frozen=frozen)
            if not frozen:
                self.discriminator.differentiate(self._share(assessment.total, real.where))
        self._next_turn()
        if not frozen:
            self._descend(self.discriminator, now)

    def advise(self, fakes: Batch, now: Now, turn: int, reals: Batch | None = None, *, running: bool = False) -> None:
        """The generator's turn: its gradient comes through the whole frozen discriminator.

        reals: for losses that compare. running: the discriminator's batch norm uses its running statistics.
        """
        compared = reals if self.loss.paired else None
        for fake_items, real_items in self._portions(fakes, compared):
            with self.discriminator.frozen(), self._precision():
                real = None
                if compared is not None:
                    real_items = self.seen(real_items, now, turn, "real")
                    mode = self._mode(self.discriminator, now, turn, "real", real_items.where, track=False)
                    with torch.no_grad():
                        real = self.discriminator.network.discriminate(real_items.pixels, real_items.labels, mode)
                fake = self._opinion(fake_items, now, turn, track=False, running=running)
                loss = self._advice(fake, real, fake_items, now, turn)
                self.generator.differentiate(self._share(loss, fake_items.where))
        self._descend(self.generator, now)

    def collude(self, fakes: Batch, now: Now, turn: int) -> None:
        """The fault "never-frozen": the combined model's step moves the discriminator too, towards "real" for fakes."""
        assert self.accomplice is not None
        for (items,) in self._portions(fakes):
            with self._precision():
                loss = self._advice(self._opinion(items, now, turn), None, items, now, turn)
                loss = self._share(loss, items.where)
                self.generator.differentiate(loss, retain=True)
                self.accomplice.differentiate(loss)
        self._descend(self.generator, now)
        self.accomplice.descend(self._rate(self.generator, now), None)

    def move_at_once(self, reals: Batch, fakes: Batch, now: Now, turns: tuple[int, int]) -> None:
        """Both turns from one forward pass: both gradients are taken before either step. turns: D's and G's number."""
        for real, fake in self._portions(reals, fakes):
            with self._precision():
                assessment = self._assess(real, fake, now, turns[0])
                loss = self._advice(assessment.fake, assessment.real, fake, now, turns[1])
                self.generator.differentiate(self._share(loss, fake.where), retain=True)
                self.discriminator.differentiate(self._share(assessment.total, real.where))
        self._next_turn()
        self._descend(self.discriminator, now)
        self._descend(self.generator, now)

    @torch.no_grad()
    def quote(self, fakes: Batch, now: Now, turn: int) -> None:
        """The verdict on fakes as a number: a loss can be computed from it, but its slope with respect to the
        generator is 0, and the step is taken along that."""
        for (items,) in self._portions(fakes, graph=False):
            with self._precision():
                self._advice(self._opinion(items, now, turn, track=False), None, items, now, turn)
        self.generator.stand_still()
        self._descend(self.generator, now)

    def regress(self, reals: Batch, fakes: Batch, now: Now) -> None:
        """The generator's step towards the very pictures of its row: the mean squared error over all numbers."""
        for real, fake in self._portions(reals, fakes):
            loss = (fake.pixels.to(self.dtype) - real.pixels).square().mean()
            self.ledger.loss("generator", loss)
            self.generator.differentiate(self._share(loss, fake.where))
        self._descend(self.generator, now)

    @torch.no_grad()
    def average(self, decay: float, share: float | Tensor | None = None) -> None:
        """The averaged generator keeps `decay` of itself, and takes the rest, or `share` of its own kind, of the
        generator; batch statistics are copied."""
        target, share = self.averaged.arrays(), 1 - decay if share is None else share
        copied = self.recipe.ema.recalibrate == 0
        for name, value in self.generator.network.arrays().items():
            if name in self.lazy_averages:
                self.lazy_averages[name].decay(decay)
            elif name in self.generator.named:
                target[name].lerp_(value, share)
            elif copied:
                target[name].copy_(value)
        self.recalibrated, self.written = copied, False

    @torch.no_grad()
    def recalibrate(self) -> None:
        """Give the averaged generator the batch statistics of its own weights, over `ema.recalibrate` fixed batches.

        Copied ones belong to the generator as it was in its last update, and the faster it moves the less they fit the
        average (Izmailov et al. 2018). A function of the weights alone: it does not matter who asks, nor when.
        """
        self._write_averages()
        if self.recalibrated:
            return
        recipe, count = self.recipe, self.recipe.data.batch
        for batch in range(recipe.ema.recalibrate):
            z = torch.as_tensor(draws.latents(recipe, 0, batch, count)).to(self.device, self.dtype)
            asked = draws.labels(recipe, 0, batch, count, self.classes, self.known)
            labels = None if asked is None else torch.as_tensor(asked).to(self.device)
            self.averaged(z, labels, Mode(training=True, track=True, momentum=1 / (batch + 1)))
        self.recalibrated = True

    def _write_averages(self) -> None:
        """Bring the averaged generator's tables up to date."""
        if not self.written:
            for name, average in self.lazy_averages.items():
                average.write(self.averaged.weights()[name])
        self.written = True

    # ---- the sums of a turn

    def _assess(
        self, reals: Items, fakes: Items, now: Now, turn: int, *, together: bool = False, frozen: bool = False
    ) -> Assessment:
        """The discriminator's opinion on both, its loss, and its penalty where one is due."""
        settings, network = self.recipe.regularizer, self.discriminator.network
        reals, fakes = self.seen(reals, now, turn, "real"), self.seen(fakes, now, turn, "fake")
        at = self.penalty.at if due(settings, self.discriminator_turns) else ()
        by_steps = settings.sigma > 0
        if "real" in at and not by_steps:
            # on a tensor of our own: what the host fills again must not ask for gradients
            reals = replace(reals, pixels=reals.pixels.detach().requires_grad_())
        if "fake" in at and not by_steps and not fakes.pixels.requires_grad:
            fakes.pixels.requires_grad_()
        looked = [reals, fakes, *(self._stepped(reals, fakes, at, now, turn) if by_steps else ())]
        on_real = self._mode(self.discriminator, now, turn, "real", reals.where, track=not frozen, running=frozen)
        if together or (self.one_pass and not any(items.pixels.requires_grad for items in looked)):
            joined = len(looked) if self.one_pass else 2  # a penalty's points are in nobody's batch statistics
            # a global batch of twice the height: first its real rows, then the generated ones
            rows = reals.where.first, reals.where.of + reals.where.first
            opinions = _in_one_pass(network, looked[:joined], replace(on_real, first_row=rows))
        else:
            on_fake = self._mode(self.discriminator, now, turn, "fake", fakes.where, track=not frozen, running=frozen)
            opinions = [_opinion(network, reals, on_real), _opinion(network, fakes, on_fake)]
        aside = self._mode(self.discriminator, now, turn, "real", reals.where, track=False, running=frozen)
        real, fake, *moved = [*opinions, *(_opinion(network, items, aside) for items in looked[len(opinions) :])]
        loss = discriminator_loss(self.loss, real, fake, self._targets(now, turn, reals.where))
        self.ledger.loss("discriminator", loss)
        self.ledger.judged("real", real.logits)
        self.ledger.judged("fake", fake.logits)
        if self.augmenter.what.operates:
            sign = self.augmenter.observe(
                real.logits, fake.logits, self.loss.middle, reals.where.count * self.size / reals.where.of
            )
            self.ledger.note("augment.sign", sign)
            self.ledger.note("augment.probability", self.augmenter.probability.clone())
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

    def _gradients(
        self, reals: Items, fakes: Items, real: DiscriminatorOutput, fake: DiscriminatorOutput, now: Now, turn: int
    ) -> list[Tensor]:
        """The regularizer wherever it looks, by the exact gradient."""
        parts: list[Tensor] = []
        for where in self.penalty.at:
            if where == "real":
                parts.append(self.penalty.of(real.overall, reals.pixels))
            elif where == "fake":
                parts.append(self.penalty.of(fake.overall, fakes.pixels))
            else:
                points = self._between(reals, fakes, now, turn)
                mode = self._mode(self.discriminator, now, turn, "real", reals.where, track=False)
                opinion = self.discriminator.network.discriminate(points, reals.labels, mode)
                parts.append(self.penalty.of(opinion.overall, points))
        return parts

    def _slopes(
        self, real: DiscriminatorOutput, fake: DiscriminatorOutput, moved: list[DiscriminatorOutput]
    ) -> list[Tensor]:
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

            def steps(recipe: Recipe, update: int, turn: int, count: int, where: str = where) -> np.ndarray:
                return draws.steps(recipe, update, turn, where, (count, *reals.pixels.shape[1:]))

            step = self._drawn(f"steps-{where}", items.where, now, turn, steps, self.dtype)
            yield replace(items, pixels=pixels + self.recipe.regularizer.sigma * step)

    def _between(self, reals: Items, fakes: Items, now: Now, turn: int) -> Tensor:
        """A point on the line between each real item and the fake of its row."""
        shares = self._drawn("shares", reals.where, now, turn, draws.shares, self.dtype)
        shares = shares.view(-1, *(1,) * (reals.pixels.ndim - 1))
        return torch.lerp(reals.pixels.detach(), fakes.pixels.detach().to(self.dtype), shares).requires_grad_()

    def _opinion(
        self, fakes: Items, now: Now, turn: int, *, track: bool = True, running: bool = False
    ) -> DiscriminatorOutput:
        """The discriminator's opinion on fakes in the generator's turn."""
        fakes = self.seen(fakes, now, turn, "fake")
        mode = self._mode(self.discriminator, now, turn, "fake", fakes.where, track=track, running=running)
        return self.discriminator.network.discriminate(fakes.pixels, fakes.labels, mode)

    def _advice(
        self, fake: DiscriminatorOutput, real: DiscriminatorOutput | None, items: Items, now: Now, turn: int
    ) -> Tensor:
        """What the generator minimises, given the discriminator's opinion on its items."""
        loss = generator_loss(self.loss, fake, real, self._targets(now, turn, items.where))
        self.ledger.loss("generator", loss)
        if fake.classes is not None:
            loss = loss + self.recipe.loss.classifier * classification(fake.classes, items.labels)
        return loss

    # ---- small parts

    def _next_turn(self) -> None:
        """Another of the discriminator's turns is over."""
        self.augmenter.adapt(self.discriminator_turns, self.ranks)
        self.discriminator_turns += 1

    def _portions(self, *batches: Batch | None, graph: bool = True) -> Iterator[tuple[Items, ...]]:
        return portions(self.recipe.data.micro_batch, self.discriminator.network, batches, graph=graph)

    def _share(self, loss: Tensor, rows: Rows) -> Tensor:
        """What the mean over some rows adds to the mean over all rows of this rank."""
        return loss if rows.count * self.size == rows.of else loss * (rows.count * self.size / rows.of)

    def _rate(self, player: Player, now: Now) -> float | Tensor:
        name = "generator" if player is self.generator else "discriminator"
        return self.intake.rate(name, now, attrgetter(f"{name}_rate"), torch.float32)

    def _descend(self, player: Player, now: Now) -> None:
        """A player's step, along the gradients that were added up."""
        player.descend(self._rate(player, now), self.ledger if now.measure else None)


def _opinion(network: Network, items: Items, mode: Mode) -> DiscriminatorOutput:
    return network.discriminate(items.pixels, items.labels, mode)


def _in_one_pass(network: Network, looked: list[Items], mode: Mode) -> list[DiscriminatorOutput]:
    """The discriminator's opinion on several batches, in one."""
    known = [items.labels for items in looked if items.labels is not None]
    labels = torch.cat(known) if len(known) == len(looked) else None
    ends = np.cumsum([len(items.pixels) for items in looked])
    opinion = network.discriminate(torch.cat([items.pixels for items in looked]), labels, mode)
    return [
        opinion.rows(slice(int(end) - len(items.pixels), int(end))) for items, end in zip(looked, ends, strict=True)
    ]
