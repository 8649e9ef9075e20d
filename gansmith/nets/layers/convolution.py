"""Convolutions with fast second derivatives on CUDA; elsewhere torch's own.

R1 and R2 differentiate the gradient of a convolution with respect to its input. PyTorch computes that derivative as a
convolution with whole feature maps as kernels, which is slow. Here the gradient is written as a transposed convolution:
its own gradients are ordinary ones (Karras et al. 2020 do the same).
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.nets.layers.torch_layer import compute_dtype

Pair = tuple[int, int]


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Pair,
    padding: Pair,
    output_padding: Pair | None = None,
    groups: int = 1,
) -> Tensor:
    """`F.conv2d` of x (B, C, H, W) in groups of channels; with `output_padding`, `F.conv_transpose2d` of one group."""
    if not (x.is_cuda and torch.is_grad_enabled()):
        if output_padding is None:
            return F.conv2d(x, weight, bias, stride, padding, groups=groups)
        return F.conv_transpose2d(x, weight, bias, stride, padding, output_padding)
    how = stride, padding, (1, 1), output_padding is not None, output_padding or (0, 0), groups
    kind = compute_dtype(x)  # as autocast has it for torch's own functions
    return cast(Tensor, Convolution.apply(x.to(kind), weight.to(kind), None if bias is None else bias.to(kind), how))


class Convolution(torch.autograd.Function):
    """A convolution or a transposed one; its derivatives are differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, how: tuple[Any, ...]) -> Tensor:
        """`torch.convolution`. how: stride, padding, dilation, whether transposed, output padding, groups."""
        ctx.save_for_backward(x, weight)
        ctx.how = how
        return torch.convolution(x, weight, bias, *how)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients with respect to x, weight and bias, where they are needed."""
        (dy,), (x, weight), how, needed = gradients, ctx.saved_tensors, ctx.how, ctx.needs_input_grad
        stride, padding, dilation, transposed, _, groups = how
        dx = dw = db = None
        with torch.autocast(dy.device.type, enabled=False):  # all have the type of the forward pass
            if needed[0]:
                rest = (0, 0) if transposed else unreached(x, dy, weight, stride, padding)
                dx = torch.convolution(dy, weight, None, stride, padding, dilation, not transposed, rest, groups)
            if needed[1]:
                only = False, True, False
                dw = torch.ops.aten.convolution_backward(dy, x, weight, None, *how, only)[1]
            if needed[2]:
                db = dy.sum((0, 2, 3))
        return dx, dw, db, None


def unreached(x: Tensor, y: Tensor, weight: Tensor, stride: Pair, padding: Pair) -> Pair:
    """Rows and columns at the end of x that no window of the convolution from x to y reaches."""
    reached = ((y.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + weight.shape[2 + i] for i in (0, 1))
    rows, columns = (size - end for size, end in zip(x.shape[2:], reached, strict=True))
    return rows, columns
