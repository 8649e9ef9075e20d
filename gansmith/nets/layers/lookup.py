"""A dense layer after one-hot labels, on processors: the weights of each label are looked up as one row.

With hundreds of labels nine of ten weights of the first layer belong to labels, and a batch of 64 needs 64 rows of
them. Products with one-hot vectors took a fifth of an update.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.networks import plan
from gansmith.nets.layers.torch_layer import compute_dtype

MANY = 64  # with so many labels looking up is faster


def is_used(labels: plan.Layer | None, dense: plan.Layer | None) -> bool:
    """Whether two layers in a row are labels and a dense layer that looks them up."""
    many = isinstance(labels, plan.ConcatLabels) and labels.classes >= MANY
    return many and isinstance(dense, plan.Linear) and not dense.spectral


def dense(x: Tensor, weight: Tensor, bias: Tensor | None, labels: Tensor, *, sparse: bool = False) -> Tensor:
    """x (B, D) with the one-hot labels (B,) after it, times weight (D + classes, outputs), plus bias.

    sparse: the weight's gradient is a sparse tensor with the rows of the features and of the batch's labels.
    """
    kind = compute_dtype(x)
    y = Dense.apply(x.to(kind), weight, labels, sparse)
    return y if bias is None else y + bias.to(kind)  # pyright: ignore[reportReturnType, reportOperatorIssue]


class Dense(torch.autograd.Function):
    """x W plus the labels' rows of W; its derivatives are differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, labels: Tensor, sparse: bool) -> Tensor:
        """x (B, D) -> y (B, outputs), in the type of x."""
        ctx.save_for_backward(x, weight, labels)
        ctx.sparse = sparse
        width = x.shape[1]
        return torch.addmm(F.embedding(labels, weight[width:]).to(x.dtype), x, weight[:width].to(x.dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients with respect to x and weight."""
        (dy,), (x, weight, labels) = gradients, ctx.saved_tensors
        dx = dw = None
        with torch.autocast("cpu", enabled=False):  # types as in the forward pass; sums over labels in weight's type
            if ctx.needs_input_grad[0]:
                dx = dy @ weight[: x.shape[1]].T.to(dy.dtype)
            if ctx.needs_input_grad[1]:
                sparse = ctx.sparse
                dw = _sparse(dy, x, weight, labels) if sparse else _fill(torch.empty_like(weight), dy, x, labels)
        return dx, dw, None, None


def _sparse(dy: Tensor, x: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """The weight's gradient (D + classes, outputs), with only the rows of the features and of these labels."""
    width = x.shape[1]
    known, places = labels.unique(return_inverse=True)
    values = _fill(weight.new_empty(width + len(known), weight.shape[1]), dy, x, places)
    rows = torch.cat([torch.arange(width), known + width])
    return torch.sparse_coo_tensor(rows[None], values, weight.shape, is_coalesced=True, check_invariants=False)


def _fill(gradient: Tensor, dy: Tensor, x: Tensor, places: Tensor) -> Tensor:
    """Write the gradients of the features' rows, and below them the sums of dy over the items of each place."""
    width = x.shape[1]
    gradient[:width] = x.T @ dy
    gradient[width:].zero_().index_add_(0, places, dy.to(gradient.dtype))
    return gradient
