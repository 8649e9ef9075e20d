"""The law of the latents as geometry: its middle, its shell, and gaussian coordinates for every law.

Almost all latents of a law in many dimensions lie at nearly one distance from its middle: the shell on which the
generator was trained. A mean of n latents lies far inside it, at about 1/sqrt(n) of the distance plus what the n have
in common: what the generator makes of it is an extrapolation. Norms are therefore stored and said.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from torch import Tensor

RADII = {"normal": 1.0, "uniform": sqrt(1 / 3), "unit": sqrt(1 / 12)}
"""Standard deviation of one coordinate under each law."""


def middle(law: str) -> float:
    """The middle of each coordinate."""
    return 0.5 if law == "unit" else 0.0


def shell(law: str, dim: int) -> float:
    """The distance from the middle at which latents of `dim` coordinates lie: root mean square."""
    return RADII[law] * sqrt(dim)


def on_shell(offsets: np.ndarray, law: str) -> np.ndarray:
    """Offsets from the middle (..., dim), stretched to the shell. A zero offset stays zero: it has no direction."""
    norms = np.linalg.norm(offsets, axis=-1, keepdims=True)
    stretch = np.divide(shell(law, offsets.shape[-1]), norms, out=np.zeros_like(norms), where=norms > 1e-12)
    return (offsets * stretch).astype(np.float32)


def spherical(first: np.ndarray, last: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Along the great circle from `first` to `last`, both (dim,), at shares (S,) of the way: (S, dim).

    Lengths go over linearly, so the ends are met exactly. (Shoemake 1985; White 2016 for latents.)
    Opposite or vanishing ends have no one circle: the straight line is taken.
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
    """Along the straight line: (S, dim)."""
    t = np.asarray(shares, np.float32)[:, None]
    return (first + t * (last - first)).astype(np.float32)


def from_gaussian(values: Tensor, law: str) -> Tensor:
    """Latents of a law from gaussian coordinates of any shape: N(0,1) becomes the law. Smooth, one to one.

    A search in these coordinates never leaves the law's range, and its prior is |values|^2 / 2 for every law.
    """
    if law == "normal":
        return values
    even = torch.erf(values / sqrt(2))  # U(-1, 1)
    return even if law == "uniform" else (even + 1) / 2


def to_gaussian(latents: Tensor, law: str) -> Tensor:
    """The inverse of `from_gaussian`; values at the range's very ends are taken for just inside."""
    if law == "normal":
        return latents
    even = latents if law == "uniform" else latents * 2 - 1
    return torch.erfinv(even.clamp(-1 + 1e-6, 1 - 1e-6)) * sqrt(2)
