"""Hamiltonian Monte Carlo, many chains at once (Duane et al. 1987; Neal 2011)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gansmith.ground import streams

Energy = Callable[[Tensor], Tensor]  # places (B, dim) -> minus log density (B,), differentiable
TARGET = 0.75  # acceptance that the step size is tuned for: between .65 (cheapest) and safety


@dataclass(frozen=True)
class Chain:
    """How long the chains run."""

    warm_up: int = 60  # proposals while the step size is tuned; none of them is kept
    samples: int = 40  # proposals afterwards
    leaps: int = 12  # leapfrog steps in a proposal
    step: float = 0.02  # the first step size
    seed: int = 0


@dataclass(frozen=True)
class Sampled:
    """places (S, B, dim), one row per kept proposal; acceptance of those, 0 to 1, and each chain's step size (B,)."""

    places: np.ndarray
    acceptance: float
    steps: np.ndarray


def sample(
    energy: Energy, start: Tensor, chain: Chain, tell: Callable[[int, int], None] = lambda d, t: None
) -> Sampled:
    """Chains from `start` (B, dim), each with its own step size, tuned in the warm-up and then left alone."""
    place = start.detach().clone()
    steps = torch.full((len(place), 1), chain.step)
    level, slope = _value_and_slope(energy, place)
    kept: list[np.ndarray] = []
    accepted = 0.0
    total = chain.warm_up + chain.samples
    for turn in range(total):
        rng = streams.generator(chain.seed, "explore", turn + 1, 2)
        momentum = torch.as_tensor(rng.standard_normal(place.shape, dtype=np.float32))
        jitter = torch.as_tensor(rng.uniform(0.8, 1.2, (len(place), 1)).astype(np.float32))  # against closed orbits
        lot = torch.as_tensor(rng.random(len(place), dtype=np.float32))
        there, new_level, new_slope, new_momentum = _leapfrog(
            energy, place, slope, momentum, steps * jitter, chain.leaps
        )
        gain = level - new_level + (momentum**2 - new_momentum**2).sum(dim=1) / 2
        chance = torch.nan_to_num(gain, nan=-torch.inf).clamp(max=0).exp()
        taken = lot < chance
        place = torch.where(taken[:, None], there, place)
        slope = torch.where(taken[:, None], new_slope, slope)
        level = torch.where(taken, new_level, level)
        if turn < chain.warm_up:
            pace = 1.5 / (1 + turn) ** 0.5  # Robbins-Monro: ever smaller corrections
            steps = (steps * torch.exp(pace * (chance - TARGET))[:, None]).clamp(1e-5, 1.0)
        else:
            kept.append(place.numpy().copy())
            accepted += float(taken.float().mean())
        tell(turn + 1, total)
    return Sampled(np.stack(kept), accepted / max(chain.samples, 1), steps[:, 0].numpy())


def _leapfrog(
    energy: Energy, place: Tensor, slope: Tensor, momentum: Tensor, steps: Tensor, leaps: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    momentum = momentum - steps / 2 * slope
    level = torch.zeros(len(place))
    for leap in range(leaps):
        place = place + steps * momentum
        level, slope = _value_and_slope(energy, place)
        momentum = momentum - steps * (0.5 if leap == leaps - 1 else 1.0) * slope
    return place, level, slope, momentum


def _value_and_slope(energy: Energy, place: Tensor) -> tuple[Tensor, Tensor]:
    place = place.detach().requires_grad_(True)
    level = energy(place)
    (slope,) = torch.autograd.grad(level.sum(), place)
    return level.detach(), slope
