"""The residual pair (Gulrajani et al. 2017, Mescheder et al. 2018): no batch norm in the discriminator, whatever `norm`
the generator has, so that penalties on single items keep their meaning.

    generator        latents [+ label] -> widths[0] at the lowest size -> (enlarge, block) ... -> picture
    discriminator    picture [+ label maps] -> (block, shrink) ... -> flat -> one verdict

A block is x + .1 (norm, activation, convolution, twice); where channels or sizes change, its shortcut is a 1x1
convolution. The i-th of `kernels` and `strides` belongs to the i-th block.
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Residual, Shape
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import Stack, per_layer
from gansmith.nets.dcgan import pictures_only, pyramid

SCALE = 0.1
"""What a block's body counts for: deep stacks begin near the identity (Mescheder et al. 2018)."""


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> (channels, height, width)."""
    _without_dropout(settings, "generator")
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    kernels = per_layer(settings.kernels, len(settings.widths), "kernels")
    shapes = pyramid(item_shape, settings.widths, strides)
    stack = Stack("generator", settings, (latent_dim,), classes)
    stack.input_label()
    stack.linear(prod(shapes[0]))
    stack.add(Reshape(shapes[0]))
    for index, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        last = index == len(kernels) - 1
        stack.enlarge(stride, shapes[index + 1])
        width = settings.widths[-1] if last else shapes[index + 1][0]
        block(stack, index, width, kernel, 1, normed=settings.norm == "batch")
    stack.hidden(len(settings.widths) - 1, normed=settings.norm == "batch")
    stack.conv(item_shape[0], kernels[-1])
    stack.output()
    return Plan("generator", (latent_dim,), tuple(stack.layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1,)."""
    pictures_only(item_shape)
    _without_dropout(settings, "discriminator")
    if settings.norm != "none":
        raise RecipeError("discriminator.net = 'resnet' has no batch norm: set discriminator.norm=none")
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    kernels = per_layer(settings.kernels, len(settings.widths), "kernels")
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.input_label()
    stack.conv(settings.widths[0], kernels[0])
    for index, (width, kernel, stride) in enumerate(zip(settings.widths, kernels, strides, strict=True)):
        block(stack, index, width, kernel, stride, normed=False)
    stack.activate(len(settings.widths) - 1)
    stack.verdict()
    return Plan("discriminator", item_shape, tuple(stack.layers))


def block(stack: Stack, index: int, width: int, kernel: int, stride: int, *, normed: bool) -> None:
    """One residual block from what there is to `width` channels; the second convolution has the stride."""
    body = stack.branch()
    body.hidden(index, normed=normed)
    body.conv(width, kernel, bias=not normed)
    body.hidden(index, normed=normed)
    body.conv(width, kernel, stride)
    shortcut = stack.branch()
    if shortcut.shape != body.shape:
        shortcut.conv(width, 1, stride, bias=False)
    stack.add(Residual(tuple(body.layers), tuple(shortcut.layers), SCALE))


def _without_dropout(settings: NetSettings, player: str) -> None:
    if settings.dropout:
        raise RecipeError(f"{player}.dropout has no place in a net = 'resnet': set {player}.dropout=0")
