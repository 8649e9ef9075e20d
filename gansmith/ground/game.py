"""The `Game` protocol: what the training loop needs of an engine.

Arguments and results are NumPy arrays. Items are pictures uint8 (N, H, W, C) or vectors float32 (N, D); labels are int64
(N,) in [0, classes), or None. The items are loaded once; after that, `step` gets indices only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class StepContext:
    """The number of an update and its scheduled numbers."""

    update: int  # counts from 1
    images_seen: int  # real items given to the discriminator before this update
    generator_rate: float  # learning rate
    discriminator_rate: float
    ema_decay: float  # the averaged generator keeps this share of itself; 0 copies the generator
    measure: bool = False  # whether gradients and step sizes are measured in this update, for a report


@dataclass(frozen=True)
class Histogram:
    """Counts of values in equal bins: counts (B,) between edges[0] and edges[-1], edges (B + 1,)."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class Report:
    """Means since the last report. `NUMBERS` lists the keys of `numbers`; `layers` maps player -> layer -> name."""

    numbers: dict[str, float]
    histograms: dict[str, Histogram] = field(default_factory=dict)
    layers: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)


NUMBERS: dict[str, str] = {
    "loss.discriminator": "the discriminator's loss without penalty",
    "loss.generator": "the generator's loss",
    "loss.penalty": "the regularizer's mean over the steps that had it, with gamma and without interval",
    "loss.classifier": "an auxiliary classifier's cross-entropy on real items",
    "verdict.real": "mean logit of real items",
    "verdict.fake": "mean logit of generated items, in the discriminator's step",
    "probability.real": "mean sigmoid of the logits of real items",
    "probability.fake": "mean sigmoid of the logits of generated items",
    "accuracy.real": "share of real items with a logit above the loss's threshold",
    "accuracy.fake": "share of generated items with a logit below it",
    "augment.probability": "probability of each operation of the augmentation",
    "augment.sign": "mean sign of the logits of real items, which adaptive augmentation keeps at its target",
    "gradient.generator": "L2 norm of the generator's gradient, at the last measured update",
    "gradient.discriminator": "L2 norm of the discriminator's gradient, at the last measured update",
    "step.generator": "|change| / |weights| of the generator, at the last measured update",
    "step.discriminator": "|change| / |weights| of the discriminator, at the last measured update",
}


@dataclass(frozen=True)
class DiscriminatorArrays:
    """The discriminator's output for N items, as arrays."""

    logits: np.ndarray  # float32 (N,)
    per_pixel: np.ndarray | None = None  # float32 (N, H, W): a logit for every pixel, of discriminators that give one
    classes: np.ndarray | None = None  # float32 (N, classes), of an auxiliary classifier


BORN = "born"
"""An array of a state: "<player>-optimizer/<array>.born" (1,), the step of the optimiser after which its memory of that
array began; without one, it began with the first step. Adam corrects its means by the steps since."""


@dataclass(frozen=True)
class State:
    """All that a game needs to go on bit for bit: arrays by name, and counters (JSON-able)."""

    arrays: dict[str, np.ndarray]
    counters: dict[str, int | float | str]

    def up_to_date(self, recipe: Recipe) -> dict[str, np.ndarray]:
        """The arrays, with up-to-date mean squares of gradients.

        Adam without momentum may skip the rows of labels that an update does not use. Such rows are as they were after
        the step "<player>-optimizer/<array>.upto"; since then they have only decayed.
        """
        arrays = dict(self.arrays)
        for path in [path for path in arrays if path.endswith(".upto")]:
            player, second = path.partition("-optimizer/")[0], path.removesuffix("upto") + "second"
            settings = recipe.optimizer.discriminator if player == "discriminator" else recipe.optimizer.generator
            steps = float(self.counters[f"{player}-optimizer.steps"]) - arrays.pop(path)
            arrays[second] = (arrays[second] * settings.beta2**steps).astype(arrays[second].dtype)
        return arrays


@runtime_checkable
class Game(Protocol):
    """A generator and a discriminator, their optimisers and the averaged generator."""

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        """Take the training items. The engine keeps them on the device if they fit."""
        ...

    def step(self, indices: np.ndarray, context: StepContext) -> None:
        """One update. indices int64 (discriminator turns, batch): a row for each. Does not wait for the device."""
        ...

    def report(self) -> Report:
        """Means since the last report. During training only this method waits for the device."""
        ...

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """The averaged generator's output in inference mode, float32 (N, H, W, C) or (N, D)."""
        ...

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Like `make`, as items: pictures uint8 (N, H, W, C), vectors float32 (N, D)."""
        ...

    def discriminate(self, items: np.ndarray, labels: np.ndarray | None) -> DiscriminatorArrays:
        """The discriminator's output in inference mode."""
        ...

    def state(self) -> State:
        """Both networks, the averaged generator, the optimisers, and the counters of regularizer and augmentation."""
        ...

    def restore(self, state: State) -> None:
        """Go back to a state; all later steps are bit-equal to those that followed it."""
        ...
