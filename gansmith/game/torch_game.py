"""The game in PyTorch, on the processor, on CUDA and on MPS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from gansmith.game.feedback import FEEDBACKS, Items
from gansmith.game.items import Pixels
from gansmith.game.ledger import Ledger
from gansmith.game.losses import LOSSES, Targets, as_target
from gansmith.game.player import Player, load_arrays, to_numpy
from gansmith.game.regularizers import REGULARIZERS, due, squared_gradient_norm
from gansmith.ground import draws, pixels
from gansmith.ground.errors import RecipeError
from gansmith.ground.game import Now, Report, State, Verdicts
from gansmith.ground.plan import Dropout, Shape
from gansmith.ground.settings import Recipe
from gansmith.nets import NetPair
from gansmith.nets.build import build_players
from gansmith.nets.network import INFERENCE, Mode, Network

TRACKED = Mode(training=True, track=True)
CHUNK = 256  # items a pass outside training: bounds memory


class TorchGame:
    """Two players, their optimisers and the averaged generator; implements `ground.game.Game`.

    item_shape is (channels, height, width) or (features,); classes 0 = unlabelled. The recipe's device and precision
    are resolved by now: no "auto".
    """

    def __init__(self, recipe: Recipe, item_shape: Shape, classes: int = 0, nets: NetPair | None = None) -> None:
        if recipe.augment.name == "mirror" and len(item_shape) != 3:
            raise RecipeError("augment.name = 'mirror' turns pictures, these items are vectors: set augment.name=none")
        self.recipe, self.item_shape, self.classes = recipe, item_shape, classes
        self.device = torch.device(recipe.device)
        self.dtype = torch.float64 if recipe.precision.name == "float64" else torch.float32
        generator, discriminator, averaged = (
            network.to(self.device) for network in build_players(recipe, item_shape, classes, nets, self.dtype)
        )
        self.generator = Player("generator", generator, recipe.optimizer.generator)
        self.discriminator = Player("discriminator", discriminator, recipe.optimizer.discriminator)
        self.averaged: Network = averaged.requires_grad_(False)
        self.loss = LOSSES[recipe.loss.name]
        self.penalised = REGULARIZERS[recipe.regularizer.name]
        self.ledger = Ledger()
        self.data: Pixels | None = None
        batch_norm = discriminator.plan is None or discriminator.plan.has_batch_norm
        self.one_pass = not batch_norm and not self._dropouts(self.discriminator)

    # ---- the Game protocol

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        """Take the training items, uint8 (N, H, W, C) or float32 (N, D), and int64 labels."""
        labels = labels if self.classes else None
        self.data = Pixels(items, labels, self.recipe.data.pixels, self.device, self.dtype)

    def step(self, indices: np.ndarray, now: Now) -> None:
        """One update; see `feedback`."""
        FEEDBACKS[self.recipe.feedback.name](self, indices, now)
        self.average(now.ema_decay)

    def report(self) -> Report:
        """Means since the last report."""
        return self.ledger.read()

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Raw output float32 of the averaged generator: (N, H, W, C) or (N, D)."""
        return run_in_chunks(self.averaged, latents, labels, self.device, self.dtype)

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Pictures uint8 (N, H, W, C) or vectors float32 (N, D)."""
        made = self.make(latents, labels)
        return pixels.to_bytes(made, self.recipe.data.pixels) if made.ndim == 4 else made

    @torch.no_grad()
    def verdicts(self, items: np.ndarray, labels: np.ndarray | None) -> Verdicts:
        """The discriminator's raw output on items, in inference mode and float32."""
        holder = Pixels(items, labels if self.classes else None, self.recipe.data.pixels, self.device, self.dtype)
        logits = [
            self.discriminator.network(*holder.batch(np.arange(start, min(start + CHUNK, len(items)))), INFERENCE)
            for start in range(0, len(items), CHUNK)
        ]
        return Verdicts(torch.cat(logits).flatten().float().cpu().numpy())

    def state(self) -> State:
        """Weights, averages and the optimisers' memory."""
        arrays: dict[str, np.ndarray] = {}
        for name, network in self._networks().items():
            arrays |= {f"{name}/{key}": to_numpy(value) for key, value in network.arrays().items()}
        arrays |= self.generator.state() | self.discriminator.state()
        return State(
            arrays,
            {
                "generator-optimizer.steps": self.generator.steps,
                "discriminator-optimizer.steps": self.discriminator.steps,
                "discriminator-turns": self.discriminator.steps,
            },
        )

    def restore(self, state: State) -> None:
        """Go back to a state."""
        for player in (self.generator, self.discriminator):
            player.restore(state.arrays, int(state.counters[f"{player.name}-optimizer.steps"]))
        load_arrays(self.averaged, state.arrays, "ema")
        self.ledger = Ledger()

    # ---- what a feedback may do

    def reals(self, rows: np.ndarray, now: Now, turn: int) -> Items:
        """Real items (B, C, H, W) or (B, D) and their labels."""
        if self.data is None:
            raise ValueError("load() the items before the first step")
        reals, labels = self.data.batch(rows)
        if self.recipe.augment.name == "mirror":
            turned = torch.as_tensor(draws.mirrored(self.recipe, now.update, turn, len(rows))).to(self.device)
            reals = torch.where(turned[:, None, None, None], reals.flip(3), reals)
        return Items(reals, labels)

    def generate(self, now: Now, turn: int, count: int, *, graph: bool) -> Items:
        """The generator's items at a turn, in training mode."""
        z = torch.as_tensor(draws.latents(self.recipe, now.update, turn, count)).to(self.device, self.dtype)
        asked = draws.labels(self.recipe, now.update, turn, count, self.classes)
        labels = None if asked is None else torch.as_tensor(asked).to(self.device)
        mode = self._mode(self.generator, now, turn, "generator", track=True)
        with torch.set_grad_enabled(graph), self._precision():
            return Items(self.generator.network(z, labels, mode), labels)

    def judge(self, reals: Items, fakes: Items, now: Now, turn: int) -> None:
        """The discriminator's turn."""
        settings, count = self.recipe.regularizer, len(reals.pixels)
        take = due(settings, self.discriminator.steps)
        at_real, at_fake = self.penalised.real and take, self.penalised.fake and take
        real_items = reals.pixels.requires_grad_(at_real)
        fake_items = fakes.pixels.detach().requires_grad_(at_fake)
        with self._precision():
            if self.one_pass and not take:
                both = self._judge(torch.cat([real_items, fake_items]), _join(reals.labels, fakes.labels), TRACKED)
                real, fake = both[:count], both[count:]
            else:
                real = self._judge(real_items, reals.labels, self._mode(self.discriminator, now, turn, "real", True))
                fake = self._judge(fake_items, fakes.labels, self._mode(self.discriminator, now, turn, "fake", True))
            loss = self.loss.discriminator(real, fake, self._targets(now, turn, count))
            self.ledger.loss("discriminator", loss)
            total = loss * self.recipe.loss.discriminator_scale
            if take:
                penalty = torch.zeros((), device=self.device, dtype=self.dtype)
                penalty = penalty + squared_gradient_norm(real, real_items) if at_real else penalty
                penalty = penalty + squared_gradient_norm(fake, fake_items) if at_fake else penalty
                penalty = penalty * (settings.gamma / 2)
                self.ledger.loss("penalty", penalty)
                total = total + penalty * settings.interval
        self.ledger.judged("real", real)
        self.ledger.judged("fake", fake)
        self.discriminator.minimise(total, now.discriminator_rate, self.ledger if now.measure else None)

    def advise(self, fakes: Items, now: Now, turn: int) -> None:
        """The generator's turn: its gradient comes through the whole frozen discriminator."""
        with self.discriminator.frozen(), self._precision():
            mode = self._mode(self.discriminator, now, turn, "fake", track=False)
            fake = self._judge(fakes.pixels, fakes.labels, mode)
            loss = self.loss.generator(fake, None, self._targets(now, turn, len(fake)))
            self.ledger.loss("generator", loss)
            self.generator.minimise(loss, now.generator_rate, self.ledger if now.measure else None)

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """The averaged generator takes its share of the generator; batch statistics are copied."""
        target = self.averaged.arrays()
        for name, value in self.generator.network.arrays().items():
            if name in self.generator.named:
                target[name].lerp_(value, 1 - decay)
            else:
                target[name].copy_(value)

    # ---- small parts

    def _judge(self, items: Tensor, labels: Tensor | None, mode: Mode) -> Tensor:
        return self.discriminator.network(items, labels, mode).flatten()

    def _targets(self, now: Now, turn: int, count: int) -> Targets:
        if not self.loss.takes_targets:
            return Targets()
        drawn = (draws.targets(self.recipe, who, now.update, turn, count) for who in draws.PASSES)
        return Targets(*(as_target(value, self.device) for value in drawn))

    def _mode(self, player: Player, now: Now, turn: int, which: draws.Pass, track: bool) -> Mode:
        layers = self._dropouts(player)
        keys = {layer: draws.dropout_key(self.recipe, now.update, turn, which, layer) for layer in layers}
        return Mode(training=True, track=track, dropout_keys=keys or None)

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

    def _networks(self) -> dict[str, Network]:
        return {
            "generator": self.generator.network,
            "discriminator": self.discriminator.network,
            "ema": self.averaged,
        }


@torch.no_grad()
def run_in_chunks(
    network: Network, latents: np.ndarray, labels: np.ndarray | None, device: torch.device, dtype: torch.dtype
) -> np.ndarray:
    """The generator's raw output float32 (N, H, W, C) or (N, D), in inference mode.

    Chunks are padded to whole multiples of 64: a matrix product rounds by its shape, and the first 5 of 10 pictures
    are to be the 5 of 5, bit for bit.
    """
    outputs: list[np.ndarray] = []
    for start in range(0, len(latents), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(latents)))
        padded = np.resize(rows, -(-len(rows) // 64) * 64)
        z = torch.as_tensor(np.asarray(latents, np.float32)[padded]).to(device, dtype)
        asked = None if labels is None else torch.as_tensor(np.asarray(labels, np.int64)[padded]).to(device)
        made = network(z, asked, INFERENCE)[: len(rows)]
        made = made.permute(0, 2, 3, 1) if made.ndim == 4 else made
        outputs.append(made.float().contiguous().cpu().numpy())
    return np.concatenate(outputs)


def _join(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    return None if first is None or second is None else torch.cat([first, second])
