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

import torch
from torch import Tensor

from gansmith.ground.penalties import WHERE, Where
from gansmith.ground.penalties import due as due
from gansmith.ground.settings import RegularizerName


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
    "none": Penalty(WHERE["none"], flat),
    "r1": Penalty(WHERE["r1"], flat),
    "r2": Penalty(WHERE["r2"], flat),
    "r1+r2": Penalty(WHERE["r1+r2"], flat),
    "gradient-penalty": Penalty(WHERE["gradient-penalty"], of_slope_one),
}
