"""The networks: `pairs` plans generators and discriminators, `network` and `layers` run a plan in torch.

`NETS` is the table of pairs: a new pair is a file in `pairs` and a row. Plans and initial weights need no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Shape
from gansmith.ground.recipes.settings import NetSettings, Recipe
from gansmith.nets.pairs import dcgan, dense, encdec, hourglass, projected, resnet, subpixel
from gansmith.nets.pairs.blocks import Stack

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class PlanPair:
    """How a pair is planned. Both functions append a player's layers to a stack that has the shape of its input."""

    generator_layers: Callable[[Stack, Shape], None]  # (stack, item shape)
    discriminator_layers: Callable[[Stack], None]

    def generator(self, settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
        """The plan; item_shape is (channels, height, width) or (features,); classes 0 = unlabelled. Raises RecipeError."""
        stack = Stack("generator", settings, (latent_dim,), classes, item_shape)
        self.generator_layers(stack, item_shape)
        return stack.to_plan()

    def discriminator(self, settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
        """As for the generator."""
        stack = Stack("discriminator", settings, item_shape, classes)
        self.discriminator_layers(stack)
        return stack.to_plan()


NETS: dict[str, PlanPair] = {
    "dense": PlanPair(dense.generator, dense.discriminator),
    "dcgan": PlanPair(dcgan.generator, dcgan.discriminator),
    "subpixel": PlanPair(subpixel.generator, subpixel.discriminator),
    "encdec": PlanPair(encdec.generator, encdec.discriminator),
    "hourglass": PlanPair(hourglass.generator, hourglass.discriminator),
    "resnet": PlanPair(resnet.generator, resnet.discriminator),
    "projected": PlanPair(dcgan.generator, projected.discriminator),
}


@dataclass(frozen=True)
class NetPair:
    """Networks of your own.

    build(latent_dim, item_shape, classes) returns (generator, discriminator), two torch modules:
    generator(latents (B, latent_dim), labels int64 (B,) or None) -> (B, *item_shape) in the recipe's pixel range;
    discriminator(items, labels) -> logits (B,) or (B, 1). A module whose forward takes one argument gets no labels, so an
    nn.Sequential will do. item_shape is (channels, height, width) or (features,).
    """

    name: str
    build: Callable[[int, Shape, int], tuple[nn.Module, nn.Module]]

    def __post_init__(self) -> None:
        """Raise RecipeError where the networks themselves are given: a resumed run has to build them again."""
        if not callable(self.build):
            raise RecipeError(
                f"NetPair({self.name!r}, ...) takes a function build(latent_dim, item_shape, classes) that returns a generator "
                f"and a discriminator, not {type(self.build).__name__}: a run that is resumed builds them anew"
            )


def plan_generator(recipe: Recipe, item_shape: Shape, classes: int) -> Plan:
    """The generator's plan; item_shape (channels, height, width) or (features,), classes 0 = unlabelled."""
    return _pair(recipe.generator).generator(recipe.generator, recipe.latent.dim, item_shape, classes)


def plan_discriminator(recipe: Recipe, item_shape: Shape, classes: int) -> Plan:
    """The discriminator's plan."""
    return _pair(recipe.discriminator).discriminator(recipe.discriminator, item_shape, classes)


def _pair(settings: NetSettings) -> PlanPair:
    if settings.net == "own":
        raise RecipeError(
            "net = 'own' stands for networks of yours: give them with --with FILE, or from Python with nets=NetPair(...)"
        )
    return NETS[settings.net]
