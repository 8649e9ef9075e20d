"""Convolutions with TensorFlow's SAME padding, whose outputs have size / stride, rounded up; and their adjoints."""

from __future__ import annotations

from math import ceil

from gansmith.ground.networks.plan import Conv, ConvTranspose, Shape, Sides, Size, down_and_across


def same_padding(size: int, kernel: int, stride: int) -> Sides:
    """The padding of one axis, (before, after): if the sum is odd, the larger half comes after."""
    total = max((ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def same_conv(shape: Shape, outputs: int, kernel: Size, stride: Size, *, bias: bool, spectral: bool = False) -> Conv:
    """A convolution with SAME padding on a picture of `shape` (channels, height, width)."""
    sides = zip(shape[1:], down_and_across(kernel), down_and_across(stride), strict=True)
    rows, columns = (same_padding(*side) for side in sides)
    return Conv(shape[0], outputs, kernel, stride, (rows, columns), bias, spectral)


def same_transpose(
    shape: Shape, target: Shape, kernel: Size, stride: Size, *, bias: bool, spectral: bool = False
) -> ConvTranspose:
    """The adjoint of `same_conv` from `target` (channels, height, width) to `shape`."""
    sides = zip(shape[1:], target[1:], down_and_across(kernel), down_and_across(stride), strict=True)
    rows, columns = (_crop(*side) for side in sides)
    return ConvTranspose(shape[0], target[0], kernel, stride, (rows, columns), bias, spectral)


def _crop(before: int, after: int, kernel: int, stride: int) -> Sides:
    first = same_padding(after, kernel, stride)[0]
    total = (before - 1) * stride + kernel - after
    if total < 0:
        raise ValueError(
            f"a transposed convolution of kernel {kernel} and stride {stride} leaves gaps: use kernel >= stride"
        )
    return min(first, total), total - min(first, total)
