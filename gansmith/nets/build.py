"""Both players and the averaged generator as torch modules, from a recipe."""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import nn

from gansmith.ground import streams
from gansmith.ground.errors import RecipeError, brief, counted
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets import NetPair, plan_discriminator, plan_generator
from gansmith.nets.initial import initial_weights
from gansmith.nets.network import Network
from gansmith.nets.own import OwnNetwork


def build_players(
    recipe: Recipe, item_shape: Shape, classes: int, nets: NetPair | None, dtype: torch.dtype = torch.float32
) -> tuple[Network, Network, Network]:
    """Generator, discriminator and the averaged generator, a copy of the first, with initial weights of the seed."""
    if nets is not None:
        generator, discriminator = own_players(recipe, item_shape, classes, nets, dtype)
    else:
        generator = build_generator(recipe, item_shape, classes, dtype)
        plan = plan_discriminator(recipe, item_shape, classes)
        discriminator = Network(plan, initial_weights(plan, recipe.discriminator, recipe.seed), dtype)
    return generator, discriminator, copy.deepcopy(generator)


def build_generator(recipe: Recipe, item_shape: Shape, classes: int, dtype: torch.dtype = torch.float32) -> Network:
    """The generator alone."""
    plan = plan_generator(recipe, item_shape, classes)
    return Network(plan, initial_weights(plan, recipe.generator, recipe.seed), dtype)


def own_players(
    recipe: Recipe, item_shape: Shape, classes: int, nets: NetPair, dtype: torch.dtype
) -> tuple[Network, Network]:
    """Networks of your own. For their initial weights torch's random generator is seeded, and restored afterwards.

    Raises RecipeError where they cannot be built, or are no two modules.
    """
    with torch.random.fork_rng([]):
        torch.manual_seed(streams.word(recipe.seed, "initial"))
        try:
            pair: Any = nets.build(recipe.latent.dim, item_shape, classes)
        except Exception as error:  # it is the user's code: it may raise anything
            raise RecipeError(
                f"networks {nets.name} cannot be built for latent_dim {recipe.latent.dim}, item_shape {item_shape} and "
                f"{counted(classes, 'class', 'classes')}: {brief(error)}"
            ) from error
    if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(one, nn.Module) for one in pair)):
        raise RecipeError(
            f"networks {nets.name}: build returns {type(pair).__name__}: return two torch modules, (generator, discriminator)"
        )
    for player, module in zip(streams.PLAYERS, pair, strict=True):
        if not any(weight.requires_grad for weight in module.parameters()):
            raise RecipeError(
                f"the {player} of networks {nets.name} has no parameter to train: give it a layer with weights"
            )
    generator, discriminator = (OwnNetwork(module.to(dtype)) for module in pair)
    return cast(Network, generator), cast(Network, discriminator)
