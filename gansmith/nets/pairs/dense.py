"""The dense pair: fully connected layers, as in articles 000 (the course net), 001, 002 and 003.

generator        latents [+ label] -> widths ... -> item
discriminator    item -> widths ... [+ label after `label_after` of them] ... -> one logit
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Shape
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets.pairs.blocks import Stack


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> item_shape."""
    stack = Stack("generator", settings, (latent_dim,), classes)
    hidden(stack)
    stack.linear(prod(item_shape))
    stack.output()
    if len(item_shape) > 1:
        stack.add(Reshape(item_shape))
    return stack.plan()


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """item_shape -> (1,)."""
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.flatten()
    hidden(stack)
    stack.logit()
    return stack.plan()


def hidden(stack: Stack) -> None:
    """The hidden layers, and the label where it joins."""
    settings = stack.settings
    if stack.conditioning == "concat" and not 0 <= settings.label_after <= len(settings.widths):
        raise RecipeError(f"label_after = {settings.label_after}: there are {len(settings.widths)} hidden layers")
    for index, width in enumerate((*settings.widths, 0)):
        if index == settings.label_after:
            stack.input_label()
        if width:
            stack.linear(width, bias=stack.bias)
            stack.hidden(index, normed=stack.normed)
