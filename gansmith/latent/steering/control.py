"""Full control: make a latent's picture have the traits that are asked for, and leave the rest of it alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import RunError, nearest
from gansmith.latent.appearance.traits import Measure, measure
from gansmith.latent.decoder import Decoder
from gansmith.latent.steering.directions import Linear
from gansmith.latent.steering.survey import Survey

MAX_STEP = 2.5  # standard deviations that are asked for at once, each trait


@dataclass(frozen=True)
class Steered:
    """N latents (N, dim) and what became of them; traits in their own units."""

    latents: np.ndarray
    asked: dict[str, np.ndarray]
    measured: dict[str, np.ndarray]


def steer(
    generator: Decoder,
    linear: Linear,
    found: Survey,
    wanted: Mapping[str, Measure],
    asked: Mapping[str, np.ndarray],
    latents: np.ndarray,
    labels: np.ndarray | None,
    rounds: int = 6,
) -> Steered:
    """Move latents (N, dim) by as little as possible until their pictures measure what is asked: {trait: (N,)}.

    Each round measures the pictures and moves along the regression's directions by what is missing. A second and later
    round learns from the one before how far this latent's traits really move (Broyden 1965), since the regression is
    right on average only. rounds = 1 is the regression alone. Lengths are kept, so latents stay on their shell.
    """
    names = list(asked)
    for name in names:
        if name not in linear.traits:
            raise RunError(f"trait {name!r} was not measured for these directions{nearest(name, linear.traits)}")
    rows = [linear.traits.index(name) for name in names]
    slopes = linear.slopes[rows]  # (T, dim)
    moves = np.linalg.pinv(slopes)  # (dim, T): one standard deviation of each trait
    targets = np.stack([found.scales[name].standard(np.asarray(asked[name], np.float64), labels) for name in names], 1)
    lengths = np.linalg.norm(latents, axis=1, keepdims=True)
    place = latents.astype(np.float64)
    jacobian = np.tile(np.eye(len(names)), (len(latents), 1, 1))  # traits moved per trait asked, (N, T, T)
    best, best_miss = place, np.full(len(latents), np.inf)
    before = _traits(generator, found, wanted, names, place, labels)
    for _ in range(rounds):
        miss = targets - before
        step = np.clip(np.linalg.solve(jacobian, miss[..., None])[..., 0], -MAX_STEP, MAX_STEP)
        moved = place + step @ moves.T
        moved *= lengths / np.linalg.norm(moved, axis=1, keepdims=True)
        after = _traits(generator, found, wanted, names, moved, labels)
        jacobian = _broyden(jacobian, step, after - before)
        place, before = moved, after
        size = np.linalg.norm(targets - after, axis=1)
        better = size < best_miss
        best, best_miss = np.where(better[:, None], place, best), np.where(better, size, best_miss)
    final = best.astype(np.float32)
    return Steered(final, dict(asked), measure(generator.images(final, labels), {name: wanted[name] for name in names}))


def _traits(
    generator: Decoder,
    found: Survey,
    wanted: Mapping[str, Measure],
    names: list[str],
    latents: np.ndarray,
    labels: np.ndarray | None,
) -> np.ndarray:
    """Measured traits (N, T) in standard deviations."""
    pictures = generator.images(latents.astype(np.float32), labels)
    values = measure(pictures, {name: wanted[name] for name in names})
    return np.stack([found.scales[name].standard(values[name], labels) for name in names], axis=1)


def _broyden(jacobian: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Each row's jacobian (N, T, T) corrected by what its last step did; held within reason, since traits are noisy."""
    power = (step**2).sum(axis=1)[:, None, None]
    error = change - np.einsum("nij,nj->ni", jacobian, step)
    update = np.einsum("ni,nj->nij", error, step) / np.maximum(power, 1e-3)
    corrected = jacobian + update
    gain = np.linalg.det(corrected)
    sane = (gain > 0.15) & (gain < 5) & (power[:, 0, 0] > 1e-3)
    return np.where(sane[:, None, None], corrected, jacobian)
