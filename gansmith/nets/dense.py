"""The dense pair: fully connected layers, as in articles 000 (the course net), 001, 002 and 003.

generator        latents [+ label] -> widths ... -> item
discriminator    item -> widths ... [+ label after `label_after` of them] ... -> one verdict
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Shape
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import Stack


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> item_shape."""
    stack = Stack("generator", settings, (latent_dim,), classes)
    hidden(stack)
    stack.linear(prod(item_shape))
    stack.output()
    if len(item_shape) > 1:
        stack.add(Reshape(item_shape))
    return Plan("generator", (latent_dim,), tuple(stack.layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """item_shape -> (1,)."""
    stack = Stack("discriminator", settings, item_shape, classes)
    if len(item_shape) > 1:
        stack.add(Reshape((prod(item_shape),)))
    hidden(stack)
    stack.verdict()
    return Plan("discriminator", item_shape, tuple(stack.layers))


def hidden(stack: Stack) -> None:
    """The hidden layers, and the label where it joins."""
    settings, normed = stack.settings, stack.settings.norm == "batch"
    if stack.conditioning == "concat" and not 0 <= settings.label_after <= len(settings.widths):
        raise RecipeError(f"label_after = {settings.label_after}: there are {len(settings.widths)} hidden layers")
    for index, width in enumerate((*settings.widths, 0)):
        if index == settings.label_after:
            stack.input_label()
        if width:
            stack.linear(width, bias=settings.bias and not normed)
            stack.hidden(index, normed=normed)
