"""The DCGAN pair with its outermost stage at half size: pixels are moved into channels and back instead of computed at
full size, where a convolution costs most and learns least (Shi et al. 2016).

    generator        latents [+ label] -> widths[0] at the lowest size -> ... -> 4 channels a colour -> picture
    discriminator    picture -> 4 channels a colour [+ label maps] -> widths[0] -> ... -> flat -> one logit

The i-th of `kernels` and `strides` belongs to the i-th convolution, at half size; a stride of 1 keeps the size. Heights
and widths have to be even.
"""

from __future__ import annotations

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Shape, ToChannels, ToPixels
from gansmith.nets.pairs.blocks import Stack
from gansmith.nets.pairs.dcgan import check_pictures, first_maps, pyramid, strided_convolutions, transposed_convolutions
from gansmith.nets.pairs.mapping import map_latent

FACTOR = 2


def generator(stack: Stack, item_shape: Shape) -> None:
    """(latent_dim,) -> (channels, height, width)."""
    shapes = pyramid(half_size(item_shape), stack.settings.widths, stack.strides)
    map_latent(stack)
    stack.concat_label()
    first_maps(stack, shapes[0])
    transposed_convolutions(stack, shapes, FACTOR)
    stack.add(ToPixels(FACTOR))
    stack.output()


def discriminator(stack: Stack) -> None:
    """(channels, height, width) -> (1,)."""
    half_size(stack.shape)
    stack.add(ToChannels(FACTOR))
    stack.concat_label()
    strided_convolutions(stack)
    stack.logit()


def half_size(item_shape: Shape) -> Shape:
    """The shape after pixels were moved into channels. Raises RecipeError where a side is odd."""
    check_pictures(item_shape)
    channels, height, width = item_shape
    if height % FACTOR or width % FACTOR:
        raise RecipeError(
            f"net = 'subpixel' needs even sides, these pictures are {width}x{height}: use net=dcgan or data.size"
        )
    return channels * FACTOR**2, height // FACTOR, width // FACTOR
