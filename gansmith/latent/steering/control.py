"""Control: change a latent until its picture has the given traits, and change little else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gansmith.ground.errors import RunError, nearest
from gansmith.kinds.record import Measure
from gansmith.latent.appearance.traits import measure
from gansmith.latent.decoder import Decoder
from gansmith.latent.steering.directions import Regression
from gansmith.latent.steering.survey import Survey

MAX_STEP = 2.5  # standard deviations of each trait in one step


def steer(
    generator: Decoder,
    regression: Regression,
    survey: Survey,
    measures: Mapping[str, Measure],
    targets: Mapping[str, np.ndarray],
    latents: np.ndarray,
    labels: np.ndarray | None,
    rounds: int = 6,
) -> np.ndarray:
    """Latents (N, dim) moved as little as possible until their pictures have the traits `targets` {trait: (N,)}.

    Each round measures the pictures and moves along the regression's directions by what is missing. The regression is
    right on average only, so each round also learns how far this latent's traits really moved (Broyden 1965).
    rounds = 1 is the regression alone. Lengths are kept: latents stay on their shell. Raises RunError.
    """
    for name in targets:
        if name not in regression.traits:
            raise RunError(f"trait {name!r} was not measured for these directions{nearest(name, regression.traits)}")
    rows = [regression.traits.index(name) for name in targets]
    moves = np.linalg.pinv(regression.coefficients[rows])  # (dim, T): one standard deviation of each trait
    measures = {name: measures[name] for name in targets}

    def standard(values: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.stack([survey.scales[name].standard(values[name], labels) for name in targets], axis=1)  # (N, T)

    def traits_of(position: np.ndarray) -> np.ndarray:
        return standard(measure(generator.items(position.astype(np.float32), labels), measures))

    wanted = standard({name: np.asarray(values, np.float64) for name, values in targets.items()})
    lengths = np.linalg.norm(latents, axis=1, keepdims=True)
    position = latents.astype(np.float64)
    jacobian = np.tile(np.eye(len(targets)), (len(latents), 1, 1))  # real change per change by the regression (N, T, T)
    best, best_miss = position, np.full(len(latents), np.inf)
    before = traits_of(position)
    for _ in range(rounds):
        step = np.linalg.solve(jacobian, (wanted - before)[..., None])[..., 0].clip(-MAX_STEP, MAX_STEP)
        position = position + step @ moves.T
        position *= lengths / np.linalg.norm(position, axis=1, keepdims=True)
        after = traits_of(position)
        jacobian = _broyden(jacobian, step, after - before)
        before = after
        miss = np.linalg.norm(wanted - after, axis=1)
        better = miss < best_miss
        best, best_miss = np.where(better[:, None], position, best), np.where(better, miss, best_miss)
    return best.astype(np.float32)


def _broyden(jacobian: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Each latent's jacobian (N, T, T) corrected by its last step. Extreme corrections, due to noise, are dropped."""
    power = (step**2).sum(axis=1)[:, None, None]
    error = change - np.einsum("nij,nj->ni", jacobian, step)
    corrected = jacobian + np.einsum("ni,nj->nij", error, step) / np.maximum(power, 1e-3)
    gain = np.linalg.det(corrected)
    sane = (gain > 0.15) & (gain < 5) & (power[:, 0, 0] > 1e-3)
    return np.where(sane[:, None, None], corrected, jacobian)
