"""Where and when the discriminator's regularizer is computed, for both engines."""

from __future__ import annotations

from typing import Literal

from gansmith.ground.recipes.settings import RegularizerName, RegularizerSettings

Where = Literal["real", "fake", "between"]
"""At real items, at generated items, or at points between a real and a generated item."""

WHERE: dict[RegularizerName, tuple[Where, ...]] = {
    "none": (),
    "r1": ("real",),
    "r2": ("fake",),
    "r1+r2": ("real", "fake"),
    "gradient-penalty": ("between",),
    "own": ("real", "fake"),
}


def due(settings: RegularizerSettings, discriminator_turns: int) -> bool:
    """Whether the penalty is computed in the next step of the discriminator, after `discriminator_turns` steps: in every
    `interval`-th, beginning with the first (lazy regularization, Karras et al. 2020)."""
    return settings.name != "none" and settings.gamma > 0 and discriminator_turns % settings.interval == 0
