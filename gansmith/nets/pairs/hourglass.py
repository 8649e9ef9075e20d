"""Hourglasses: an encoder, a bottleneck and a decoder in one network, for either player.

    generator        a noise picture -> encoder -> code [+ label] -> decoder -> picture
    discriminator    picture [+ label maps] -> encoder -> code -> one logit
                                                  |   \\-> decoder -> one logit for every pixel
                                                  \\-- skips --/

The generator is the second reading of article 000's "decoder-encoder": its latents are a picture of noise, so
latent.dim is height x width, and `bottleneck` numbers are all that reaches the decoder. The discriminator is a U-Net
(Ronneberger et al. 2015) with a logit of the whole at its bottleneck and logits of the pixels at its end (Schönfeld et
al. 2020); the losses average both.

`widths` are the encoder's, from the picture down; the decoder has them in reverse.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import AuxiliaryHead, Plan, Reshape, Shape, Skip
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets.pairs.blocks import Stack
from gansmith.nets.pairs.dcgan import check_pictures, strided_convolutions
from gansmith.nets.pairs.encdec import code, decode


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(height x width,) -> (channels, height, width)."""
    check_pictures(item_shape)
    picture = (1, *item_shape[1:])
    if latent_dim != prod(picture):
        raise RecipeError(
            f"latent.dim = {latent_dim}: an hourglass generator's latents are a picture of noise, "
            f"{item_shape[1]} x {item_shape[2]}: set latent.dim={prod(picture)}"
        )
    stack = Stack("generator", settings, (latent_dim,), classes)
    stack.add(Reshape(picture))
    strided_convolutions(stack)
    code(stack)
    stack.input_label()
    decode(stack, item_shape, mirrored=True)
    stack.output()
    return stack.plan()


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1, height, width), with the logit of the whole as an auxiliary head."""
    check_pictures(item_shape)
    if settings.dropout:
        raise RecipeError("discriminator.dropout has no place in a net = 'hourglass': set discriminator.dropout=0")
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.input_label()
    _level(stack, 0)
    stack.conv(1, 1)
    stack.output()
    return stack.plan()


def _level(stack: Stack, index: int) -> None:
    """One stride down, the levels below, and one stride up again, with a skip past all of it."""
    settings = stack.settings
    if index == len(settings.widths):
        head = stack.branch()
        code(head)
        head.logit()
        stack.add(AuxiliaryHead("logits", tuple(head.layers)))
        return
    width, kernel, stride = settings.widths[index], stack.kernels[index], stack.strides[index]
    inner = stack.branch()
    first = stack.normed and (index > 0 or settings.norm_first)
    inner.conv(width, kernel, stride, bias=settings.bias and not first)
    inner.hidden(index, normed=first)
    _level(inner, index + 1)
    inner.conv_transpose((width, *stack.shape[1:]), kernel, stride, bias=stack.bias)
    inner.hidden(index, normed=stack.normed)
    stack.add(Skip(tuple(inner.layers)))
