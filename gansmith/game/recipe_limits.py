"""What the PyTorch engine cannot do, as far as a recipe tells: refused by name before torch is loaded."""

from __future__ import annotations

from gansmith.ground.errors import EngineError, RecipeError
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import Kind
from gansmith.parts import Parts

ARITHMETIC_FAULTS = ("constant-bias-correction", "squared-last-gradient")


def refuse_recipe(recipe: Recipe, kind: Kind, parts: Parts) -> None:
    """Raise EngineError or RecipeError for what this engine cannot do."""
    for fault in ARITHMETIC_FAULTS:
        if fault in recipe.faults:
            raise EngineError(f"the fault {fault!r} is made by hand: use engine=numpy")
    if recipe.discriminator.net == "projected" and recipe.data.pixels != "symmetric":
        raise RecipeError(
            f"data.pixels = {recipe.data.pixels!r}: the fixed network of discriminator.net = 'projected' reads pixels in "
            "[-1, 1]: set data.pixels=symmetric"
        )
    for key, chosen, name in (
        ("regularizer.name", recipe.regularizer.name, "regularizer"),
        ("augment.name", recipe.augment.name, "augmentation"),
    ):
        if chosen == "own" and getattr(parts, name) is None:
            raise RecipeError(
                f"{key} = 'own' stands for one of yours: give it with --with FILE, or from Python with "
                f"parts=Parts({name}=...)"
            )
    if recipe.augment.name not in ("none", "own") and not kind.pixels:
        raise RecipeError(
            f"augment.name = {recipe.augment.name!r} changes pictures, these items are {kind.many}: set augment.name=none"
        )
