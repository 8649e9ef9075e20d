"""The smallest game that learns: G adds its latents to a mean that follows the data, D knows the distance to it."""

from __future__ import annotations

import numpy as np

from gansmith.ground import pixels, streams
from gansmith.ground.game import DiscriminatorArrays, Report, State, StepContext
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe


class FakeGame:
    """Implements `ground.game.Game` in NumPy, without a network."""

    def __init__(self, recipe: Recipe, item_shape: Shape, classes: int = 0) -> None:
        self.recipe, self.classes = recipe, classes
        self.shape = (*item_shape[1:], item_shape[0])  # (H, W, C) or (D,)
        rng = streams.generator(recipe.seed, "initial")
        self.mean, self.spread = (rng.standard_normal((n, *self.shape)) for n in (max(classes, 1), recipe.latent.dim))
        self.averaged, self.steps, self.losses = self.mean.copy(), 0, []

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        self.items, self.labels = items, labels if self.classes else None

    def step(self, indices: np.ndarray, context: StepContext) -> None:
        for rows in indices:
            batch, asked = self._floats(self.items[rows]), self._classes(len(rows), self.labels, rows)
            noise = streams.generator(self.recipe.seed, "latents", context.update).standard_normal(batch.shape)
            error = batch + 0.01 * noise - self.mean[asked]
            np.add.at(self.mean, asked, context.generator_rate * error)
            self.losses.append(float((error**2).mean()))
        self.averaged += (1 - context.ema_decay) * (self.mean - self.averaged)
        self.steps += 1

    def report(self) -> Report:
        losses, self.losses = self.losses, []
        return Report({"loss.generator": float(np.mean(losses))} if losses else {})

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        shift = self.averaged[self._classes(len(latents), labels, slice(None))]
        blend = (latents[:, :, None].astype(float) * self.spread.reshape(1, self.recipe.latent.dim, -1)).sum(1)
        return (shift + 0.1 * blend.reshape(shift.shape)).astype(np.float32)

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        made = self.make(latents, labels)
        return pixels.to_bytes(made) if made.ndim == 4 else made

    def discriminate(self, items: np.ndarray, labels: np.ndarray | None) -> DiscriminatorArrays:
        distance = self._floats(items) - self.mean[self._classes(len(items), labels, slice(None))]
        return DiscriminatorArrays((1 - (distance**2).reshape(len(items), -1).mean(1)).astype(np.float32))

    def state(self) -> State:
        arrays = {"generator/mean": self.mean, "generator/spread": self.spread, "ema/mean": self.averaged}
        return State({name: array.copy() for name, array in arrays.items()}, {"steps": self.steps})

    def restore(self, state: State) -> None:
        arrays = {name: array.copy() for name, array in state.arrays.items()}
        self.mean, self.spread, self.averaged = (arrays[n] for n in ("generator/mean", "generator/spread", "ema/mean"))
        self.steps, self.losses = int(state.counters["steps"]), []

    def _floats(self, items: np.ndarray) -> np.ndarray:
        return (pixels.to_float(items) if items.ndim == 4 else items).astype(float)

    def _classes(self, count: int, labels: np.ndarray | None, rows: np.ndarray | slice) -> np.ndarray:
        return np.zeros(count, int) if labels is None or not self.classes else labels[rows]
