"""The DCGAN pair (Radford et al. 2015): transposed convolutions up to the picture, strided convolutions down from it.

    generator        latents [+ label] -> `dense` ... -> widths[0] at the lowest size -> widths[1] ... -> picture
    discriminator    picture [+ label maps] -> widths[0] -> widths[1] ... -> flat -> `dense` ... -> one verdict

The i-th of `kernels` and `strides` belongs to the i-th convolution. Sizes need not be multiples of the strides, nor
square: each size is the ceiling of the next one over its stride, as TensorFlow's SAME padding has it, and a generator's
layer is the exact adjoint of the discriminator's.
"""

from __future__ import annotations

from math import ceil, prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Plan, Reshape, Shape
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import Stack, per_layer


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> (channels, height, width)."""
    shapes = pyramid(item_shape, settings.widths, per_layer(settings.strides, len(settings.widths), "strides"))
    normed = settings.norm == "batch"
    bias = settings.bias and not normed

    stack = Stack("generator", settings, (latent_dim,), classes)
    stack.input_label()
    for width in settings.dense:
        stack.linear(width, bias=bias)
        stack.hidden(None, normed=normed)
    stack.linear(prod(shapes[0]), bias=bias)
    if settings.norm_flat:
        stack.hidden(0, normed=normed)
        stack.add(Reshape(shapes[0]))
    else:
        stack.add(Reshape(shapes[0]))
        stack.hidden(0, normed=normed)
    climb(stack, shapes)
    stack.output()
    return Plan("generator", (latent_dim,), tuple(stack.layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1,)."""
    pictures_only(item_shape)
    stack = Stack("discriminator", settings, item_shape, classes)
    stack.input_label()
    descend(stack)
    for width in settings.dense:
        normed = settings.norm == "batch"
        stack.linear(width, bias=settings.bias and not normed)
        stack.hidden(None, normed=normed)
    stack.verdict()
    return Plan("discriminator", item_shape, tuple(stack.layers))


def climb(stack: Stack, shapes: list[Shape]) -> None:
    """A generator's way from the lowest of `shapes` to the last, by transposed convolutions."""
    settings, normed = stack.settings, stack.settings.norm == "batch"
    kernels = per_layer(settings.kernels, len(settings.widths), "kernels")
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    for index, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        last = index == len(kernels) - 1
        stack.upward(shapes[index + 1], kernel, stride, bias=settings.bias and (last or not normed))
        if not last:
            stack.hidden(index + 1, normed=normed)


def descend(stack: Stack) -> None:
    """A discriminator's way down from the picture, by strided convolutions to `widths`."""
    settings = stack.settings
    kernels = per_layer(settings.kernels, len(settings.widths), "kernels")
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    for index, (width, kernel, stride) in enumerate(zip(settings.widths, kernels, strides, strict=True)):
        normed = settings.norm == "batch" and (index > 0 or settings.norm_first)
        stack.conv(width, kernel, stride, bias=settings.bias and not normed)
        stack.hidden(index, normed=normed)


def pyramid(item_shape: Shape, widths: tuple[int, ...], strides: tuple[int, ...]) -> list[Shape]:
    """Shapes from the lowest to the picture: widths[0] at the lowest size ... channels at the full size."""
    pictures_only(item_shape)
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


def pictures_only(item_shape: Shape) -> None:
    """Refuse vectors."""
    if len(item_shape) != 3:
        raise RecipeError("net = 'dcgan' makes pictures, and these items are vectors: use net = 'dense'")
