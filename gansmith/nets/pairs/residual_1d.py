"""The one-dimensional residual pair for lines of text (Gulrajani et al. 2017, section 5.3): every place of a line has its own
numbers from the first layer to the last, nothing is shrunk.

    generator        latents [+ label] -> widths[0] at every place -> block ... -> channels at every place
    discriminator    line [+ label maps] -> widths[0] at every place -> block ... -> flat -> one logit

A block is x + .3 (activation, convolution, twice), with a norm before each activation where there is one. The i-th of `kernels`
belongs to the i-th block, and is as many places long. Items are (channels, 1, length). `strides` are not used.
"""

from __future__ import annotations

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Reshape, Residual, Shape
from gansmith.nets.pairs.blocks import Stack

SCALE = 0.3
"""The factor of a block's body."""


def generator(stack: Stack, item_shape: Shape) -> None:
    """(latent_dim,) -> (channels, 1, length)."""
    _check(stack, item_shape)
    channels, _, length = item_shape
    width = stack.settings.widths[0]
    stack.concat_label()
    stack.linear(width * length)
    stack.add(Reshape((width, 1, length)))
    _blocks(stack)
    stack.conv(channels, 1)
    stack.output()


def discriminator(stack: Stack) -> None:
    """(channels, 1, length) -> (1,)."""
    _check(stack, stack.shape)
    if stack.settings.norm != "none":
        raise RecipeError("discriminator.net = 'residual-1d' has no batch norm: set discriminator.norm=none")
    stack.concat_label()
    stack.conv(stack.settings.widths[0], 1)
    _blocks(stack)
    stack.logit()


def _blocks(stack: Stack) -> None:
    """A residual block to each of `widths`; where channels change, the shortcut is a convolution of one place."""
    for index, (width, kernel) in enumerate(zip(stack.settings.widths, stack.kernels, strict=True)):
        body, shortcut = stack.branch(), stack.branch()
        for _ in range(2):
            body.after_weights(index)
            body.conv(width, (1, kernel), bias=not stack.normed)
        if shortcut.shape != body.shape:
            shortcut.conv(width, 1, bias=False)
        stack.add(Residual(tuple(body.layers), tuple(shortcut.layers), SCALE))


def _check(stack: Stack, item_shape: Shape) -> None:
    if len(item_shape) != 3 or item_shape[1] != 1:
        raise RecipeError(
            f"{stack.player}.net = 'residual-1d' takes lines and signals, items of one row: set {stack.player}.net=resnet for "
            f"pictures, {stack.player}.net=dense for vectors"
        )
    if stack.settings.dropout:
        raise RecipeError(f"{stack.player}.dropout has no place in a net = 'residual-1d': set {stack.player}.dropout=0")
