"""A recipe and data of a kind that it is not for: which recipe is, and the command that trains it."""

from __future__ import annotations

from dataclasses import replace

from gansmith import kinds
from gansmith import recipes as cookbook
from gansmith.data import sources
from gansmith.ground.errors import DataError, GansmithError, RecipeError, as_typed, typed
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import Kind


def for_others(recipe: Recipe, kind: Kind) -> str:
    """What is said where data is of a kind that has a recipe of its own."""
    title = sources.short_name(recipe.data.source)
    return (
        f"{title} holds {kind.many}, and recipe {recipe.name} is for others: train the recipe {kind.recipe} instead, "
        f"`{way(recipe, kind)}`"
    )


def way(recipe: Recipe, kind: Kind) -> str:
    """The command that trains on the recipe's data, which is of this kind."""
    return typed("train", kind.recipe, "--data", as_typed(recipe.data.source))


def refused(recipe: Recipe, error: DataError) -> GansmithError:
    """What is said where the data cannot be read under a recipe: of what kind it is by itself, where the recipe alone asks for
    another one. An error that has another cause, and that of a `data.kind` which the user wrote, stays."""
    asked = recipe.data.kind
    own = recipe.name in cookbook.names() and cookbook.load(recipe.name).data.kind == asked
    if asked == "auto" or "data.kind" in recipe.given or not own:
        return error
    plain = replace(recipe.data, kind="auto")
    try:
        listing = sources.find(plain, recipe.seed).read()
    except DataError as plainly:
        claimed = sources.claimed(plain)
        return error if claimed is None or claimed.name == asked else plainly
    found = listing.kind_of_items
    if found.name == asked:
        return error
    if listing.items is None or listing.units is not None:
        wanted = kinds.named(asked).many
        return RecipeError(
            f"{listing.title} holds {found.many}, and recipe {recipe.name} is for {wanted}: `{way(recipe, found)}`"
        )
    return RecipeError(
        f"recipe {recipe.name} cannot learn this ({error}); as it is, {listing.title} holds {found.many}: "
        f"`{way(recipe, found)}`"
    )
