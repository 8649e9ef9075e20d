"""The latent distribution as geometry: its centre, its shell, and gaussian coordinates.

In many dimensions almost all latents lie at nearly the same distance from the centre: on the shell, where the generator
was trained. A mean of n latents lies far inside the shell, at about 1/sqrt(n) of its radius plus what the n have in
common. The generator's picture of such a mean is an extrapolation, so lengths are stored and reported.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from torch import Tensor

DEVIATIONS = {"normal": 1.0, "uniform": sqrt(1 / 3), "unit": sqrt(1 / 12)}
"""The standard deviation of one coordinate in each distribution."""


def centre(distribution: str) -> float:
    """The mean of each coordinate."""
    return 0.5 if distribution == "unit" else 0.0


def shell_radius(distribution: str, dim: int) -> float:
    """The root mean square distance of latents (dim,) from the centre."""
    return DEVIATIONS[distribution] * sqrt(dim)


def spherical(first: np.ndarray, last: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points on the great circle from `first` to `last`, both (dim,), at shares (S,) of the way: (S, dim).

    The length changes linearly, so both ends are met exactly (Shoemake 1985; White 2016 for latents). Ends that are
    opposite or zero have no single circle: then the points are on the straight line.
    """
    norms = np.linalg.norm(first), np.linalg.norm(last)
    if min(norms) < 1e-9:
        return linear(first, last, shares)
    a, b = first / norms[0], last / norms[1]
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if np.sin(angle) < 1e-6:
        return linear(first, last, shares)
    t = np.asarray(shares, np.float64)[:, None]
    lengths = (1 - t) * norms[0] + t * norms[1]
    directions = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return (lengths * directions).astype(np.float32)


def linear(first: np.ndarray, last: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points on the straight line: (S, dim)."""
    t = np.asarray(shares, np.float32)[:, None]
    return (first + t * (last - first)).astype(np.float32)


def from_gaussian(values: Tensor, distribution: str) -> Tensor:
    """Latents from gaussian coordinates of any shape: N(0, 1) becomes the distribution. Smooth, one to one.

    A search in these coordinates never leaves the distribution's range, and -log density is |values|^2 / 2 for all.
    """
    if distribution == "normal":
        return values
    even = torch.erf(values / sqrt(2))  # U(-1, 1)
    return even if distribution == "uniform" else (even + 1) / 2


def to_gaussian(latents: Tensor, distribution: str) -> Tensor:
    """The inverse of `from_gaussian`; values at the ends of the range count as just inside."""
    if distribution == "normal":
        return latents
    even = latents if distribution == "uniform" else latents * 2 - 1
    return torch.erfinv(even.clamp(-1 + 1e-6, 1 - 1e-6)) * sqrt(2)
