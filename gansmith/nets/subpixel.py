"""The DCGAN pair with its outermost stage at half size: pixels are moved into channels and back instead of computed at
full size, where a convolution costs most and knows least (Shi et al. 2016).

    generator        latents [+ label] -> widths[0] at the lowest size -> ... -> 4 channels a colour -> picture
    discriminator    picture -> 4 channels a colour [+ label maps] -> widths[0] -> ... -> flat -> one verdict

The i-th of `kernels` and `strides` belongs to the i-th convolution, at half size; a stride of 1 keeps the size. Heights
and widths have to be even.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Shape, ToChannels, ToPixels
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import Stack, per_layer
from gansmith.nets.dcgan import climb, descend, pictures_only, pyramid

FACTOR = 2


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> (channels, height, width)."""
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    shapes = pyramid(folded(item_shape), settings.widths, strides)
    normed = settings.norm == "batch"

    stack = Stack("generator", settings, (latent_dim,), classes)
    stack.input_label()
    stack.linear(prod(shapes[0]), bias=settings.bias and not normed)
    stack.add(Reshape(shapes[0]))
    stack.hidden(0, normed=normed)
    climb(stack, shapes)
    stack.add(ToPixels(FACTOR))
    stack.output()
    return Plan("generator", (latent_dim,), tuple(stack.layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1,)."""
    folded(item_shape)
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.add(ToChannels(FACTOR))
    stack.input_label()
    descend(stack)
    stack.verdict()
    return Plan("discriminator", item_shape, tuple(stack.layers))


def folded(item_shape: Shape) -> Shape:
    """The shape after pixels were moved into channels. Raises RecipeError where a side is odd."""
    pictures_only(item_shape)
    channels, height, width = item_shape
    if height % FACTOR or width % FACTOR:
        raise RecipeError(
            f"net = 'subpixel' needs even sides, these pictures are {width}x{height}: use net=dcgan or data.size"
        )
    return channels * FACTOR**2, height // FACTOR, width // FACTOR
