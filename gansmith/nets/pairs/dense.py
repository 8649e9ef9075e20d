"""The dense pair: fully connected layers, as in articles 000 (the course net), 001, 002 and 003.

generator        latents [+ label] -> widths ... -> item
discriminator    item [+ the others of its pack] -> widths ... [+ label after `label_after` of them] ... -> one logit
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Reshape, Shape
from gansmith.nets.pairs.blocks import Stack


def generator(stack: Stack, item_shape: Shape) -> None:
    """(latent_dim,) -> item_shape."""
    hidden_layers(stack)
    stack.linear(prod(item_shape))
    if stack.settings.output != "softmax":
        stack.output()
    if len(item_shape) > 1:
        stack.add(Reshape(item_shape))
    if stack.settings.output == "softmax":  # over the channels of an item, which are one axis only now
        stack.output()


def discriminator(stack: Stack) -> None:
    """item_shape -> (1,)."""
    stack.flatten()
    stack.pack()
    hidden_layers(stack)
    stack.logit()


def hidden_layers(stack: Stack) -> None:
    """The hidden layers, and the label after `label_after` of them."""
    settings = stack.settings
    if stack.conditioning == "concat" and not 0 <= settings.label_after <= len(settings.widths):
        raise RecipeError(
            f"label_after = {settings.label_after}: there are {len(settings.widths)} hidden layers, so give 0 to "
            f"{len(settings.widths)}"
        )
    for index, width in enumerate((*settings.widths, 0)):
        if index == settings.label_after:
            stack.concat_label()
        if width:
            stack.hidden_linear(width, index)
