"""Rows of statistics: logits are drawn, and the run's own loss is computed of them by the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gansmith.ground.recipes.settings import LossName
from gansmith.ground.running_stats import RunningStats
from gansmith.losses import LOSSES, Targets

from .moment import Moment


@dataclass
class Numbers:
    """The game's numbers at a moment. Logits of real items are around level + gap / 2, of samples around level - gap / 2."""

    level: float
    gap: float
    spread: float  # standard deviation of the logits of each kind
    gradient_d: float
    gradient_g: float
    step_d: float
    step_g: float
    bad: bool = False  # the losses are NaN
    probabilities: bool = False  # logits are the outputs of a sigmoid


HEALTHY: dict[str, tuple[tuple[float, float, float], tuple[float, float, float], float]] = {
    "non-saturating": ((0.1, 0.15, 0.25), (0.0, 0.75, 0.55), 0.5),
    "minimax": ((0.1, 0.15, 0.25), (0.0, 0.7, 0.55), 0.3),
    "hinge": ((0.35, 0.15, 0.2), (0.15, 0.6, 0.45), 1.5),
    "least-squares": ((0.5, 0.08, 0.12), (0.5, 0.3, 0.2), 0.4),
    "wasserstein": ((1.5, 0.6, 1.5), (3.0, 0.9, 0.8), 1.2),
    "relativistic": ((0.6, 0.12, 0.3), (1.0, 0.5, 0.4), 0.6),
}
"""Level, gap and spread of logits early and late in healthy trainings of recipe `digits`, and the generator's gradient."""


def healthy(loss: str, moment: Moment, batch: int, noise: np.random.Generator) -> Numbers:
    """The numbers of a training in which nothing is wrong."""
    course = moment.course
    early, late, gradient = (np.asarray(part) for part in HEALTHY[loss])
    own = np.exp(0.15 * course.rng(11).standard_normal(3))  # every training differs
    reached = 1 - np.exp(-moment.update / 1000)
    level, gap, spread = (early + reached * (late - early)) * np.r_[1, own[1:]]
    rough = 0.1 * np.sqrt(32 / batch)
    left = 1 - 0.8 * moment.update / course.updates  # of the learning rates

    def around(value: float, size: float) -> float:
        return float(value * np.exp(size * noise.standard_normal()))

    return Numbers(
        level=float(level + rough * spread * noise.standard_normal()),
        gap=float(around(gap, 2 * rough) + rough * spread * noise.standard_normal()),
        spread=around(spread, rough),
        gradient_d=around(0.5 + 0.6 * reached, 0.25 + rough),
        gradient_g=around(float(gradient) * (1 + np.exp(-moment.update / 200)), 0.25 + rough),
        step_d=around(0.017 * left, 0.12),
        step_g=around(0.008 * left, 0.15),
    )


def row(
    loss: LossName, numbers: Numbers, moment: Moment, batch: int, since: int, noise: np.random.Generator
) -> dict[str, Any]:
    """A row of stats.jsonl about the `since` updates before the moment."""
    stats: RunningStats[Any] = RunningStats(LOSSES[loss].threshold)
    count = batch * since
    real, fake = (
        (numbers.level + side * numbers.gap / 2 + numbers.spread * noise.standard_normal(count)).astype(np.float32)
        for side in (1, -1)
    )
    if numbers.bad:
        real, fake = np.full_like(real, np.nan), np.full_like(fake, np.nan)
    if numbers.probabilities:
        real, fake = np.clip(real, 0, 1), np.clip(fake, 0, 1)
    tensors = torch.from_numpy(real), torch.from_numpy(fake)
    losses = LOSSES[loss].discriminator(*tensors, Targets()), LOSSES[loss].generator(tensors[1], tensors[0], Targets())
    for name, value in zip(("loss.discriminator", "loss.generator"), losses, strict=True):
        stats.add(name, np.float64(float(value)))
    stats.add_logits("real", real)
    stats.add_logits("fake", fake)
    for name in ("gradient_discriminator", "gradient_generator", "step_discriminator", "step_generator"):
        kind, player = name.split("_")
        stats.set(f"{kind}.{player}", np.float64(np.nan if numbers.bad else getattr(numbers, f"{kind}_{player[0]}")))
    report = stats.read()
    rate = 1e-3 * (1 - 0.8 * moment.update / moment.course.updates)
    return {
        "update": moment.update,
        "images_seen": moment.update * batch,
        "epoch": round(moment.update * batch / len(moment.data.training.items), 6),
        "rate.generator": rate,
        "rate.discriminator": rate,
        **report.numbers,
        "histograms": {name: {"edges": h.edges, "counts": h.counts} for name, h in report.histograms.items()},
    }
