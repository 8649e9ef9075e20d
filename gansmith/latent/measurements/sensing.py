"""Compressed sensing: a picture from far fewer measurements than it has pixels (Bora et al. 2017).

This works because the generator makes only pictures like those of its training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gansmith.ground.progress import Progress
from gansmith.latent.decoder import Decoder
from gansmith.latent.inversion.search import Objective, SearchResult, SearchSettings, search
from gansmith.latent.measurements.operators import Operator, flat, unflat

MISFIT = 0.005  # mean squared error on pixels that a generator leaves even at its best


def recover(
    generator: Decoder,
    operator: Operator,
    measured: np.ndarray,
    settings: SearchSettings,
    labels: np.ndarray | None = None,
    prior: float = -1.0,
    progress: Progress = lambda done, total: None,
) -> SearchResult:
    """The generator's pictures that fit measurements (P, m) best.

    loss = |y - A G(z)|^2 / m, scaled so that A's rows have unit length, + prior x |z|^2 / dim. 0 = no prior; below 0:
    the weight with which the loss is the log posterior, if a measurement of a picture that the generator misses by `MISFIT`
    is wrong by about that much. So few measurements have less weight than many.
    """
    scale = np.float32(1 / np.sqrt((operator.matrix.astype(np.float64) ** 2).sum(axis=1).mean()))
    prior = MISFIT * generator.latent_dim / operator.count if prior < 0 else prior
    matrix = torch.as_tensor(operator.matrix * scale)
    targets = torch.as_tensor(measured * scale)
    objective = Objective(targets, lambda pictures: pictures.flatten(1) @ matrix.T, prior=prior)
    return search(generator, objective, settings, labels, progress)


def consistent(operator: Operator, measured: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Pictures (P, H, W, C) in [0, 1] changed as little as possible until their measurements are `measured`."""
    rows = flat(pictures)
    gap = (measured - rows @ operator.matrix.T).astype(np.float64)
    moved = rows + gap @ np.linalg.pinv(operator.matrix.astype(np.float64)).T
    return unflat(moved, (pictures.shape[3], *pictures.shape[1:3]))


@dataclass(frozen=True)
class Point:
    """One method at one number of measurements: each picture's error (mean squared, pixels in [0, 1])."""

    method: str
    measurements: int
    noise: float
    errors: np.ndarray

    @property
    def mean(self) -> float:
        """Mean error over the pictures."""
        return float(self.errors.mean())

    @property
    def interval(self) -> float:
        """Half the width of the mean's 95% interval (normal)."""
        return float(1.96 * self.errors.std(ddof=1) / np.sqrt(len(self.errors))) if len(self.errors) > 1 else 0.0


Method = Callable[[Operator, np.ndarray], np.ndarray]
"""Measurements (P, m) -> pictures (P, H, W, C) in [0, 1]."""


def curve(
    pictures: np.ndarray,
    draw: Callable[[int], Operator],
    counts: Sequence[int],
    noises: Sequence[float],
    methods: Mapping[str, Method],
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> tuple[list[Point], dict[tuple[int, float, str], np.ndarray]]:
    """Errors of each method at each number of measurements and noise, and the recovered pictures.

    All methods get the same measurements.
    """
    truth = flat(pictures)
    points: list[Point] = []
    made: dict[tuple[int, float, str], np.ndarray] = {}
    for count in counts:
        operator = draw(count)
        for noise in noises:
            measured = operator.measure(pictures, noise, seed)
            for name, method in methods.items():
                result = method(operator, measured)
                made[count, noise, name] = result
                points.append(Point(name, count, noise, ((flat(result) - truth) ** 2).mean(axis=1)))
                progress(len(points), len(counts) * len(noises) * len(methods))
    return points, made
