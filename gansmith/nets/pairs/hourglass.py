"""Hourglasses: an encoder, a bottleneck and a decoder in one network, for either player.

    generator        a noise picture -> encoder -> code [+ label] -> decoder -> picture
    discriminator    picture [+ label maps] -> encoder -> code -> one logit
                                                  |   \\-> decoder -> one logit for every pixel
                                                  \\-- skips --/

The generator is a second reading of article 000's "decoder-encoder": its latents are a picture of noise, so latent.dim
is height x width, and the decoder gets only `bottleneck` numbers. The discriminator is a U-Net (Ronneberger et al. 2015)
with a logit of the whole picture at its bottleneck and logits of the pixels at its end (Schönfeld et al. 2020); the
losses average both.

`widths` are the encoder's, from the picture down; the decoder has them in reverse.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import AuxiliaryHead, Reshape, Shape, Skip
from gansmith.nets.pairs.blocks import Stack
from gansmith.nets.pairs.dcgan import check_pictures, strided_convolutions
from gansmith.nets.pairs.encdec import code, decode


def generator(stack: Stack, item_shape: Shape) -> None:
    """(height x width,) -> (channels, height, width)."""
    check_pictures(item_shape)
    picture = (1, *item_shape[1:])
    if stack.shape != (prod(picture),):
        raise RecipeError(
            f"latent.dim = {stack.shape[0]}: an hourglass generator's latents are a picture of noise, "
            f"{item_shape[1]} x {item_shape[2]}: set latent.dim={prod(picture)}"
        )
    stack.add(Reshape(picture))
    strided_convolutions(stack)
    code(stack)
    stack.concat_label()
    decode(stack, item_shape, mirrored=True)
    stack.output()


def discriminator(stack: Stack) -> None:
    """(channels, height, width) -> (1, height, width), with the logit of the whole picture as an auxiliary head."""
    check_pictures(stack.shape)
    if stack.settings.dropout:
        raise RecipeError("discriminator.dropout has no place in a net = 'hourglass': set discriminator.dropout=0")
    stack.concat_label()
    _level(stack, 0)
    stack.conv(1, 1)
    stack.output()


def _level(stack: Stack, index: int) -> None:
    """One stride down, the levels below, and one stride up again, with a skip past all of it."""
    if index == len(stack.settings.widths):
        head = stack.branch()
        code(head)
        head.logit()
        stack.add(AuxiliaryHead("logits", tuple(head.layers)))
        return
    inner = stack.branch()
    inner.hidden_conv(index)
    target = (stack.settings.widths[index], *stack.shape[1:])
    _level(inner, index + 1)
    inner.conv_transpose(target, stack.kernels[index], stack.strides[index], bias=stack.bias)
    inner.after_weights(index)
    stack.add(Skip(tuple(inner.layers)))
