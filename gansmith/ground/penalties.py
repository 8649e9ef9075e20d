"""Where and when a regularizer of the discriminator takes its penalty: the facts that both engines share."""

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
}


def due(settings: RegularizerSettings, discriminator_turns: int) -> bool:
    """Whether a penalty is taken in the discriminator's step after so many: in every `interval`-th, the first included
    (lazy regularisation, Karras et al. 2020)."""
    return settings.name != "none" and settings.gamma > 0 and discriminator_turns % settings.interval == 0
