"""Directions: what to add to a latent to change one thing.

    regress     linear regression of measured traits on latents
    principal   principal components of the first layer's activations, carried back to latents (GANSpace, 2020)
    factorise   eigenvectors of the first layer's weights: what moves its activations most (SeFa, 2021)

Directions are offsets of length 1; `strength` is the trait's standard deviations per unit of length, or the method's
own measure of how much moves.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gansmith.ground.errors import RunError, nearest
from gansmith.latent.steering.survey import Survey

RIDGE = 1e-3  # of the latents' variance: keeps the regression defined when latents are few
HELD_OUT = 0.2  # share of the latents that only judge


@dataclass(frozen=True)
class Direction:
    """Something to add to a latent."""

    vector: np.ndarray  # float32 (dim,), length 1
    strength: float  # regression: standard deviations of the trait per unit of length; else: share of what moves
    explained: float  # regression: R^2 on latents it has not seen; else: share of the variance, cumulated
    kind: str  # regression, principal, factorised


@dataclass(frozen=True)
class Linear:
    """Traits as a linear function of latents: standard = (latents - mean) @ slopes.T, slopes (traits, dim)."""

    traits: tuple[str, ...]
    mean: np.ndarray  # (dim,)
    slopes: np.ndarray
    explained: np.ndarray  # (traits,) R^2 on held-out latents

    def predict(self, latents: np.ndarray) -> np.ndarray:
        """Expected traits (N, traits) in standard deviations."""
        return (latents - self.mean) @ self.slopes.T


def regress(found: Survey) -> Linear:
    """Ridge regression of a survey's traits on its latents; a fifth of the latents judges it."""
    names = tuple(found.standard)
    latents = found.latents.astype(np.float64)
    values = np.stack([found.standard[name] for name in names], axis=1)  # (N, traits)
    held = max(1, round(len(latents) * HELD_OUT))
    mean, slopes = _ridge(latents[held:], values[held:])
    missed = values[:held] - values[held:].mean(axis=0) - (latents[:held] - mean) @ slopes.T
    spread = values[:held] - values[:held].mean(axis=0)
    explained = 1 - (missed**2).sum(axis=0) / np.maximum((spread**2).sum(axis=0), 1e-12)
    mean, slopes = _ridge(latents, values)
    return Linear(names, mean, slopes, explained)


def _ridge(latents: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = latents.mean(axis=0)
    centred = latents - mean
    gram = centred.T @ centred
    gram += np.eye(len(gram)) * (RIDGE * np.trace(gram) / len(gram))
    return mean, np.linalg.solve(gram, centred.T @ (values - values.mean(axis=0))).T


def as_directions(linear: Linear) -> dict[str, Direction]:
    """One direction per trait, named after it."""
    made: dict[str, Direction] = {}
    for index, name in enumerate(linear.traits):
        strength = float(np.linalg.norm(linear.slopes[index]))
        vector = (linear.slopes[index] / max(strength, 1e-12)).astype(np.float32)
        made[name] = Direction(vector, strength, float(linear.explained[index]), "regression")
    return made


def without(direction: Direction, others: Sequence[Direction]) -> Direction:
    """The part of a direction along which the others stand still (conditional projection, Shen et al. 2020).

    Raises RunError where nothing is left.
    """
    if not others:
        return direction
    span = np.stack([other.vector for other in others]).astype(np.float64)
    vector = direction.vector.astype(np.float64)
    vector = vector - np.linalg.lstsq(span.T, vector, rcond=None)[0] @ span
    left = float(np.linalg.norm(vector))
    if left < 1e-3:
        raise RunError("nothing is left of this direction without the others: they are the same; keep fewer fixed")
    return dataclasses.replace(direction, vector=(vector / left).astype(np.float32), strength=direction.strength * left)


def cosines(directions: Mapping[str, Direction]) -> dict[str, dict[str, float]]:
    """The cosine between every two directions: how much moving one moves the other."""
    return {
        a: {b: float(one.vector @ other.vector) for b, other in directions.items()} for a, one in directions.items()
    }


def principal(latents: np.ndarray, activations: np.ndarray, count: int) -> dict[str, Direction]:
    """Directions in latents (N, dim) that follow the main components of activations (N, features).

    Each component's coordinate is regressed on the latents, as in GANSpace for nets without a mapping.
    """
    centred = activations.astype(np.float64) - activations.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred if centred.shape[1] <= len(centred) else centred @ centred.T)
    if centred.shape[1] > len(centred):
        vectors = centred.T @ vectors / np.sqrt(np.maximum(values, 1e-12))
    order = np.argsort(values)[::-1][: min(count, latents.shape[1])]
    shares = values[order] / max(values.sum(), 1e-12)
    _, slopes = _ridge(latents.astype(np.float64), centred @ vectors[:, order])
    return _named("principal", slopes, shares)


def factorise(weight: np.ndarray, count: int) -> dict[str, Direction]:
    """Directions that move the first layer's output most: weight (features, dim), norm folded in."""
    _, values, rows = np.linalg.svd(weight.astype(np.float64), full_matrices=False)
    shares = values**2 / max(float((values**2).sum()), 1e-12)
    return _named("factorised", rows[:count], shares[:count])


def _named(kind: str, rows: np.ndarray, shares: np.ndarray) -> dict[str, Direction]:
    """Unit vectors from rows (K, dim), each turned so that its largest coordinate is positive."""
    made: dict[str, Direction] = {}
    for index, (row, share) in enumerate(zip(rows, shares, strict=True)):
        row = row / max(float(np.linalg.norm(row)), 1e-12)
        row = row * np.sign(row[np.argmax(np.abs(row))] or 1)
        made[f"{kind}-{index + 1}"] = Direction(
            row.astype(np.float32), float(share), float(shares[: index + 1].sum()), kind
        )
    return made


def find(name: str, directions: Mapping[str, Direction]) -> Direction:
    """A direction by its name. Raises RunError naming the nearest."""
    if name not in directions:
        raise RunError(f"unknown direction {name!r}{nearest(name, directions)}")
    return directions[name]


def save(directions: Mapping[str, Direction], path: Path) -> None:
    """Write directions as safetensors: a vector each, with the rest in the metadata."""
    about = {
        name: json.dumps({"strength": one.strength, "explained": one.explained, "kind": one.kind})
        for name, one in directions.items()
    }
    save_file({name: np.ascontiguousarray(one.vector) for name, one in directions.items()}, path, about)


def load(path: Path, dim: int) -> dict[str, Direction]:
    """Read directions of latents with `dim` coordinates. Raises RunError when the file is damaged or does not fit."""
    made: dict[str, Direction] = {}
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
            for name in file.keys():  # noqa: SIM118 - safe_open is no mapping
                facts = json.loads(about[name])
                made[name] = Direction(
                    file.get_tensor(name), float(facts["strength"]), float(facts["explained"]), str(facts["kind"])
                )
    except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"{path} holds no directions that can be read ({error}): make them with `gansmith explore RUN directions`"
        ) from None
    for name, one in made.items():
        if one.vector.shape != (dim,):
            raise RunError(f"direction {name!r} in {path} has shape {one.vector.shape}, this generator takes ({dim},)")
    return made
