"""Hourglasses: an encoder, a bottleneck and a decoder in one network, for either player.

    generator        a noise picture -> encoder -> code [+ label] -> decoder -> picture
    discriminator    picture [+ label maps] -> encoder -> code -> one verdict
                                                  |   \\-> decoder -> one verdict for every pixel
                                                  \\-- skips --/

The generator is the second reading of article 000's "decoder-encoder": its latents are a picture of noise, so
latent.dim is height x width, and `bottleneck` numbers are all that reaches the decoder. The discriminator is a U-Net
(Ronneberger et al. 2015) that judges the whole from its bottleneck and every pixel from its end (Schönfeld et al.
2020); the losses average both.

`widths` are the encoder's, from the picture down; the decoder has them in reverse.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Aside, Plan, Reshape, Shape, Skip
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import Stack, per_layer
from gansmith.nets.dcgan import pictures_only
from gansmith.nets.encdec import code, decode, encode


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(height x width,) -> (channels, height, width)."""
    pictures_only(item_shape)
    picture = (1, *item_shape[1:])
    if latent_dim != prod(picture):
        raise RecipeError(
            f"latent.dim = {latent_dim}: an hourglass generator's latents are a picture of noise, "
            f"{item_shape[1]} x {item_shape[2]}: set latent.dim={prod(picture)}"
        )
    stack = Stack("generator", settings, (latent_dim,), classes)
    stack.add(Reshape(picture))
    encode(stack)
    code(stack)
    stack.input_label()
    decode(stack, item_shape, mirrored=True)
    stack.output()
    return Plan("generator", (latent_dim,), tuple(stack.layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1, height, width), with the verdict on the whole aside."""
    pictures_only(item_shape)
    if settings.dropout:
        raise RecipeError("discriminator.dropout has no place in a net = 'hourglass': set discriminator.dropout=0")
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.input_label()
    _level(stack, 0)
    stack.conv(1, 1)
    stack.output()
    return Plan("discriminator", item_shape, tuple(stack.layers))


def _level(stack: Stack, index: int) -> None:
    """Down by one stride, all that lies below, and up again, beside what was there."""
    settings = stack.settings
    if index == len(settings.widths):
        _bottom(stack)
        return
    above, width = stack.shape, settings.widths[index]
    stride = per_layer(settings.strides, len(settings.widths), "strides")[index]
    kernel = per_layer(settings.kernels, len(settings.widths), "kernels")[index]
    normed = settings.norm == "batch"

    inner = stack.branch()
    first = normed and (index > 0 or settings.norm_first)
    inner.conv(width, kernel, stride, bias=settings.bias and not first)
    inner.hidden(index, normed=first)
    _level(inner, index + 1)
    inner.upward((width, *above[1:]), kernel, stride, bias=settings.bias and not normed)
    inner.hidden(index, normed=normed)
    stack.add(Skip(tuple(inner.layers)))


def _bottom(stack: Stack) -> None:
    """The code, and from it the verdict on the whole; the decoder goes on from the lowest picture."""
    aside = stack.branch()
    code(aside)
    aside.verdict()
    stack.add(Aside("logits", tuple(aside.layers)))
