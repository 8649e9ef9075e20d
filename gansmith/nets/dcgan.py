"""The DCGAN pair (Radford et al. 2015): transposed convolutions up to the picture, strided convolutions down from it.

    generator        latents [+ label] -> dense to widths[0] at the lowest size -> widths[1] ... -> picture
    discriminator    picture [+ label maps] -> widths[0] -> widths[1] ... -> flat -> one verdict

The i-th of `kernels` and `strides` belongs to the i-th convolution. Sizes need not be multiples of the strides, nor
square: each size is the ceiling of the next one over its stride, as TensorFlow's SAME padding has it, and a generator's
layer is the exact adjoint of the discriminator's.
"""

from __future__ import annotations

from math import ceil, prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.plan import (
    ConcatLabels,
    Layer,
    Linear,
    Plan,
    Reshape,
    Shape,
    same_conv,
    same_transpose,
    shape_after,
)
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import after_hidden, output, per_layer


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> (channels, height, width)."""
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    kernels = per_layer(settings.kernels, len(settings.widths), "kernels")
    shapes = pyramid(item_shape, settings.widths, strides)
    normed = settings.norm == "batch"
    bias = settings.bias and not normed

    layers: list[Layer] = [ConcatLabels(classes)] if classes else []
    layers.append(Linear(latent_dim + classes, prod(shapes[0]), bias=bias, spectral=settings.spectral_norm))
    if settings.norm_flat:
        layers.extend((*after_hidden(settings, 0, prod(shapes[0]), norm=normed), Reshape(shapes[0])))
    else:
        layers.extend((Reshape(shapes[0]), *after_hidden(settings, 0, shapes[0][0], norm=normed)))
    for index, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        before, after = shapes[index], shapes[index + 1]
        last = index == len(kernels) - 1
        with_bias = settings.bias if last else bias
        layers.append(upward(before, after, kernel, stride, with_bias, settings.spectral_norm))
        if not last:
            layers.extend(after_hidden(settings, index + 1, after[0], norm=normed))
    layers.extend(output(settings))
    return Plan("generator", (latent_dim,), tuple(layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """(channels, height, width) -> (1,)."""
    pictures_only(item_shape)
    strides = per_layer(settings.strides, len(settings.widths), "strides")
    kernels = per_layer(settings.kernels, len(settings.widths), "kernels")

    layers: list[Layer] = [ConcatLabels(classes)] if classes else []
    shape = (item_shape[0] + classes, *item_shape[1:])
    for index, (width, kernel, stride) in enumerate(zip(settings.widths, kernels, strides, strict=True)):
        normed = settings.norm == "batch" and (index > 0 or settings.norm_first)
        bias = settings.bias and not normed
        layers.append(same_conv(shape, width, kernel, stride, bias=bias, spectral=settings.spectral_norm))
        shape = shape_after(layers[-1], shape)
        layers.extend(after_hidden(settings, index, width, norm=normed))
    layers.append(Reshape((prod(shape),)))
    layers.append(Linear(prod(shape), 1, spectral=settings.spectral_norm))
    layers.extend(output(settings))
    return Plan("discriminator", item_shape, tuple(layers))


def upward(before: Shape, after: Shape, kernel: int, stride: int, bias: bool, spectral: bool) -> Layer:
    """A layer from `before` to the larger `after`. With stride 1 a transposed convolution is a convolution with its
    kernel turned round: the same family of functions, and faster."""
    if stride == 1:
        return same_conv(before, after[0], kernel, 1, bias=bias, spectral=spectral)
    try:
        return same_transpose(before, after, kernel, stride, bias=bias, spectral=spectral)
    except ValueError as error:
        raise RecipeError(str(error)) from None


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
