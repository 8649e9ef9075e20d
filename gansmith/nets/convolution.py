"""Convolutions that take their own gradients, where the library's way is slow.

On CUDA a penalty on slopes differentiates the gradient of a convolution. PyTorch then convolves with whole feature maps
as kernels; written as transposed convolutions, its derivative is an ordinary gradient (Karras et al. 2020 do so too).

On processors oneDNN's weight gradients in bfloat16 are up to four times slower than the forward pass where maps are
small; written as one product of matrices they are as fast.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.nets.functions import computed_in

Pair = tuple[int, int]
SMALL = 64  # places of a map
MUCH = 2e9  # operations
"""Up to so many places, where windows overlap little (stride 2), and from so many operations on, a product is faster.
Milliseconds by oneDNN and as a product, 64 pictures, 4.3 billion operations: from 8x8 to 4x4 17 and 9, from 16x16 to 8x8
13 and 10, from 32x32 to 16x16 11 and 25 on a core of an AMD EPYC; 20 and 3.6, 8.6 and 4.2, 4.8 and 5.9 on two cores with
AMX."""


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair) -> Tensor:
    """`F.conv2d` of x (B, C, H, W)."""
    rows, columns = ((x.shape[2 + i] + 2 * padding[i] - weight.shape[2 + i]) // stride[i] + 1 for i in (0, 1))
    if not _ours(x, weight, stride, rows * columns):
        return F.conv2d(x, weight, bias, stride, padding)
    return Convolved.apply(*_cast(x, weight, bias), stride, padding)  # pyright: ignore[reportReturnType]


def convolve_transposed(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, extra: Pair
) -> Tensor:
    """`F.conv_transpose2d` of x (B, C, H, W); extra: its output_padding."""
    if not _ours(x, weight, stride, x.shape[2] * x.shape[3]):
        return F.conv_transpose2d(x, weight, bias, stride, padding, extra)
    return Transposed.apply(*_cast(x, weight, bias), stride, padding, extra)  # pyright: ignore[reportReturnType]


class Convolved(torch.autograd.Function):
    """A convolution; its derivatives are differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair) -> Tensor:
        """As ever."""
        ctx.save_for_backward(x, weight)
        ctx.how = stride, padding
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """By x, weight and bias, as far as they are wanted."""
        (slope,), (x, weight), how, wanted = gradients, ctx.saved_tensors, ctx.how, ctx.needs_input_grad
        with torch.autocast(slope.device.type, enabled=False):  # all have the type of the forward pass
            of_x = by_transposing if x.is_cuda else by_library
            by_x = of_x(x, slope, weight, *how) if wanted[0] else None
            by_weight = weight_gradient(x, slope, weight, *how, transposed=False) if wanted[1] else None
            by_bias = slope.sum((0, 2, 3)) if wanted[2] else None
        return by_x, by_weight, by_bias, None, None


class Transposed(torch.autograd.Function):
    """A transposed convolution; its derivatives are differentiable."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, extra: Pair
    ) -> Tensor:
        """As ever."""
        ctx.save_for_backward(x, weight)
        ctx.how = stride, padding
        return F.conv_transpose2d(x, weight, bias, stride, padding, extra)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """By x, weight and bias, as far as they are wanted."""
        (slope,), (x, weight), how, wanted = gradients, ctx.saved_tensors, ctx.how, ctx.needs_input_grad
        with torch.autocast(slope.device.type, enabled=False):
            by_x = F.conv2d(slope, weight, None, *how) if wanted[0] else None
            by_weight = weight_gradient(slope, x, weight, *how, transposed=True) if wanted[1] else None
            by_bias = slope.sum((0, 2, 3)) if wanted[2] else None
        return by_x, by_weight, by_bias, None, None, None


def by_transposing(x: Tensor, slope: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
    """The gradient of a convolution by its input as what it is, a transposed convolution, whose gradients are fast."""
    return F.conv_transpose2d(slope, weight, None, stride, padding, _left_over(x, slope, weight, stride, padding))


def by_library(x: Tensor, slope: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Tensor:
    """The same where the library is faster when it is told what is meant: on processors."""
    found = torch.ops.aten.convolution_backward(
        slope, x, weight, None, stride, padding, (1, 1), False, (0, 0), 1, (True, False, False)
    )
    return found[0]


def weight_gradient(
    wide: Tensor, narrow: Tensor, weight: Tensor, stride: Pair, padding: Pair, *, transposed: bool
) -> Tensor:
    """The gradient of a convolution from `wide` to `narrow` maps by its weight, or of a transposed one from narrow to
    wide: every weight's sum of products over all places. Shaped and laid as weight (narrow's channels, wide's, h, w)."""
    return (told if wide.is_cuda else multiplied)(wide, narrow, weight, stride, padding, transposed)


def told(wide: Tensor, narrow: Tensor, weight: Tensor, stride: Pair, padding: Pair, transposed: bool) -> Tensor:
    """`weight_gradient` by the library."""
    x, slope = (narrow, wide) if transposed else (wide, narrow)
    extra = _left_over(wide, narrow, weight, stride, padding) if transposed else (0, 0)
    found = torch.ops.aten.convolution_backward(
        slope, x, weight, None, stride, padding, (1, 1), transposed, extra, 1, (False, True, False)
    )
    return found[1]


def multiplied(wide: Tensor, narrow: Tensor, weight: Tensor, stride: Pair, padding: Pair, _: bool = False) -> Tensor:
    """`weight_gradient` as one product of matrices: all windows against all places."""
    height, width = weight.shape[2:]
    wide = F.pad(wide, (padding[1], padding[1], padding[0], padding[0])).permute(0, 2, 3, 1)
    windows = wide.unfold(1, height, stride[0]).unfold(2, width, stride[1]).permute(0, 1, 2, 4, 5, 3)
    columns = windows.reshape(-1, height * width * weight.shape[1])
    rows = narrow.permute(0, 2, 3, 1).reshape(-1, weight.shape[0])
    return (rows.T @ columns).view(weight.shape[0], height, width, weight.shape[1]).permute(0, 3, 1, 2)


def _left_over(wide: Tensor, narrow: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Pair:
    """Rows and columns at the end of wide maps that no window reaches."""
    rows, columns = (
        wide.shape[2 + axis]
        - ((narrow.shape[2 + axis] - 1) * stride[axis] - 2 * padding[axis] + weight.shape[2 + axis])
        for axis in (0, 1)
    )
    return rows, columns


def _ours(x: Tensor, weight: Tensor, stride: Pair, places: int) -> bool:
    """Where it pays: on CUDA always, on a processor in bfloat16 for large layers between small maps."""
    if not torch.is_grad_enabled():
        return False
    if x.is_cuda:
        return True
    large = min(stride) > 1 and places <= SMALL and 2 * len(x) * places * weight.numel() >= MUCH
    return large and x.device.type == "cpu" and computed_in(x) == torch.bfloat16


def _cast(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """All in that type, as autocast does for the library's own."""
    kind = computed_in(x)
    return x.to(kind), weight.to(kind), None if bias is None else bias.to(kind)
