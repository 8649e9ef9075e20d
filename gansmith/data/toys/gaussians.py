"""Mixtures of gaussians, whose modes are known exactly, so that a dropped mode can be detected.

    ring      8 modes on a circle of radius 2, std .02            Metz et al. 2017 (unrolled GANs), divided by 2
    grid      25 modes, 5 x 5, two apart, std .05                 Dumoulin et al. 2017, Lin et al. 2018, divided by 4
    spiral    20 modes at equal steps along one and a half turns  our own: neighbours are alike, radii are not
    gaussian  one mode on the line at -1, std 1                   E. Jang's 1-D GAN (2016), divided by 5

After the division points are in about [-1, 1]; the ratio of std to distance is the literature's.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from gansmith.ground import streams

SyntheticName = Literal["ring", "grid", "spiral", "gaussian"]
NAMES: tuple[str, ...] = get_args(SyntheticName)
# what the literature's values are divided by
SCALE: dict[str, float] = {"ring": 2.0, "grid": 4.0, "spiral": 1.0, "gaussian": 5.0}
COUNT = 50_000  # points, unless data.first is set

SPIRAL_MODES = 20
SPIRAL_TURNS = 1.5
SPIRAL_INNER, SPIRAL_OUTER = 0.2, 1.0  # radii of the first and last mode
SPIRAL_STD = 0.015


def modes(name: str) -> tuple[np.ndarray, float]:
    """The modes' centres, float32 (M, D), and the standard deviation of each coordinate around them."""
    if name == "ring":
        angles = np.arange(8) * (2 * np.pi / 8)
        return (2.0 / SCALE[name] * _at(angles)).astype(np.float32), 0.02 / SCALE[name]
    if name == "grid":
        steps = np.arange(-4.0, 5.0, 2.0) / SCALE[name]
        centres = np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(25, 2)
        return centres.astype(np.float32), 0.05 / SCALE[name]
    if name == "spiral":
        return _spiral().astype(np.float32), SPIRAL_STD
    if name == "gaussian":
        return np.array([[-1.0 / SCALE[name]]], np.float32), 1.0 / SCALE[name]
    raise KeyError(name)


def points(name: str, count: int, seed: int, part: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """`count` points float32 (count, D) and their modes int64 (count,), modes in turn. `part`: 0 training, 1 test.

    More points begin with the same ones.
    """
    centres, std = modes(name)
    labels = np.arange(count, dtype=np.int64) % len(centres)
    noise = streams.generator(seed, "source", part).standard_normal((count, centres.shape[1]), dtype=np.float32)
    return centres[labels] + np.float32(std) * noise, labels


def _at(angles: np.ndarray) -> np.ndarray:
    """Points of the unit circle, (N, 2)."""
    return np.stack([np.cos(angles), np.sin(angles)], -1)


def _spiral() -> np.ndarray:
    """Centres at equal arc lengths along an Archimedean spiral, (SPIRAL_MODES, 2)."""
    fine = np.linspace(0.0, 1.0, 10_001)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(_spiral_at(fine), axis=0), axis=1))])
    return _spiral_at(np.interp(np.linspace(0.0, length[-1], SPIRAL_MODES), length, fine))


def _spiral_at(share: np.ndarray) -> np.ndarray:
    """Points (N, 2) at shares 0 .. 1 of the spiral's turns."""
    radius = SPIRAL_INNER + (SPIRAL_OUTER - SPIRAL_INNER) * share
    return radius[:, None] * _at(2 * np.pi * SPIRAL_TURNS * share)
