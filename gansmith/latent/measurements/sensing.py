"""Compressed sensing: a picture from far fewer measurements than it has pixels (Bora et al. 2017); and upscaling.

This works because the generator makes only pictures like those of its training. Upscaling is the case in which the
measurements are the means of small blocks, that is a smaller picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from gansmith.ground.errors import RunError
from gansmith.ground.progress import Progress
from gansmith.latent.decoder import Decoder, need_pictures
from gansmith.latent.inversion.search import Objective, SearchResult, SearchSettings, search
from gansmith.latent.measurements.operators import Operator, blocks, flat, unflat

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


@dataclass(frozen=True)
class Upscaled:
    """P enlarged pictures."""

    pictures: np.ndarray  # float32 (P, H, W, C) in [0, 1]
    misfit: np.ndarray  # (P,) mean squared difference between the small picture and the block means of the large one
    search: SearchResult


def upscale(
    generator: Decoder,
    small: np.ndarray,
    settings: SearchSettings,
    labels: np.ndarray | None = None,
    exact: bool = False,
    prior: float = -1.0,
    progress: Progress = lambda done, total: None,
) -> Upscaled:
    """Enlarge pictures (P, h, w, C), uint8 or in [0, 1], to the generator's size.

    exact: add what the generator cannot match, so that the result's block means are the small picture. Raises RunError
    when the generator's size is no whole multiple of theirs.
    """
    operator, measured = operator_for(generator, small), flat(small)
    found = recover(generator, operator, measured, settings, labels, prior, progress)
    made = consistent(operator, measured, found.pictures) if exact else np.clip(found.pictures, 0, 1)
    return Upscaled(made, ((flat(made) @ operator.matrix.T - measured) ** 2).mean(axis=1), found)


def operator_for(generator: Decoder, small: np.ndarray) -> Operator:
    """The block means that turn a generator's picture into one of the size of `small`."""
    need_pictures(generator, "upscaling")
    channels, height, width = generator.item_shape
    factor = height // max(small.shape[1], 1)
    if small.shape[3] != channels or factor < 2 or small.shape[1:3] != (height / factor, width / factor):
        raise RunError(
            f"a picture of {small.shape[2]}x{small.shape[1]}x{small.shape[3]} is no whole part of this generator's "
            f"{width}x{height}x{channels}: give one of {width // 2}x{height // 2}, or of {width // 4}x{height // 4}"
        )
    return blocks(generator.item_shape, factor)


def shrink(pictures: np.ndarray, factor: int) -> np.ndarray:
    """Block means of pictures (P, H, W, C), uint8 or in [0, 1]: float32 (P, H / factor, W / factor, C) in [0, 1]."""
    shape = pictures.shape[3], *pictures.shape[1:3]
    operator = blocks(shape, factor)
    return unflat(flat(pictures) @ operator.matrix.T, (shape[0], shape[1] // factor, shape[2] // factor))


def bicubic(small: np.ndarray, height: int, width: int) -> np.ndarray:
    """Small pictures (P, h, w, C) in [0, 1] enlarged by bicubic interpolation, float32 (P, height, width, C)."""
    planes = np.moveaxis(small, 3, 1).reshape(-1, *small.shape[1:3]).astype(np.float32)
    large = [np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)) for plane in planes]
    stacked = np.stack(large).reshape(len(small), small.shape[3], height, width)
    return np.clip(np.moveaxis(stacked, 1, 3), 0, 1)
