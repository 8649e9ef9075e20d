"""Hamiltonian Monte Carlo, many chains at once (Duane et al. 1987; Neal 2011)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gansmith.ground import streams
from gansmith.ground.progress import Progress

Potential = Callable[[Tensor], Tensor]
"""Positions (B, dim) -> minus log density (B,), differentiable."""
WATCHED = 25  # turns from one look of `watch` to the next
ACCEPTANCE = 0.75  # that the step size is tuned for: .65 is cheapest, this is safer


def sample(
    potential: Potential,
    start: Tensor,
    seed: int = 0,
    warm_up: int = 60,
    samples: int = 40,
    leaps: int = 12,
    step: float = 0.02,
    progress: Progress = lambda done, total: None,
    watch: Callable[[Tensor], None] = lambda positions: None,
) -> tuple[np.ndarray, float]:
    """Run chains from `start` (B, dim): their samples (S, B, dim), and the share of accepted proposals, 0 to 1.

    Each chain has its own step size, first `step`; it is tuned in the warm-up, whose samples are dropped. leaps:
    leapfrog steps in a proposal. watch: is given the positions (B, dim) of every `WATCHED`-th turn.
    """
    position = start.detach().clone()
    steps = torch.full((len(position), 1), step)
    energy, gradient = _energy_and_gradient(potential, position)
    kept: list[np.ndarray] = []
    accepted = 0.0
    total = warm_up + samples
    for turn in range(total):
        rng = streams.generator(seed, "explore", turn + 1, 2)
        momentum = torch.as_tensor(rng.standard_normal(position.shape, dtype=np.float32))
        jitter = torch.as_tensor(rng.uniform(0.8, 1.2, (len(position), 1)).astype(np.float32))  # no closed orbits
        threshold = torch.as_tensor(rng.random(len(position), dtype=np.float32))
        new_position, new_energy, new_gradient, new_momentum = _leapfrog(
            potential, position, gradient, momentum, steps * jitter, leaps
        )
        gain = energy - new_energy + (momentum**2 - new_momentum**2).sum(dim=1) / 2
        probability = torch.nan_to_num(gain, nan=-torch.inf).clamp(max=0).exp()
        taken = threshold < probability
        position = torch.where(taken[:, None], new_position, position)
        gradient = torch.where(taken[:, None], new_gradient, gradient)
        energy = torch.where(taken, new_energy, energy)
        if turn < warm_up:
            correction = 1.5 / (1 + turn) ** 0.5  # Robbins-Monro: smaller and smaller
            steps = (steps * torch.exp(correction * (probability - ACCEPTANCE))[:, None]).clamp(1e-5, 1.0)
        else:
            kept.append(position.numpy().copy())
            accepted += float(taken.float().mean())
        if turn % WATCHED == 0:
            watch(position)
        progress(turn + 1, total)
    return np.stack(kept), accepted / samples


def _leapfrog(
    potential: Potential, position: Tensor, gradient: Tensor, momentum: Tensor, steps: Tensor, leaps: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    momentum = momentum - steps / 2 * gradient
    energy = torch.zeros(len(position))
    for leap in range(leaps):
        position = position + steps * momentum
        energy, gradient = _energy_and_gradient(potential, position)
        momentum = momentum - steps * (0.5 if leap == leaps - 1 else 1.0) * gradient
    return position, energy, gradient, momentum


def _energy_and_gradient(potential: Potential, position: Tensor) -> tuple[Tensor, Tensor]:
    position = position.detach().requires_grad_(True)
    energy = potential(position)
    (gradient,) = torch.autograd.grad(energy.sum(), position)
    return energy.detach(), gradient
