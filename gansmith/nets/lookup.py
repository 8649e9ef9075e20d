"""A dense layer after one-hot labels, on processors: a label's row of the weights is looked up, not multiplied for.

With hundreds of groups nine of ten weights of the first layer belong to labels, and a batch asks for 64 rows of them:
casts and products over all were a fifth of an update.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.nets.functions import computed_in

MANY = 64  # labels from which on looking up is faster


def dense(x: Tensor, weight: Tensor, bias: Tensor | None, labels: Tensor, *, sparse: bool = False) -> Tensor:
    """x (B, D) with the one-hot labels (B,) after it, times weight (D + classes, outputs), plus bias.

    sparse: the weight's gradient has the rows of features and of those labels alone.
    """
    kind = computed_in(x)
    y = Dense.apply(x.to(kind), weight, labels, sparse)
    return y if bias is None else y + bias.to(kind)  # pyright: ignore[reportReturnType, reportOperatorIssue]


class Dense(torch.autograd.Function):
    """x W and the labels' rows of W; its derivatives are differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, labels: Tensor, sparse: bool) -> Tensor:
        """In the type of x."""
        ctx.save_for_backward(x, weight, labels)
        ctx.sparse = sparse
        width = x.shape[1]
        return torch.addmm(F.embedding(labels, weight[width:]).to(x.dtype), x, weight[:width].to(x.dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """By x and weight."""
        (slope,), (x, weight, labels) = gradients, ctx.saved_tensors
        by_x = by_weight = None
        with torch.autocast("cpu", enabled=False):  # types are those of the forward pass, and sums over labels wide
            if ctx.needs_input_grad[0]:
                by_x = slope @ weight[: x.shape[1]].T.to(slope.dtype)
            if ctx.needs_input_grad[1]:
                by_weight = (_by_rows if ctx.sparse else _by_weight)(slope, x, weight, labels)
        return by_x, by_weight, None, None


def _by_weight(slope: Tensor, x: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """(D + classes, outputs)."""
    return _summed(slope, x, labels, torch.empty_like(weight))


def _by_rows(slope: Tensor, x: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """The same, sparse by rows."""
    width = x.shape[1]
    known, places = labels.unique(return_inverse=True)
    values = _summed(slope, x, places, weight.new_empty(width + len(known), weight.shape[1]))
    rows = torch.cat([torch.arange(width), known + width])
    return torch.sparse_coo_tensor(rows[None], values, weight.shape, is_coalesced=True, check_invariants=False)


def _summed(slope: Tensor, x: Tensor, places: Tensor, gradient: Tensor) -> Tensor:
    """Into `gradient`: that of every feature, and below them the sums over the items of one place."""
    width = x.shape[1]
    gradient[:width] = x.T @ slope
    gradient[width:].zero_().index_add_(0, places, slope.to(gradient.dtype))
    return gradient
