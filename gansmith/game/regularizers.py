"""Penalties on the slope of the discriminator, taken in its turn.

r1, r2              gamma/2 x mean over items of |dD(x)/dx|^2, at real or at generated items (Mescheder et al. 2018)
gradient-penalty    gamma x mean of (|dD(x)/dx| - 1)^2, at points drawn between real and generated items (Gulrajani et
                    al. 2017)

x are pixels as the network sees them. With sigma > 0, r1 and r2 need no second derivative: over steps e of N(0, sigma) a
number, the mean of (D(x + e) - D(x))^2 / sigma^2 is |dD/dx|^2 where D is straight, and where it is not it sees the bends
within sigma, too. One step an item and turn is taken; the mean is left to the turns.

Lazy regularisation (Karras et al. 2020) takes a penalty every `interval` turns, times the interval.
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
    """At which items a regularizer looks, and what it asks there, without gamma: of(verdicts (B,), items (B, ...))."""

    at: tuple[Where, ...]
    of: Callable[[Tensor, Tensor], Tensor]


def flat(verdicts: Tensor, items: Tensor) -> Tensor:
    """Mean of |gradient|^2 / 2."""
    return squared_gradient_norm(verdicts, items) / 2


def of_slope_one(verdicts: Tensor, items: Tensor) -> Tensor:
    """Mean of (|gradient| - 1)^2. The root of an exact zero has no slope: none is taken there."""
    return (squared_norms(verdicts, items).clamp_min(1e-24).sqrt() - 1).square().mean()


def squared_gradient_norm(verdicts: Tensor, items: Tensor) -> Tensor:
    """mean over items of |d verdict_i / d item_i|^2, differentiable. verdicts (B,), items (B, ...)."""
    return squared_norms(verdicts, items).mean()


def squared_norms(verdicts: Tensor, items: Tensor) -> Tensor:
    """|d verdict_i / d item_i|^2 (B,), in at least float32."""
    (gradient,) = torch.autograd.grad(verdicts.sum(), items, create_graph=True)
    gradient = gradient if gradient.dtype == torch.float64 else gradient.float()
    return gradient.square().flatten(1).sum(1)


def squared_slope(at_rest: Tensor, moved: Tensor, sigma: float) -> Tensor:
    """Half of the mean over items of ((D(x + e) - D(x)) / sigma)^2, from the verdicts (B,) at both places."""
    return ((moved - at_rest) / sigma).square().mean() / 2


REGULARIZERS: dict[RegularizerName, Penalty] = {
    "none": Penalty((), flat),
    "r1": Penalty(("real",), flat),
    "r2": Penalty(("fake",), flat),
    "r1+r2": Penalty(("real", "fake"), flat),
    "gradient-penalty": Penalty(("between",), of_slope_one),
}


def due(settings: RegularizerSettings, discriminator_turns: int) -> bool:
    """Whether the penalty is taken in the turn after so many."""
    return settings.name != "none" and settings.gamma > 0 and discriminator_turns % settings.interval == 0
