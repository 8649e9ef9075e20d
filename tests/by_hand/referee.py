"""The same game, written again with torch's functions, autograd and optimisers: what the hand-written one must equal.

It is plain on purpose: no speed, no reuse, every pass and every loss spelled once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground import draws, streams
from gansmith.ground.game import Now
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Plan, Shape
from gansmith.ground.recipes.settings import OptimizerSettings, Recipe
from gansmith.nets import plan_discriminator, plan_generator


class Referee:
    """One update after the other, from arrays "<player>/<layer>.<name>"."""

    def __init__(self, recipe: Recipe, item_shape: Shape, classes: int, arrays: Mapping[str, np.ndarray]) -> None:
        self.recipe, self.classes, self.turns = recipe, classes, 0
        self.dtype = torch.float64 if recipe.precision.name == "float64" else torch.float32
        self.plans = {
            "generator": plan_generator(recipe, item_shape, classes),
            "discriminator": plan_discriminator(recipe, item_shape, classes),
        }
        self.w = {name: torch.tensor(np.array(array), dtype=self.dtype) for name, array in arrays.items()}
        self.trained = {
            player: [f"{player}/{i}.{n}" for i, layer in enumerate(p.layers) for n in layer.parameters()]
            for player, p in self.plans.items()
        }
        for name in (*self.trained["generator"], *self.trained["discriminator"]):
            self.w[name].requires_grad_(True)
        self.optimizers = {
            "generator": self._optimizer("generator", recipe.optimizer.generator),
            "discriminator": self._optimizer("discriminator", recipe.optimizer.discriminator),
        }

    def _optimizer(self, player: str, settings: OptimizerSettings) -> torch.optim.Optimizer:
        weights = [self.w[name] for name in self.trained[player]]
        if settings.name == "sgd":
            return torch.optim.SGD(weights, settings.rate, momentum=settings.momentum)
        return torch.optim.Adam(weights, settings.rate, (settings.beta1, settings.beta2), settings.epsilon)

    def update(self, items: np.ndarray, labels: np.ndarray | None, indices: np.ndarray, now: Now) -> None:
        """One alternating update; items as the game takes them."""
        recipe, fakes, count = self.recipe, torch.empty(0), indices.shape[1]
        same = recipe.feedback.latents == "same"
        for turn, rows in enumerate(indices):
            fakes = self.generate(now, turn, count)
            real_labels = None if labels is None else torch.tensor(labels[rows])
            self.discriminator_turn(self.reals(items[rows], now, turn), real_labels, fakes.detach(), now, turn)
        for index in range(recipe.feedback.generator_turns):
            turn = draws.generator_turn(recipe, index)
            if index > 0 or not same:
                fakes = self.generate(now, turn, count)
            self.generator_turn(fakes, now, turn)
        for name in self.w:
            if name.startswith("ema/"):
                source = self.w[name.replace("ema/", "generator/")].detach()
                keep = now.ema_decay if name.replace("ema/", "generator/") in self.trained["generator"] else 0.0
                self.w[name] = keep * self.w[name] + (1 - keep) * source

    def reals(self, items: np.ndarray, now: Now, turn: int) -> Tensor:
        if items.ndim == 2:
            return torch.tensor(items).to(self.dtype)
        if self.recipe.augment.name == "mirror":
            mirrored = draws.mirrored(self.recipe, now.update, turn, len(items))
            items = np.stack([item[:, ::-1] if flip else item for item, flip in zip(items, mirrored, strict=True)])
        pictures = torch.tensor(items).to(self.dtype).permute(0, 3, 1, 2)
        return pictures * (2 / 255) - 1 if self.recipe.data.pixels == "symmetric" else pictures / 255

    def asked(self, now: Now, turn: int, count: int) -> Tensor | None:
        drawn = draws.labels(self.recipe, now.update, turn, count, self.classes)
        return None if drawn is None else torch.tensor(drawn)

    def generate(self, now: Now, turn: int, count: int) -> Tensor:
        z = torch.tensor(draws.latents(self.recipe, now.update, turn, count)).to(self.dtype)
        return self.run("generator", z, self.asked(now, turn, count), now, turn, "generator", track=True)

    def discriminator_turn(self, reals: Tensor, real_labels: Tensor | None, fakes: Tensor, now: Now, turn: int) -> None:
        settings, count, total = self.recipe.regularizer, len(reals), torch.zeros((), dtype=self.dtype)
        asked = self.asked(now, turn, count)
        for who, x, labels in (("real", reals, real_labels), ("fake", fakes, asked)):
            x = x.clone().requires_grad_(True)
            logits = self.run("discriminator", x, labels, now, turn, who, track=True).flatten()
            target = draws.targets(self.recipe, who, now.update, turn, count)  # pyright: ignore[reportArgumentType]
            total = total + self.recipe.loss.discriminator_scale * self.loss(who, logits, target)
            if {"real": "r1", "fake": "r2"}[who] in settings.name and self.turns % settings.interval == 0:
                (g,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
                penalty = settings.gamma / 2 * g.square().flatten(1).sum(1).mean()
                total = total + settings.interval * penalty
        self.turns += 1
        self.descend("discriminator", total, now.discriminator_rate)

    def generator_turn(self, fakes: Tensor, now: Now, turn: int) -> None:
        labels = self.asked(now, turn, len(fakes))
        logits = self.run("discriminator", fakes, labels, now, turn, "fake", track=False).flatten()
        target = draws.targets(self.recipe, "generator", now.update, turn, len(fakes))
        self.descend("generator", self.loss("generator", logits, target), now.generator_rate)

    def loss(self, who: str, v: Tensor, target: np.ndarray | float) -> Tensor:
        """Straight from the definitions, in terms of probabilities where there are any."""
        t = torch.as_tensor(target, dtype=self.dtype).expand_as(v)
        name = self.recipe.loss.name
        if name == "minimax" and who == "generator":
            return F.logsigmoid(-v).mean()
        if name in ("non-saturating", "minimax"):
            return F.binary_cross_entropy_with_logits(v, t)
        if name == "least-squares":
            return F.mse_loss(v, t) / 2
        if name == "hinge" and who != "generator":
            return F.relu(1 - v if who == "real" else 1 + v).mean()
        return v.mean() if who == "fake" else -v.mean()

    def descend(self, player: str, loss: Tensor, rate: float) -> None:
        optimizer = self.optimizers[player]
        optimizer.zero_grad()
        optimizer.param_groups[0]["lr"] = rate
        for name, gradient in zip(
            self.trained[player],
            torch.autograd.grad(loss, [self.w[name] for name in self.trained[player]], allow_unused=True),
            strict=True,
        ):
            self.w[name].grad = torch.zeros_like(self.w[name]) if gradient is None else gradient
        optimizer.step()

    def run(
        self, player: str, x: Tensor, labels: Tensor | None, now: Now, turn: int, which: draws.Pass, track: bool
    ) -> Tensor:
        """A plan in training mode, layer by layer; pictures are (B, C, H, W)."""
        network: Plan = self.plans[player]
        for index, layer in enumerate(network.layers):
            w = {n: self.w[f"{player}/{index}.{n}"] for n in (*layer.parameters(), *layer.buffers())}
            match layer:
                case plan.Linear():
                    x = F.linear(x, w["weight"], w.get("bias"))
                case plan.Conv():
                    (top, bottom), (left, right) = layer.padding
                    x = F.conv2d(F.pad(x, (left, right, top, bottom)), w["weight"], w.get("bias"), layer.stride)
                case plan.ConvTranspose():
                    (top, bottom), (left, right) = layer.crop
                    x = F.conv_transpose2d(x, w["weight"], w.get("bias"), layer.stride)
                    x = x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]
                case plan.BatchNorm():
                    running = (w["mean"], w["variance"]) if track else (None, None)
                    x = F.batch_norm(x, *running, w["scale"], w["shift"], True, layer.momentum, layer.epsilon)
                case plan.Activation():
                    functions = {"relu": F.relu, "tanh": torch.tanh, "arctan": torch.atan, "sigmoid": torch.sigmoid}
                    x = F.leaky_relu(x, layer.slope) if layer.kind == "leaky" else functions[layer.kind](x)
                case plan.Dropout():
                    key = draws.dropout_key(self.recipe, now.update, turn, which, index)
                    last = x.movedim(1, -1)  # masks count as numbers lie in memory
                    keep = torch.tensor(streams.keep_mask(tuple(last.shape), layer.rate, key))
                    x = x * keep.movedim(-1, 1) / (1 - layer.rate)
                case plan.Reshape():
                    x = x.reshape(len(x), *layer.shape)
                case plan.ConcatLabels():
                    assert labels is not None
                    hot = F.one_hot(labels, layer.classes).to(x.dtype)
                    hot = hot[:, :, None, None].expand(-1, -1, *x.shape[2:]) if x.ndim == 4 else hot
                    x = torch.cat([x, hot], 1)
        return x
