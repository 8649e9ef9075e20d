"""What a run will cost and see, told from its plans before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gansmith.ground.networks.cost import operations
from gansmith.ground.settings import Recipe
from gansmith.nets import plan_discriminator, plan_generator

if TYPE_CHECKING:
    from gansmith.runs.setup import Setup

PACE = {"cpu": 2.5e11, "cuda": 5e12}
"""Operations a second, to an order of magnitude: recipe `mnist` on two processor cores, and on one large GPU."""


def update_operations(recipe: Recipe, generator: int, discriminator: int) -> int:
    """Operations of an update: a forward pass counts once, a backward pass twice, a gradient penalty four times."""
    batch, feedback = recipe.data.batch, recipe.feedback
    forward_only = 0 if feedback.latents == "same" else generator
    judge = feedback.discriminator_turns * (2 * 3 * discriminator + forward_only)
    if recipe.regularizer.name != "none":
        judge += feedback.discriminator_turns * 4 * discriminator // recipe.regularizer.interval
    advise = feedback.generator_turns * (3 * generator + 2 * discriminator)
    return batch * (judge + advise)


def looks(setup: Setup) -> float:
    """How often a run will look at each of its items; of a budget in minutes to an order of magnitude.

    It goes by the kind of the device and by no timing: the same recipe and data give the same number.
    """
    recipe, shape = setup.recipe, setup.item_shape
    images = setup.clock().total_images
    if images is None:
        plans = plan_generator(recipe, shape, 0), plan_discriminator(recipe, shape, 0)
        an_update = update_operations(recipe, *(operations(plan) for plan in plans))
        updates = recipe.budget.minutes * 60 * PACE.get(recipe.device.partition(":")[0], PACE["cpu"]) / an_update
        images = updates * recipe.feedback.discriminator_turns * recipe.data.batch
    return images / setup.store.count
