"""The `Game` protocol: what a training loop may ask of two players, whatever engine computes them.

Arrays are NumPy at this border. Items are pictures uint8 (N, H, W, C) or vectors float32 (N, D); labels are int64
(N,) in [0, classes), or None. The data room owns the order of the items, the engine owns their pixels: `load` once,
then `step` with indices only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class Now:
    """The clock and the scheduled numbers of one update."""

    update: int  # counts from 1
    images_seen: int  # real items given to the discriminator before this update
    generator_rate: float  # learning rate
    discriminator_rate: float
    ema_decay: float  # the averaged generator keeps this share of itself; 0 copies the generator
    measure: bool = False  # a report follows: gradients and step sizes are to be measured in this update


@dataclass(frozen=True)
class Histogram:
    """Counts of values in equal bins: counts (B,) between edges[0] and edges[-1], edges (B + 1,)."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class Report:
    """Means since the last report. Keys of `numbers` are listed in `NUMBERS`; `layers` maps player -> layer -> name."""

    numbers: dict[str, float]
    histograms: dict[str, Histogram] = field(default_factory=dict)
    layers: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)


NUMBERS: dict[str, str] = {
    "loss.discriminator": "the discriminator's loss without penalty",
    "loss.generator": "the generator's loss",
    "loss.penalty": "the regularizer's mean where it was taken, gamma included and interval excluded",
    "loss.classifier": "an auxiliary classifier's cross-entropy on real items",
    "verdict.real": "mean raw verdict on real items",
    "verdict.fake": "mean raw verdict on generated items, in the discriminator's turn",
    "probability.real": "mean sigmoid of the verdict on real items",
    "probability.fake": "mean sigmoid of the verdict on generated items",
    "accuracy.real": "share of real items with a verdict above the loss's threshold",
    "accuracy.fake": "share of generated items with a verdict below it",
    "augment.probability": "with which each operation of the augmentation changes a picture",
    "augment.sign": "mean sign of the verdicts on real items, which adaptive augmentation holds at its target",
    "gradient.generator": "L2 norm of the generator's gradient, at the last measured update",
    "gradient.discriminator": "L2 norm of the discriminator's gradient, at the last measured update",
    "step.generator": "|change| / |weights| of the generator, at the last measured update",
    "step.discriminator": "|change| / |weights| of the discriminator, at the last measured update",
}


@dataclass(frozen=True)
class Verdicts:
    """The discriminator's raw output on N items."""

    logits: np.ndarray  # float32 (N,)
    per_pixel: np.ndarray | None = None  # float32 (N, H, W), from discriminators that judge every pixel
    classes: np.ndarray | None = None  # float32 (N, classes), from auxiliary classifiers


@dataclass(frozen=True)
class State:
    """All that a game needs to go on exactly where it was: named arrays, and counters that JSON can hold."""

    arrays: dict[str, np.ndarray]
    counters: dict[str, int | float | str]

    def up_to_date(self, recipe: Recipe) -> dict[str, np.ndarray]:
        """The arrays, mean squares of gradients as every optimiser has them by now.

        Adam without momentum may leave rows as they were after a step "<player>-optimizer/<array>.upto", of a shape that
        goes with theirs: since then they only faded.
        """
        arrays = dict(self.arrays)
        for path in [path for path in arrays if path.endswith(".upto")]:
            player, second = path.partition("-optimizer/")[0], path.removesuffix("upto") + "second"
            settings = recipe.optimizer.discriminator if player == "discriminator" else recipe.optimizer.generator
            waited = float(self.counters[f"{player}-optimizer.steps"]) - arrays.pop(path)
            arrays[second] = (arrays[second] * settings.beta2**waited).astype(arrays[second].dtype)
        return arrays


@runtime_checkable
class Game(Protocol):
    """Two players, their optimisers and the averaged generator."""

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        """Take the training items; the engine decides where they live (on the device if they fit)."""
        ...

    def step(self, indices: np.ndarray, now: Now) -> None:
        """One update. indices int64 (discriminator turns, batch): one row per discriminator turn. Never waits."""
        ...

    def report(self) -> Report:
        """Means since the last report; the only method that waits for the device while training."""
        ...

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Raw output float32 of the averaged generator in inference mode: (N, H, W, C) or (N, D)."""
        ...

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Like `make`, as items: pictures uint8 (N, H, W, C), vectors float32 (N, D)."""
        ...

    def verdicts(self, items: np.ndarray, labels: np.ndarray | None) -> Verdicts:
        """The discriminator's raw output on items, in inference mode."""
        ...

    def state(self) -> State:
        """Both networks, the averaged generator, optimisers, and the counters of regularizer and augmentation."""
        ...

    def restore(self, state: State) -> None:
        """Go back to a state; every later step is bit-equal to what it would have been."""
        ...
