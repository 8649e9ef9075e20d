"""Penalties on the slope of the discriminator, taken in its turn.

r1, r2              gamma/2 x mean over items of |dD(x)/dx|^2, at real or at generated items (Mescheder et al. 2018)
gradient-penalty    gamma x mean of (|dD(x)/dx| - 1)^2, at points drawn between real and generated items (Gulrajani et
                    al. 2017)

x are pixels as the network sees them. Lazy regularisation (Karras et al. 2020) takes a penalty every `interval` turns,
times the interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gansmith.ground.settings import RegularizerName, RegularizerSettings

Where = Literal["real", "fake", "between"]


@dataclass(frozen=True)
class Penalty:
    """At which items a regularizer looks, and what it makes of the squared norms (B,) there, without gamma."""

    at: tuple[Where, ...]
    of: Callable[[Tensor], Tensor]


def half_square(squared_norms: Tensor) -> Tensor:
    """Mean of |g|^2 / 2."""
    return squared_norms.mean() / 2


def away_from_one(squared_norms: Tensor) -> Tensor:
    """Mean of (|g| - 1)^2. The root of an exact zero has no slope: none is taken there."""
    return (squared_norms.clamp_min(1e-24).sqrt() - 1).square().mean()


REGULARIZERS: dict[RegularizerName, Penalty] = {
    "none": Penalty((), half_square),
    "r1": Penalty(("real",), half_square),
    "r2": Penalty(("fake",), half_square),
    "r1+r2": Penalty(("real", "fake"), half_square),
    "gradient-penalty": Penalty(("between",), away_from_one),
}


def due(settings: RegularizerSettings, discriminator_turns: int) -> bool:
    """Whether the penalty is taken in the turn after so many."""
    return settings.name != "none" and settings.gamma > 0 and discriminator_turns % settings.interval == 0


def squared_gradient_norms(verdicts: Tensor, items: Tensor) -> Tensor:
    """|d verdict_i / d item_i|^2 (B,), at least float32 and differentiable. verdicts (B,), items (B, ...)."""
    (gradient,) = torch.autograd.grad(verdicts.sum(), items, create_graph=True)
    gradient = gradient if gradient.dtype == torch.float64 else gradient.float()
    return gradient.square().flatten(1).sum(1)
