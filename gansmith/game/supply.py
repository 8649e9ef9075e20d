"""What a turn is given: real items, generated ones, and everything that is drawn for them, as tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from gansmith.game.augment import Augmenter
from gansmith.game.feedback import Batch, Items, Later, Rows
from gansmith.game.intake import Intake
from gansmith.game.items import Pixels, windows
from gansmith.game.lazy import LazyAverage
from gansmith.game.ledger import Ledger
from gansmith.game.losses import LOSSES, Targets
from gansmith.game.player import Player
from gansmith.game.portions import Kept
from gansmith.game.regularizers import REGULARIZERS
from gansmith.ground import draws
from gansmith.ground.game import Now
from gansmith.ground.networks.plan import Dropout, Shape
from gansmith.ground.settings import Recipe
from gansmith.nets import NetPair
from gansmith.nets.build import build_players
from gansmith.nets.network import Mode, Network
from gansmith.nets.ranks import Ranks


class Supply:
    """Both players at a table, and what is put before them.

    item_shape is (channels, height, width) or (features,); classes 0 = unlabelled. The recipe's device and precision
    are resolved by now: no "auto". ranks: those that play the same game, each on its rows; None = nobody else does.
    """

    def __init__(
        self,
        recipe: Recipe,
        item_shape: Shape,
        classes: int = 0,
        nets: NetPair | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        self.recipe, self.item_shape, self.classes, self.ranks = recipe, item_shape, classes, ranks
        self.rank, self.size = (0, 1) if ranks is None else (ranks.rank, ranks.size)
        self.device = torch.device(recipe.device)
        self.intake = Intake(self.device)
        self.dtype = torch.float64 if recipe.precision.name == "float64" else torch.float32
        generator, discriminator, averaged = (
            network.to(self.device) for network in build_players(recipe, item_shape, classes, nets, self.dtype)
        )
        self.generator = Player("generator", generator, recipe.optimizer.generator, ranks)
        self.discriminator = Player("discriminator", discriminator, recipe.optimizer.discriminator, ranks)
        # the fault "never-frozen" has a second optimiser move the discriminator: that of the combined model
        self.accomplice = (
            Player("accomplice", discriminator, recipe.optimizer.generator, ranks)
            if "never-frozen" in recipe.faults
            else None
        )
        self.averaged: Network = averaged.requires_grad_(False)
        self.lazy_averages = self._lazy_averages()
        self.written = True  # into the averaged generator
        self.loss = LOSSES[recipe.loss.name]
        self.penalty = REGULARIZERS[recipe.regularizer.name]
        self.augmenter = Augmenter(recipe, self.device, self.dtype)
        self.discriminator_turns = 0
        self.recalibrated = True
        self.ledger = Ledger(self.loss.middle)
        self.data: Pixels | None = None
        self.known: np.ndarray | None = None  # the labels of all items, where players see labels
        batch_norm = discriminator.plan is None or discriminator.plan.has_batch_norm
        self.one_pass = not batch_norm and not self._dropouts(self.discriminator)

    def _lazy_averages(self) -> dict[str, LazyAverage]:
        """Those of the tables whose rows the generator's optimiser moves one by one, by name."""
        if self.recipe.ema.half_life <= 0:  # nothing lags behind
            return {}
        return {name: stepped.averaged() for name, stepped in self.generator.lazy.items()}

    def reals(self, rows: np.ndarray, now: Now, turn: int) -> Batch:
        """Real items (B, C, H, W) or (B, D) at this rank's `rows` (B,), and their labels."""
        data = self.data
        if data is None:
            raise ValueError("load() the items before the first step")

        def make(portion: slice, graph: bool) -> Items:
            def which(_: Now, indices: np.ndarray | None) -> np.ndarray:
                return (rows if indices is None else indices[turn])[portion]

            asked = self._rows(len(rows), portion)
            pixels, labels = data.fetch(self.intake, (turn, asked), now, which, self._window(data, asked, now, turn))
            if self.augmenter.what.mirror:
                turned = self._drawn("mirrored", asked, now, turn, draws.mirrored)
                pixels = torch.where(turned[:, None, None, None], pixels.flip(3), pixels)
            return Items(pixels, labels, asked)

        return self._batch(make, len(rows), lambda: data.labels_at(rows))

    def generate(self, now: Now, turn: int, count: int, *, graph: bool, labels: Tensor | None = None) -> Batch:
        """The generator's items at a turn, in training mode, of the classes that are drawn or given."""
        kept = Kept(self.generator.network) if self.recipe.data.micro_batch else None

        def make(portion: slice, graph: bool) -> Items:
            if kept:  # made in portions, and perhaps once more: always by the generator as it was
                kept.put_back()
            rows = self._rows(count, portion)
            z = self._drawn("latents", rows, now, turn, draws.latents, self.dtype)
            given = None if labels is None else labels[portion]
            if labels is None and self.classes:
                given = self._drawn("labels", rows, now, turn, self._labels)
            mode = self._mode(self.generator, now, turn, "generator", rows)
            with torch.set_grad_enabled(graph), self._precision():
                return Items(self.generator.network(z, given, mode), given, rows)

        return self._batch(make, count, lambda: labels, graph=graph)

    def seen(self, items: Items, now: Now, turn: int, which: draws.Pass) -> Items:
        """Items as the discriminator sees them in a pass: augmented, with the graph that they came with."""
        if not self.augmenter.what.operates:
            return items

        def chances(recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray:
            return draws.chances(recipe, update, turn, which, count)

        drawn = self._drawn(f"chances-{which}", items.where, now, turn, chances, self.dtype)
        return replace(items, pixels=self.augmenter.see(items.pixels, drawn))

    def _window(self, data: Pixels, rows: Rows, now: Now, turn: int) -> Callable[[Tensor], Tensor] | None:
        """What cuts random windows out of pictures that are larger than the players'."""
        spare = data.spare(self.item_shape)
        if not any(spare):
            return None

        def corners(recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray:
            return draws.corners(recipe, update, turn, count, spare)

        begin = self._drawn("corners", rows, now, turn, corners)
        return partial(windows, begin=begin, size=(self.item_shape[1], self.item_shape[2]))

    # ---- what is drawn, and how a pass runs

    def _batch(
        self,
        make: Callable[[slice, bool], Items],
        count: int,
        labels: Callable[[], Tensor | None],
        *,
        graph: bool = True,
    ) -> Batch:
        """A batch of this rank's rows: made now, or by and by where memory is short."""
        if self.recipe.data.micro_batch:
            return Later(make, count, labels())
        return make(slice(0, count), graph)

    def _rows(self, count: int, portion: slice) -> Rows:
        """A portion of this rank's `count` rows, as rows of the global batch."""
        return Rows(self.rank * count, count, self.size * count).part(portion)

    def _drawn(
        self,
        name: str,
        rows: Rows,
        now: Now,
        turn: int,
        draw: Callable[[Recipe, int, int, int], np.ndarray | None],
        dtype: torch.dtype | None = None,
    ) -> Tensor:
        """Some rows of what is drawn for the global batch: draw(recipe, update, turn, count)."""

        def drawn(now: Now, _: np.ndarray | None) -> np.ndarray:
            whole = draw(self.recipe, now.update, turn, rows.of)
            assert whole is not None
            return rows.take(whole)

        return self.intake.array((name, turn, rows), now, drawn, dtype)

    def _labels(self, recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray | None:
        return draws.labels(recipe, update, turn, count, self.classes, self.known)

    def _targets(self, now: Now, turn: int, rows: Rows) -> Targets:
        """The loss's targets: numbers, or tensors (B,) where they are drawn."""
        if not self.loss.takes_targets:
            return Targets()
        wanted = []
        for who in draws.PASSES:
            low, high = getattr(self.recipe.loss, who)
            wanted.append(low if low == high else self._drawn(f"target-{who}", rows, now, turn, partial(_target, who)))
        return Targets(*wanted)

    def _mode(
        self,
        player: Player,
        now: Now,
        turn: int,
        which: draws.Pass,
        rows: Rows | None = None,
        *,
        track: bool = True,
        running: bool = False,
    ) -> Mode:
        keys = {
            layer: self.intake.key(
                (turn, which, layer),
                now,
                lambda now, layer=layer: draws.dropout_key(self.recipe, now.update, turn, which, layer),
            )
            for layer in self._dropouts(player)
        }
        return Mode(
            training=True,
            track=track,
            running=running,
            dropout_keys=keys or None,
            first_row=rows.first if rows else 0,
            ranks=self.ranks,
        )

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


def _target(who: draws.Pass, recipe: Recipe, update: int, turn: int, count: int) -> np.ndarray:
    """Smoothed targets float32 (count,)."""
    return np.asarray(draws.targets(recipe, who, update, turn, count))
