"""The DCGAN pair (Radford et al. 2015): transposed convolutions up to the picture, strided convolutions down from it.

    generator        latents [+ label] -> `dense` ... -> widths[0] at the lowest size -> widths[1] ... -> picture
    discriminator    picture [+ label maps] -> widths[0] -> widths[1] ... -> flat -> `dense` ... -> one logit

The i-th of `kernels` and `strides` belongs to the i-th convolution. Sizes need not be multiples of the strides, nor
square: each size is that of the next layer over its stride, rounded up, as with TensorFlow's SAME padding, and a
generator's layer is the exact adjoint of the discriminator's.

On signals, (channels, 1, length), it is the pair of WaveGAN (Donahue et al. 2019), which flattens DCGAN: with kernels 25,
strides 4, and the discriminator's `phase_shuffle`.
"""

from __future__ import annotations

from math import ceil, prod

from gansmith.ground.errors import RecipeError, counted
from gansmith.ground.networks.plan import Reshape, Shape
from gansmith.nets.pairs.blocks import Stack, is_signal
from gansmith.nets.pairs.mapping import map_latent


def generator(stack: Stack, item_shape: Shape) -> None:
    """(latent_dim,) -> (channels, height, width)."""
    shapes = pyramid(item_shape, stack.settings.widths, stack.strides)
    map_latent(stack)
    stack.concat_label()
    for width in stack.settings.dense:
        stack.hidden_linear(width)
    first_maps(stack, shapes[0], norm_flat=stack.settings.norm_flat)
    transposed_convolutions(stack, shapes)
    stack.output()


def discriminator(stack: Stack) -> None:
    """(channels, height, width) -> (1,)."""
    stack.concat_label()
    strided_convolutions(stack)
    for width in stack.settings.dense:
        stack.hidden_linear(width)
    stack.logit()


def first_maps(stack: Stack, shape: Shape, *, norm_flat: bool = False) -> None:
    """A dense layer to the maps of the lowest size. norm_flat: its norm takes each number as a feature."""
    stack.linear(prod(shape), bias=stack.bias)
    if norm_flat:
        stack.after_weights(0)
    stack.add(Reshape(shape))
    if not norm_flat:
        stack.after_weights(0)


def transposed_convolutions(stack: Stack, shapes: list[Shape], factor: int = 1) -> None:
    """From the lowest of `shapes` to the last. factor: of the `ToPixels` that follows, 1 = none does."""
    for index, (kernel, stride) in enumerate(zip(stack.kernels, stack.strides, strict=True)):
        if index < len(shapes) - 2:
            stack.conv_transpose(shapes[index + 1], kernel, stride, bias=stack.bias)
            stack.after_weights(index + 1)
        else:
            stack.conv_transpose(shapes[-1], kernel, stride, bias=stack.settings.bias, factor=factor)


def strided_convolutions(stack: Stack) -> None:
    """From the picture down, to `widths` channels."""
    check_pictures(stack.shape)
    for index in range(len(stack.settings.widths)):
        stack.hidden_conv(index)
        stack.shuffle_phase(index)


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
    signal = is_signal(item_shape)
    if min(sizes[0][signal:]) < 2:
        before, after = (f"{across}" if signal else f"{across}x{down}" for down, across in (sizes[-1], sizes[0]))
        raise RecipeError(
            f"{counted(len(strides), 'convolution')} of strides {list(strides)} shrink {before} {'places' if signal else 'pictures'} "
            f"to {after}: use fewer widths or smaller strides"
        )
    return [(channels, *size) for channels, size in zip((*widths, item_shape[0]), sizes, strict=True)]


def check_pictures(item_shape: Shape) -> None:
    """Refuse vectors with a RecipeError."""
    if len(item_shape) != 3:
        raise RecipeError(
            "these items are vectors, and only net = 'dense', or your own, takes them: set generator.net=dense and "
            "discriminator.net=dense"
        )
