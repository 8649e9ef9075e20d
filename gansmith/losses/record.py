"""What a loss is: one record with its functions for each engine, and the facts that other rooms need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"  # only a name: the report, the doctor and the NumPy engine do not import torch
Target: TypeAlias = "torch.Tensor | float"
Array = np.ndarray
LossAndGradient = tuple[float, Array]  # a mean loss, and its gradient with respect to the logits (B,)
NumpyPart = Callable[[Array, Array | float], LossAndGradient]
"""(logits (B,), target) -> loss and gradient; the target is a number or (B,)."""


@dataclass(frozen=True)
class Targets:
    """The targets of the players' losses: numbers, or tensors (B,) where they are drawn for each item."""

    real: Target = 1.0
    fake: Target = 0.0
    generator: Target = 1.0

    def for_pixels(self) -> Targets:
        """The same targets for logits (B, H, W)."""
        three = (self.real, self.fake, self.generator)
        return Targets(*(t if isinstance(t, float | int) else t[:, None, None] for t in three))


@dataclass(frozen=True)
class NumpyLoss:
    """A loss for the NumPy engine. The discriminator minimises real + fake, the generator minimises generator."""

    real: NumpyPart
    fake: NumpyPart
    generator: NumpyPart


@dataclass(frozen=True)
class Loss:
    """A loss for each player.

    Logits are (B,), or (B, H, W) for each pixel. The functions for torch return one number () or one for each logit, of
    which the mean is taken. Over several processes each computes it on its own rows, so it has to be a mean over items.
    """

    discriminator: Callable[[Tensor, Tensor, Targets], Tensor]  # (real, fake, targets)
    generator: Callable[[Tensor, Tensor | None, Targets], Tensor]  # (fake, real, targets); real only if paired
    numpy: NumpyLoss | None = None  # None: only engine = "torch" computes this loss
    takes_targets: bool = False  # it trains towards targets, so smoothing them has a meaning
    paired: bool = False  # each generated item is compared with the real item of its row, in both players' losses
    threshold: float | None = 0.0  # an item with a logit above it is called real; None: above the other class's mean
    probability: bool = False  # the sigmoid of a logit is the probability that the item is real; else nobody may say so
    bounded: bool = True  # the discriminator's loss has a minimum; False: only if something bounds D's gradient
    sure_gap: float = 4.0  # from this distance of the mean logits on real and on generated items D is sure; 0: no scale
    guessing: float = 1.386  # the discriminator's loss where it cannot tell real items from generated ones
    saturates: bool = False  # the generator's gradient vanishes where the discriminator is sure
    too_large: float | None = 25.0  # a loss of this size shows steps that are too large; None: no size shows it
    name: str = ""  # of a loss of your own

    def facts(self) -> dict[str, Any]:
        """What others need to know of it, JSON-able: all but its functions. `Loss.known(facts)` is its inverse."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in FUNCTIONS}

    @classmethod
    def known(cls, facts: Mapping[str, Any]) -> Loss:
        """A loss of which only the facts are known: report and doctor read them, nothing can be trained by it."""
        names = {each.name for each in fields(cls)} - FUNCTIONS
        return cls(_unknown, _unknown, **{name: value for name, value in facts.items() if name in names})


FUNCTIONS = {"discriminator", "generator", "numpy"}


def _unknown(real: Tensor, fake: Tensor | None, targets: Targets) -> Tensor:
    raise NotImplementedError("only the facts of this loss are known")
