"""Article 000's third pair: a decoder that makes pictures from a code, and an encoder that makes a code of pictures.

    generator        latents [+ label] -> code -> widths[0] at the lowest size, enlarged and convolved ... -> picture
    discriminator    picture [+ label maps] -> strided convolutions widths ... -> code -> one verdict

The code has `bottleneck` numbers. Where the DCGAN pair has transposed convolutions, the decoder enlarges by nearest
neighbours and convolves: no checkerboard (Odena et al. 2016). The article gives no widths; these are readings of it.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Shape
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import Stack, per_layer
from gansmith.nets.dcgan import descend, pictures_only, pyramid


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> (channels, height, width)."""
    stack = Stack("generator", settings, (latent_dim,), classes)
    stack.input_label()
    code(stack)
    decode(stack, item_shape)
    stack.output()
    return Plan("generator", (latent_dim,), tuple(stack.layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1,)."""
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.input_label()
    encode(stack)
    code(stack)
    stack.verdict()
    return Plan("discriminator", item_shape, tuple(stack.layers))


def encode(stack: Stack) -> None:
    """Strided convolutions, the first without norm as in a DCGAN."""
    pictures_only(stack.shape)
    descend(stack)


def code(stack: Stack) -> None:
    """The bottleneck: everything that is known by now, in so many numbers."""
    settings, normed = stack.settings, stack.settings.norm == "batch"
    if settings.bottleneck < 1:
        raise RecipeError(f"net = {settings.net!r} needs the size of its code: set bottleneck, as in bottleneck=64")
    stack.linear(settings.bottleneck, bias=settings.bias and not normed)
    stack.hidden(None, normed=normed)


def decode(stack: Stack, item_shape: Shape, *, mirrored: bool = False) -> None:
    """From a vector to a picture of `item_shape`: enlarged by each stride, then convolved. mirrored: the settings are
    an encoder's, from the picture down."""
    settings, normed = stack.settings, stack.settings.norm == "batch"
    order = slice(None, None, -1 if mirrored else 1)
    widths = settings.widths[order]
    strides = per_layer(settings.strides, len(widths), "strides")[order]
    kernels = per_layer(settings.kernels, len(widths), "kernels")[order]
    shapes = pyramid(item_shape, widths, strides)
    bias = settings.bias and not normed
    stack.linear(prod(shapes[0]), bias=bias)
    stack.add(Reshape(shapes[0]))
    stack.hidden(0, normed=normed)
    for index, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        last = index == len(kernels) - 1
        stack.enlarge(stride, shapes[index + 1])
        stack.conv(shapes[index + 1][0], kernel, bias=settings.bias if last else bias)
        if not last:
            stack.hidden(index + 1, normed=normed)
