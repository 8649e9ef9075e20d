"""Penalties on the gradient of the discriminator with respect to its input, added to its loss.

r1, r2              gamma/2 x mean over items of |dD(x)/dx|^2, at real or at generated items (Mescheder et al. 2018)
gradient-penalty    gamma x mean of (|dD(x)/dx| - 1)^2, at points drawn between real and generated items (Gulrajani et
                    al. 2017)

x are pixels as the network sees them. With sigma = 0 the gradient is exact, which needs a second derivative. With
sigma > 0, r1 and r2 compare the logits at x and at x + e, where e is N(0, sigma) in every number: the mean of
(D(x + e) - D(x))^2 / sigma^2 is |dD/dx|^2 if D is linear within sigma of x; otherwise its curvature adds to it. One e an
item and turn is drawn; the mean over e comes from the many turns.

Lazy regularisation (Karras et al. 2020) takes a penalty every `interval` turns, times the interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.game.inputs.update import TurnInputs
from gansmith.ground.draws import Pass
from gansmith.ground.penalties import WHERE, Where
from gansmith.ground.recipes.settings import RegularizerName, RegularizerSettings
from gansmith.nets.network import DiscriminatorOutput
from gansmith.parts import Regularizer

Outputs = tuple[DiscriminatorOutput, DiscriminatorOutput, list[DiscriminatorOutput]]
"""The discriminator's outputs on real items, on generated ones, and on a penalty's points."""
Point = tuple[Pass, Tensor]
"""Items (B, ...) at which a penalty looks, and whose labels and dropout masks are theirs."""


def zero_gradient(logits: Tensor, items: Tensor) -> Tensor:
    """Mean of |gradient|^2 / 2."""
    return squared_gradient_norm(logits, items) / 2


def unit_gradient(logits: Tensor, items: Tensor) -> Tensor:
    """Mean of (|gradient| - 1)^2. The square is clamped from below: sqrt has no finite derivative at 0."""
    return (squared_norms(logits, items).clamp_min(1e-24).sqrt() - 1).square().mean()


def squared_gradient_norm(logits: Tensor, items: Tensor) -> Tensor:
    """mean over items of |d logit_i / d item_i|^2, differentiable. logits (B,), items (B, ...)."""
    return squared_norms(logits, items).mean()


def squared_norms(logits: Tensor, items: Tensor) -> Tensor:
    """|d logit_i / d item_i|^2 (B,), in at least float32."""
    (gradient,) = torch.autograd.grad(logits.sum(), items, create_graph=True)
    gradient = gradient if gradient.dtype == torch.float64 else gradient.float()
    return gradient.square().flatten(1).sum(1)


def finite_difference(at_rest: Tensor, moved: Tensor, sigma: float) -> Tensor:
    """Half of the mean over items of ((D(x + e) - D(x)) / sigma)^2, from the logits (B,) at both places."""
    return ((moved - at_rest) / sigma).square().mean() / 2


REGULARIZERS: dict[RegularizerName, Callable[[Tensor, Tensor], Tensor]] = {
    "none": zero_gradient,
    "r1": zero_gradient,
    "r2": zero_gradient,
    "r1+r2": zero_gradient,
    "gradient-penalty": unit_gradient,
    "own": zero_gradient,  # stands for the user's: see `step.own_penalty`
}
"""What a regularizer asks of the exact gradient, without gamma: of(logits (B,), items (B, ...)) -> (). `WHERE` says of
which items."""


@dataclass(frozen=True)
class Penalty:
    """The regularizer of a recipe, as the discriminator's step uses it: first `places`, then `value`."""

    settings: RegularizerSettings
    own: Regularizer | None = None  # the user's

    @property
    def at(self) -> tuple[Where, ...]:
        """Where it is taken."""
        return WHERE[self.settings.name]

    def prepare(self, real: Tensor, fake: Tensor, x: TurnInputs) -> tuple[Tensor, Tensor, list[Point]]:
        """Real and generated items (B, ...), asking for their gradients where the penalty needs those, and further
        points at which it looks."""
        points: list[Point] = []
        if (sigma := self.settings.sigma) > 0:
            items: dict[Pass, Tensor] = {"real": real, "fake": fake}
            for where, step in x.directions.items():
                points.append((where, items[where].detach().to(step.dtype) + sigma * step))
            return real, fake, points
        at = self.at if x.penalty_due else ()
        if "between" in at:
            assert x.shares is not None
            shares = x.shares.view(-1, *(1,) * (real.ndim - 1))  # one a row
            points = [("real", torch.lerp(real.detach(), fake.detach().to(shares.dtype), shares).requires_grad_())]
        real = real.detach().requires_grad_() if "real" in at else real
        fake = fake.detach().requires_grad_() if "fake" in at and not fake.requires_grad else fake
        return real, fake, points

    def value(
        self,
        real: Tensor,
        fake: Tensor,
        points: list[Point],
        outputs: Outputs,
    ) -> Tensor:
        """The penalty (), gamma included, from the items and points of `prepare` and the discriminator's outputs there."""
        on_real, on_fake, on_points = outputs
        of = REGULARIZERS[self.settings.name]
        parts: list[Tensor] = []
        for index, where in enumerate(self.at):
            on_items, items = (on_fake, fake) if where == "fake" else (on_real, real)
            if self.settings.sigma > 0:
                parts.append(finite_difference(on_items.overall, on_points[index].overall, self.settings.sigma))
            elif where == "between":
                parts.append(of(on_points[0].overall, points[0][1]))
            else:
                parts.append(of(on_items.overall, items))
        return torch.stack(parts).sum() * self.settings.gamma
