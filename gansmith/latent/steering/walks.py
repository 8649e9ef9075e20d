"""Walks: paths through latent space, and the generator's pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.decoder import Decoder, need_labels
from gansmith.latent.pictures import to_unit

Between = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""First and last (dim,), shares (S,) -> offsets (S, dim): `space.spherical` or `space.linear`."""


def grid(generator: Decoder, latents: np.ndarray, classes: Sequence[int] | None = None) -> np.ndarray:
    """Every class in every style: uint8 (rows, columns, H, W, C); a row is a class, a column one latent.

    latents (columns, dim); classes: the rows' classes, all by default. Raises RunError when unlabelled.
    """
    need_labels(generator, "a grid of classes and styles")
    rows = np.arange(generator.classes) if classes is None else np.asarray(classes)
    return pictures(generator, np.tile(latents, (len(rows), 1, 1)), rows[:, None])


def interpolate(
    stations: np.ndarray, steps: int, between: Between, distribution: str, *, closed: bool = False
) -> np.ndarray:
    """A walk through latents `stations` (K, dim): `steps` latents to each next one, then the last; (S, dim).

    `space.spherical` stays on the shell; `space.linear` goes through the inside, where latents are shorter than any that
    the generator was trained on. closed: back to the first; S = K steps. Else S = (K - 1) steps + 1.
    """
    if len(stations) < 2 or steps < 1:
        raise RunError("a walk needs at least 2 latents and 1 step between them")
    centre = np.float32(space.centre(distribution))
    offsets = stations - centre
    shares = np.arange(steps) / steps
    path = np.concatenate([offsets, offsets[:1]]) if closed else offsets
    parts = [between(here, there, shares) for here, there in pairwise(path)]
    if not closed:
        parts.append(path[-1:])
    return np.concatenate(parts) + centre


def traverse(dims: Sequence[int], values: np.ndarray, base: np.ndarray) -> np.ndarray:
    """One coordinate after the other set to `values` (S,), the others as in `base` (dim,): (dims, S, dim)."""
    wrong = [dim for dim in dims if not 0 <= dim < len(base)]
    if wrong:
        raise RunError(f"dimension {wrong[0]} is none of this generator's: 0 to {len(base) - 1}")
    walk = np.tile(base.astype(np.float32), (len(dims), len(values), 1))
    for row, dim in enumerate(dims):
        walk[row, :, dim] = values
    return walk


def pictures(generator: Decoder, walk: np.ndarray, labels: np.ndarray | int | None = None) -> np.ndarray:
    """The generator's items of latents (..., dim), in one batch, as a store holds them: pictures uint8 (..., H, W, C).

    labels: one for all, or an array that broadcasts to the shape of the latents (...).
    """
    numbers = None if labels is None else np.broadcast_to(np.asarray(labels, np.int64), walk.shape[:-1]).ravel()
    made = generator.items(walk.reshape(-1, walk.shape[-1]), numbers)
    return made.reshape(*walk.shape[:-1], *made.shape[1:])


def smoothness(frames: np.ndarray, strangers: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference of neighbouring frames (S, H, W, C), and of unrelated items; of pixels in [0, 1]."""
    values, others = to_unit(frames), to_unit(strangers)
    half = len(others) // 2
    return float(np.abs(np.diff(values, axis=0)).mean()), float(np.abs(others[:half] - others[half : 2 * half]).mean())


def shared_by_columns(values: np.ndarray) -> float:
    """Of a trait's variance within classes, the share that lies between latents: 0 to 1.

    values: the trait on a grid (rows = classes, columns = latents). 1: a latent looks the same in every class; about
    1 / rows: latents mean nothing.
    """
    within = values - values.mean(axis=1, keepdims=True)
    spread = within.std(axis=1, keepdims=True)
    within = np.divide(within, spread, out=np.zeros_like(within), where=spread > 1e-9)
    total = float((within**2).mean())
    return float((within.mean(axis=0) ** 2).mean() / total) if total > 0 else 0.0
