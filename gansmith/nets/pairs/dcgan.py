"""The DCGAN pair (Radford et al. 2015): transposed convolutions up to the picture, strided convolutions down from it.

    generator        latents [+ label] -> `dense` ... -> widths[0] at the lowest size -> widths[1] ... -> picture
    discriminator    picture [+ label maps] -> widths[0] -> widths[1] ... -> flat -> `dense` ... -> one logit

The i-th of `kernels` and `strides` belongs to the i-th convolution. Sizes need not be multiples of the strides, nor
square: each size is that of the next layer over its stride, rounded up, as with TensorFlow's SAME padding, and a
generator's layer is the exact adjoint of the discriminator's.
"""

from __future__ import annotations

from math import ceil, prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Shape
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets.pairs.blocks import Stack


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> (channels, height, width)."""
    stack = Stack("generator", settings, (latent_dim,), classes)
    shapes = pyramid(item_shape, settings.widths, stack.strides)
    stack.input_label()
    for width in settings.dense:
        stack.linear(width, bias=stack.bias)
        stack.hidden(None, normed=stack.normed)
    first_maps(stack, shapes[0], norm_flat=settings.norm_flat)
    transposed_convolutions(stack, shapes)
    stack.output()
    return stack.plan()


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1,)."""
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.input_label()
    strided_convolutions(stack)
    for width in settings.dense:
        stack.linear(width, bias=stack.bias)
        stack.hidden(None, normed=stack.normed)
    stack.logit()
    return stack.plan()


def first_maps(stack: Stack, shape: Shape, *, norm_flat: bool = False) -> None:
    """A dense layer to the maps of the lowest size. norm_flat: its norm takes each number as a feature."""
    stack.linear(prod(shape), bias=stack.bias)
    if norm_flat:
        stack.hidden(0, normed=stack.normed)
    stack.add(Reshape(shape))
    if not norm_flat:
        stack.hidden(0, normed=stack.normed)


def transposed_convolutions(stack: Stack, shapes: list[Shape]) -> None:
    """From the lowest of `shapes` to the last."""
    for index, (kernel, stride) in enumerate(zip(stack.kernels, stack.strides, strict=True)):
        last = index == len(shapes) - 2
        stack.conv_transpose(shapes[index + 1], kernel, stride, bias=stack.settings.bias if last else stack.bias)
        if not last:
            stack.hidden(index + 1, normed=stack.normed)


def strided_convolutions(stack: Stack) -> None:
    """From the picture down, to `widths` channels."""
    check_pictures(stack.shape)
    settings = stack.settings
    for index, (width, kernel, stride) in enumerate(zip(settings.widths, stack.kernels, stack.strides, strict=True)):
        normed = stack.normed and (index > 0 or settings.norm_first)
        stack.conv(width, kernel, stride, bias=settings.bias and not normed)
        stack.hidden(index, normed=normed)


def pyramid(item_shape: Shape, widths: tuple[int, ...], strides: tuple[int, ...]) -> list[Shape]:
    """Shapes from the lowest to the picture: widths[0] at the lowest size ... channels at the full size."""
    check_pictures(item_shape)
    if not widths:
        raise RecipeError(
            "generator.widths is []: a dcgan generator needs at least one, as in generator.widths=[64, 32]"
        )
    sizes = [item_shape[1:]]
    for stride in reversed(strides):
        sizes.insert(0, (ceil(sizes[0][0] / stride), ceil(sizes[0][1] / stride)))
    if min(sizes[0]) < 2:
        raise RecipeError(
            f"{len(strides)} convolutions of strides {list(strides)} shrink {item_shape[2]}x{item_shape[1]} pictures "
            f"to {sizes[0][1]}x{sizes[0][0]}: use fewer widths or smaller strides"
        )
    channels = (*widths, item_shape[0])
    return [(c, *size) for c, size in zip(channels, sizes, strict=True)]


def check_pictures(item_shape: Shape) -> None:
    """Refuse vectors with a RecipeError."""
    if len(item_shape) != 3:
        raise RecipeError("net = 'dcgan' makes pictures, and these items are vectors: use net = 'dense'")
