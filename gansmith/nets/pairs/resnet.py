"""The residual pair (Gulrajani et al. 2017, Mescheder et al. 2018). The discriminator never has batch norm, so that
penalties on single items keep their meaning.

    generator        latents [+ label] -> widths[0] at the lowest size -> (upsample, block) ... -> picture
    discriminator    picture [+ label maps] -> (block with stride) ... -> flat -> one logit

A block is x + `residual` (norm, activation, convolution, twice): with the default .1, deep stacks start near the identity. Where
channels or sizes change, its shortcut is a 1x1 convolution. The i-th of `kernels` and `strides` belongs to the i-th block.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Reshape, Residual, Shape
from gansmith.nets.pairs.blocks import Stack
from gansmith.nets.pairs.dcgan import check_pictures, pyramid
from gansmith.nets.pairs.mapping import map_latent


def generator(stack: Stack, item_shape: Shape) -> None:
    """(latent_dim,) -> (channels, height, width)."""
    _refuse_dropout(stack)
    settings = stack.settings
    shapes = pyramid(item_shape, settings.widths, stack.strides)
    map_latent(stack)
    stack.concat_label()
    stack.linear(prod(shapes[0]))
    stack.add(Reshape(shapes[0]))
    widths = *settings.widths[1:], settings.widths[-1]
    for index, (width, kernel, stride) in enumerate(zip(widths, stack.kernels, stack.strides, strict=True)):
        stack.upsample(stride, shapes[index + 1])
        block(stack, index, width, kernel)
    stack.after_weights(len(settings.widths) - 1)
    stack.conv(item_shape[0], stack.kernels[-1])
    stack.output()


def discriminator(stack: Stack) -> None:
    """(channels, height, width) -> (1,)."""
    check_pictures(stack.shape)
    _refuse_dropout(stack)
    settings = stack.settings
    if settings.norm != "none":
        raise RecipeError("discriminator.net = 'resnet' has no batch norm: set discriminator.norm=none")
    stack.concat_label()
    stack.conv(settings.widths[0], stack.kernels[0])
    for index, (width, kernel, stride) in enumerate(zip(settings.widths, stack.kernels, stack.strides, strict=True)):
        block(stack, index, width, kernel, stride)
        stack.shuffle_phase(index)
    stack.activate(len(settings.widths) - 1)
    stack.logit()


def block(stack: Stack, index: int, width: int, kernel: int, stride: int = 1) -> None:
    """One residual block to `width` channels; the second convolution has the stride."""
    body, shortcut = stack.branch(), stack.branch()
    body.after_weights(index)
    body.conv(width, kernel, bias=not stack.normed)
    body.after_weights(index)
    body.conv(width, kernel, stride)
    if shortcut.shape != body.shape:
        shortcut.conv(width, 1, stride, bias=False)
    stack.add(Residual(tuple(body.layers), tuple(shortcut.layers), stack.settings.residual))


def _refuse_dropout(stack: Stack) -> None:
    if stack.settings.dropout:
        raise RecipeError(f"{stack.player}.dropout has no place in a net = 'resnet': set {stack.player}.dropout=0")
