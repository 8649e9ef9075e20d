"""Article 000's third pair: a decoder that makes a picture from a code, and an encoder that makes a code of a picture.

    generator        latents [+ label] -> code -> widths[0] at the lowest size, upsampled and convolved ... -> picture
    discriminator    picture [+ label maps] -> strided convolutions widths ... -> code -> one logit

The code has `bottleneck` numbers. Where the DCGAN pair has transposed convolutions, the decoder upsamples by nearest
neighbours and convolves: no checkerboard (Odena et al. 2016). The article gives no widths; these are our reading of it.
"""

from __future__ import annotations

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Shape
from gansmith.nets.pairs.blocks import Stack
from gansmith.nets.pairs.dcgan import first_maps, pyramid, strided_convolutions


def generator(stack: Stack, item_shape: Shape) -> None:
    """(latent_dim,) -> (channels, height, width)."""
    stack.concat_label()
    code(stack)
    decode(stack, item_shape)
    stack.output()


def discriminator(stack: Stack) -> None:
    """(channels, height, width) -> (1,)."""
    stack.concat_label()
    strided_convolutions(stack)
    code(stack)
    stack.logit()


def code(stack: Stack) -> None:
    """A dense layer to the few numbers of the bottleneck."""
    settings = stack.settings
    if settings.bottleneck < 1:
        raise RecipeError(f"net = {settings.net!r} needs the size of its code: set bottleneck, as in bottleneck=64")
    stack.hidden_linear(settings.bottleneck)


def decode(stack: Stack, item_shape: Shape, *, mirrored: bool = False) -> None:
    """From a vector to a picture of `item_shape`: upsampled by each stride, then convolved.

    mirrored: the settings are an encoder's, from the picture down.
    """
    order = slice(None, None, -1 if mirrored else 1)
    strides, kernels = stack.strides[order], stack.kernels[order]
    shapes = pyramid(item_shape, stack.settings.widths[order], strides)
    first_maps(stack, shapes[0])
    for index, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        last = index == len(kernels) - 1
        stack.upsample(stride, shapes[index + 1])
        stack.conv(shapes[index + 1][0], kernel, bias=stack.settings.bias if last else stack.bias)
        if not last:
            stack.after_weights(index + 1)
