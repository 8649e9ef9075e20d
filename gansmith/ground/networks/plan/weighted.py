"""Layers with weights that mix features or channels.

Weights have PyTorch's layout: linear (out, in), convolution (out, in, k, k), transposed convolution (in, out, k, k). A kernel
may also be k rows by m columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from gansmith.ground.networks.plan.layer import Layer, Shape, Sides, Size, down_and_across


class Weighted(Layer):
    """Layers with one weight and perhaps a bias.

    spectral: the weight is divided by its largest singular value, and `left` is that one's left singular vector, as far
    as the power iteration has come.
    """

    inputs: int
    outputs: int
    bias: bool
    spectral: bool

    def weight_shape(self) -> Shape:
        """The shape of the weight."""
        return (self.outputs, self.inputs)

    def parameters(self) -> dict[str, Shape]:
        return {"weight": self.weight_shape()} | ({"bias": (self.outputs,)} if self.bias else {})

    def buffers(self) -> dict[str, Shape]:
        return {"left": self.weight_shape()[:1]} if self.spectral else {}

    def operations(self, shape: Shape) -> int:
        return 2 * prod(self.weight_shape()) * prod(self.shape_after(shape)[1:])


@dataclass(frozen=True)
class Linear(Weighted):
    """y = x W^T + b."""

    inputs: int
    outputs: int
    bias: bool = True
    spectral: bool = False

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape == (self.inputs,), shape)
        return (self.outputs,)


@dataclass(frozen=True)
class Conv(Weighted):
    """Convolution after zero padding of (top, bottom), (left, right): (inputs, H, W) -> (outputs, windows down, across).

    even: 0, or the factor of the `ToPixels` that follows: its kernels are kept even, see `networks.even`.
    """

    inputs: int
    outputs: int
    kernel: Size
    stride: Size
    padding: tuple[Sides, Sides]
    bias: bool = True
    spectral: bool = False
    even: int = 0

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] == self.inputs, shape)
        sides = zip(shape[1:], self.padding, down_and_across(self.kernel), down_and_across(self.stride), strict=True)
        return (self.outputs, *((size + sum(pad) - kernel) // stride + 1 for size, pad, kernel, stride in sides))

    def weight_shape(self) -> Shape:
        return (self.outputs, self.inputs, *down_and_across(self.kernel))


@dataclass(frozen=True)
class DepthwiseConv(Layer):
    """A convolution of each channel by a kernel of its own, after zero padding; the weight is (channels, 1, k, k)."""

    channels: int
    kernel: Size
    stride: Size
    padding: tuple[Sides, Sides]
    bias: bool = True

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] == self.channels, shape)
        return Conv(self.channels, self.channels, self.kernel, self.stride, self.padding).shape_after(shape)

    def parameters(self) -> dict[str, Shape]:
        weight = (self.channels, 1, *down_and_across(self.kernel))
        return {"weight": weight} | ({"bias": (self.channels,)} if self.bias else {})

    def fans(self, name: str) -> tuple[int, int]:
        each = prod(self.parameters()[name][1:])
        return each, each

    def operations(self, shape: Shape) -> int:
        return 2 * prod(down_and_across(self.kernel)) * prod(self.shape_after(shape))


@dataclass(frozen=True)
class ConvTranspose(Weighted):
    """The adjoint of a convolution: the full output, then rows and columns cut off at (top, bottom), (left, right).

    (inputs, H, W) -> (outputs, about stride x H, about stride x W).

    even: above 0, its kernels are kept even, see `networks.even`; the factor of the `ToPixels` that follows, or 1.
    """

    inputs: int
    outputs: int
    kernel: Size
    stride: Size
    crop: tuple[Sides, Sides]
    bias: bool = True
    spectral: bool = False
    even: int = 0

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] == self.inputs, shape)
        sides = zip(shape[1:], self.crop, down_and_across(self.kernel), down_and_across(self.stride), strict=True)
        return (self.outputs, *((size - 1) * stride + kernel - sum(cut) for size, cut, kernel, stride in sides))

    def weight_shape(self) -> Shape:
        return (self.inputs, self.outputs, *down_and_across(self.kernel))

    def fans(self, name: str) -> tuple[int, int]:
        outputs, inputs = super().fans(name)  # the weight's first axis is the input's
        return inputs, outputs

    def operations(self, shape: Shape) -> int:
        return 2 * prod(self.weight_shape()) * prod(shape[1:])


@dataclass(frozen=True)
class Projection(Layer):
    """The logit of an item and its label, (inputs,) -> (1,): w x + b + e_label x (Miyato and Koyama 2018)."""

    inputs: int
    classes: int
    spectral: bool = False

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape == (self.inputs,), shape)
        return (1,)

    def parameters(self) -> dict[str, Shape]:
        return {"weight": (1, self.inputs), "embedding": (self.classes, self.inputs), "bias": (1,)}

    def buffers(self) -> dict[str, Shape]:
        return {"left": (1,), "left_embedding": (self.classes,)} if self.spectral else {}

    def operations(self, shape: Shape) -> int:
        return 4 * self.inputs
