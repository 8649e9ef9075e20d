"""Directions: what to add to a latent to change one thing.

regress     linear regression of measured traits on latents
principal   principal components of the first layer's activations, regressed on latents (GANSpace, 2020)
factorise   singular vectors of the first layer's weights: they move its output most (SeFa, 2021)
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from gansmith.ground.errors import RunError
from gansmith.latent.steering import stored_vectors
from gansmith.latent.steering.survey import Survey

RIDGE = 1e-3  # of the latents' variance: keeps the regression defined when latents are few
HELD_OUT = 0.2  # share of the latents that are only used to compute R^2


@dataclass(frozen=True)
class Direction:
    """Something to add to a latent."""

    vector: np.ndarray  # float32 (dim,), length 1
    strength: float  # regression: standard deviations of the trait per unit of length; else: share of the variance
    explained: float  # regression: R^2 on held-out latents; else: share of the variance up to this direction
    kind: str  # regression, principal, factorised


@dataclass(frozen=True)
class Regression:
    """Traits as a linear function of latents."""

    traits: tuple[str, ...]
    coefficients: np.ndarray  # (traits, dim): standard deviations of the trait per unit of a coordinate
    explained: np.ndarray  # (traits,) R^2 on held-out latents


def regress(survey: Survey) -> Regression:
    """Ridge regression of a survey's traits on its latents."""
    names = tuple(survey.standard)
    latents = survey.latents.astype(np.float64)
    values = np.stack([survey.standard[name] for name in names], axis=1)  # (N, traits)
    held = max(1, round(len(latents) * HELD_OUT))
    centred = latents[:held] - latents[held:].mean(axis=0)
    missed = values[:held] - values[held:].mean(axis=0) - centred @ _ridge(latents[held:], values[held:]).T
    spread = values[:held] - values[:held].mean(axis=0)
    explained = 1 - (missed**2).sum(axis=0) / np.maximum((spread**2).sum(axis=0), 1e-12)
    return Regression(names, _ridge(latents, values), explained)


def _ridge(latents: np.ndarray, values: np.ndarray) -> np.ndarray:
    centred = latents - latents.mean(axis=0)
    gram = centred.T @ centred
    gram += np.eye(len(gram)) * (RIDGE * np.trace(gram) / len(gram))
    return np.linalg.solve(gram, centred.T @ (values - values.mean(axis=0))).T


def as_directions(regression: Regression) -> dict[str, Direction]:
    """One direction per trait, named after it."""
    made: dict[str, Direction] = {}
    for name, row, explained in zip(regression.traits, regression.coefficients, regression.explained, strict=True):
        strength = float(np.linalg.norm(row))
        made[name] = Direction(
            (row / max(strength, 1e-12)).astype(np.float32), strength, float(explained), "regression"
        )
    return made


def without(direction: Direction, others: Sequence[Direction]) -> Direction:
    """The part of a direction that is orthogonal to the others (conditional projection, Shen et al. 2020).

    Raises RunError where nothing is left.
    """
    if not others:
        return direction
    span = np.stack([other.vector for other in others]).astype(np.float64)
    vector = direction.vector.astype(np.float64)
    vector = vector - np.linalg.lstsq(span.T, vector, rcond=None)[0] @ span
    left = float(np.linalg.norm(vector))
    if left < 1e-3:
        raise RunError("nothing is left of this direction without the others: they are the same; use fewer traits")
    return dataclasses.replace(direction, vector=(vector / left).astype(np.float32), strength=direction.strength * left)


def cosines(directions: Mapping[str, Direction]) -> dict[str, dict[str, float]]:
    """The cosine between every two directions: how much moving along one moves along the other."""
    return {
        a: {b: float(one.vector @ other.vector) for b, other in directions.items()} for a, one in directions.items()
    }


def principal(latents: np.ndarray, activations: np.ndarray, count: int) -> dict[str, Direction]:
    """Directions in latents (N, dim) that follow the main components of activations (N, features).

    Each component's coordinate is regressed on the latents, as GANSpace does for networks without a mapping network.
    """
    centred = activations.astype(np.float64) - activations.mean(axis=0)
    wide = centred.shape[1] > len(centred)
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    if wide:
        vectors = centred.T @ vectors / np.sqrt(np.maximum(values, 1e-12))
    order = np.argsort(values)[::-1][: min(count, latents.shape[1])]
    shares = values[order] / max(values.sum(), 1e-12)
    return _named("principal", _ridge(latents.astype(np.float64), centred @ vectors[:, order]), shares)


def factorise(weight: np.ndarray, count: int) -> dict[str, Direction]:
    """Directions that move the first layer's output most: weight (features, dim), the layer's norm included."""
    matrix = weight.astype(np.float64)
    if (
        len(matrix) > matrix.shape[1]
    ):  # a triangle with the same singular values and rows, of which far fewer are to be found
        matrix = np.linalg.qr(matrix, mode="r")
    _, values, rows = np.linalg.svd(matrix, full_matrices=False)
    shares = values**2 / max(float((values**2).sum()), 1e-12)
    return _named("factorised", rows[:count], shares[:count])


def _named(kind: str, rows: np.ndarray, shares: np.ndarray) -> dict[str, Direction]:
    """Unit vectors from rows (K, dim); the sign makes each one's largest coordinate positive."""
    made: dict[str, Direction] = {}
    for index, (row, share) in enumerate(zip(rows, shares, strict=True)):
        row = row / max(float(np.linalg.norm(row)), 1e-12)
        row = row * np.sign(row[np.argmax(np.abs(row))] or 1)
        made[f"{kind}-{index + 1}"] = Direction(
            row.astype(np.float32), float(share), float(shares[: index + 1].sum()), kind
        )
    return made


def save(directions: Mapping[str, Direction], path: Path) -> None:
    """Write directions as safetensors: a vector each; the metadata holds the rest as JSON."""
    metadata = {
        name: json.dumps({"strength": one.strength, "explained": one.explained, "kind": one.kind})
        for name, one in directions.items()
    }
    save_file({name: np.ascontiguousarray(one.vector) for name, one in directions.items()}, path, metadata)


def load(path: Path, dim: int) -> dict[str, Direction]:
    """Read directions of latents (dim,). Raises RunError when the file is damaged or does not fit."""
    return {
        name: Direction(vector, float(facts["strength"]), float(facts["explained"]), str(facts["kind"]))
        for name, (vector, facts) in stored_vectors.read(path, dim, "directions", "directions").items()
    }
