"""Whether a training could begin, as far as plans tell: nothing is built, nothing is read, and torch is not loaded."""

from __future__ import annotations

from gansmith import losses
from gansmith.by_hand import limits
from gansmith.game.recipe_limits import refuse_recipe
from gansmith.ground.networks.plan import Plan, Shape
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.checks import check
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import Kind
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.parts import NO_PARTS


def plans_of(recipe: Recipe, kind: Kind, item_shape: Shape, classes: int) -> tuple[Plan, Plan] | None:
    """Both networks' plans; None for networks of the user's own. Raises GansmithError for what its engine cannot do, and for
    settings that make no sense together.

    kind: of the data. item_shape: (channels, height, width) or (features,); classes: 0 = unlabelled.
    """
    check(recipe, recipes.flat(recipe))
    losses.check(recipe)
    if recipe.engine != "numpy":
        refuse_recipe(recipe, kind, NO_PARTS)
    if recipe.generator.net == "own":
        return None
    plans = plan_generator(recipe, item_shape, classes), plan_discriminator(recipe, item_shape, classes)
    if recipe.engine == "numpy":
        limits.refuse(recipe, plans)
    return plans
