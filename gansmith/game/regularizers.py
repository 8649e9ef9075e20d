"""Penalties on the discriminator's gradient with respect to its input (Mescheder et al. 2018).

R1 is taken at real items, R2 at generated ones: gamma/2 x mean over items of |dD(x)/dx|^2, pixels as the network sees
them. Lazy regularisation (Karras et al. 2020) takes the penalty every `interval` turns, times the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.ground.settings import RegularizerName, RegularizerSettings


@dataclass(frozen=True)
class Penalised:
    """The items at which a regularizer looks."""

    real: bool
    fake: bool


REGULARIZERS: dict[RegularizerName, Penalised] = {
    "none": Penalised(real=False, fake=False),
    "r1": Penalised(real=True, fake=False),
    "r2": Penalised(real=False, fake=True),
    "r1+r2": Penalised(real=True, fake=True),
}


def due(settings: RegularizerSettings, discriminator_turns: int) -> bool:
    """Whether the penalty is taken in the turn after so many."""
    return settings.name != "none" and settings.gamma > 0 and discriminator_turns % settings.interval == 0


def squared_gradient_norm(verdicts: Tensor, items: Tensor) -> Tensor:
    """mean over items of |d verdict_i / d item_i|^2, differentiable. verdicts (B,), items (B, ...).

    Summed in float32 at least: float64 stays.
    """
    (gradient,) = torch.autograd.grad(verdicts.sum(), items, create_graph=True)
    wide = gradient if gradient.dtype == torch.float64 else gradient.float()
    return wide.square().flatten(1).sum(1).mean()
