"""Parts of the user's own are tried once, before the first update: what is wrong is said in one line, by the part's name.

A mistake that makes a training meaningless is refused. What may be meant so is only remarked on. The trial leaves no trace:
buffers, gradients and random generators are as they were.
"""

from __future__ import annotations

from gansmith.game.probe import functions
from gansmith.game.probe.networks import networks
from gansmith.game.probe.trial import Trial
from gansmith.game.step import Gan
from gansmith.ground.networks.plan import Shape
from gansmith.kinds import Kind
from gansmith.parts import Parts


def probe(gan: Gan, parts: Parts, item_shape: Shape, classes: int, kind: Kind) -> list[str]:
    """Try the parts of the user's own. Returns remarks; raises RecipeError for a mistake."""
    if not (parts.nets or parts.loss or parts.regularizer or parts.augmentation):
        return []
    trial = Trial(gan, item_shape, classes, pixels=kind.pixels)
    remarks: list[str] = []
    if parts.nets is not None:
        remarks += networks(trial, parts.nets.name)
    if parts.augmentation is not None:
        functions.augmentation(trial, parts.augmentation.name)
    if parts.loss is not None:
        functions.loss(trial, parts.loss.name)
    if parts.regularizer is not None:
        functions.regularizer(trial, parts.regularizer.name)
        gamma, interval = gan.recipe.regularizer.gamma, gan.recipe.regularizer.interval
        if (gamma, interval) != (1, 1):
            every = f"in one of {interval} steps, times {interval}" if interval > 1 else "in every step"
            remarks.append(
                f"regularizer {parts.regularizer.name}: {every}, and times regularizer.gamma = {gamma:g}, as the recipe says"
            )
    dealt = gan.ranks is not None or gan.micro_batch > 0
    if dealt and parts.augmentation is not None:
        remarks.append(
            f"augmentation {parts.augmentation.name}: each part of a batch has draws of its own, so that this is not the very "
            "training of one process and whole batches"
        )
    return remarks
