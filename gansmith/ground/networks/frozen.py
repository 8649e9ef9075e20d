"""FreezeD: the lowest layers of a discriminator, next to the picture, keep their weights (Mo et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe


def frozen_arrays(recipe: Recipe, shapes: Mapping[str, Shape], *, planned: bool) -> list[str]:
    """The trained arrays of the discriminator that do not move, of `shapes`, which has all of them in order.

    A layer is one with a weight, and the norm behind it; a residual block is one. planned: names are those of a plan, else
    those of torch modules. Raises RecipeError for more layers than there are, but one.
    """
    count = recipe.start.frozen
    if not count:
        return []
    if recipe.discriminator.net == "hourglass":
        raise RecipeError(
            f"start.frozen = {count}: an hourglass holds its layers within one another, and none is the lowest: set "
            "start.frozen=0, or another discriminator.net"
        )
    layers: dict[str, list[str]] = {}
    for name in shapes:
        layers.setdefault(name.partition(".")[0] if planned else name.rpartition(".")[0], []).append(name)
    begun, frozen = 0, []
    for names in layers.values():
        begun += any(len(shapes[name]) > 1 for name in names)
        frozen += names if begun <= count else []
    if count >= begun:
        raise RecipeError(
            f"start.frozen = {count}: the discriminator has {begun} layers with weights, and one has to move; freeze at "
            f"most {begun - 1}"
        )
    return frozen
