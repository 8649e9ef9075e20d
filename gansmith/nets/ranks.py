"""The processes that train together, and batch norm over the rows of all of them.

Every rank has the same number of rows of the global batch. Sums over ranks have the same bits on each of them.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor


class Ranks(Protocol):
    """The processes of one training, each with its own rows of the batch."""

    rank: int  # counts from 0
    size: int

    def all_reduce(self, tensor: Tensor) -> None:
        """Replace a contiguous tensor by its sum over the ranks."""
        ...

    def all_gather(self, tensor: Tensor) -> Tensor:
        """The tensors (...) of all ranks, (size, ...), in the order of the ranks; without a graph."""
        ...


def batch_norm(
    x: Tensor,
    running: tuple[Tensor, Tensor] | None,
    scale: Tensor | None,
    shift: Tensor | None,
    momentum: float,
    epsilon: float,
    ranks: Ranks,
) -> Tensor:
    """`F.batch_norm` of x (B, C, ...) in training, by the statistics of the global batch. Differentiable once.

    running: mean and variance (C,) to update.
    """
    with torch.autocast(x.device.type, enabled=False):
        kind = torch.float64 if x.dtype == torch.float64 else torch.float32
        mean, variance, count = global_statistics(x.detach(), kind, ranks)
        if running is not None:
            with torch.no_grad():
                running[0].lerp_(mean, momentum)
                running[1].lerp_(variance * (count / max(count - 1, 1)), momentum)
        scale = torch.ones_like(mean) if scale is None else scale
        shift = torch.zeros_like(mean) if shift is None else shift
        return cast(Tensor, Normalise.apply(x, scale, shift, mean, variance, (epsilon, count, ranks)))


def global_statistics(x: Tensor, kind: torch.dtype, ranks: Ranks) -> tuple[Tensor, Tensor, int]:
    """Mean and biased variance (C,) of x (B, C, ...) over the rows of all ranks, and the count of numbers per channel.

    Each rank contributes its own mean and variance. They are combined as in Chan, Golub and LeVeque (1979), without the
    difference of two large squares, which would lose digits.
    """
    count = x.numel() // x.shape[1]
    mean = torch.zeros(x.shape[1], dtype=kind, device=x.device)
    variance = torch.zeros_like(mean)
    if count > 1:  # with momentum 1 these are the batch's statistics, much faster than by a reduction over all axes
        F.batch_norm(x, mean, variance, training=True, momentum=1.0)
        variance *= (count - 1) / count
    else:
        mean += x.flatten().to(kind)
    parts = ranks.all_gather(torch.stack([mean, variance]))  # (size, 2, C)
    means, variances = parts[:, 0], parts[:, 1]
    mean = means.mean(0)
    return mean, variances.mean(0) + (means - mean).square().mean(0), count * ranks.size


class Normalise(torch.autograd.Function):
    """scale (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance over the rows of all ranks.

    Every rank's loss depends on the mean and variance, so their gradients are summed over the ranks.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, how: tuple[float, int, Ranks]
    ) -> Tensor:
        """x (B, C, ...) -> the same shape and type. how: epsilon, the global count, the ranks."""
        ctx.how = how
        ctx.save_for_backward(x, scale, mean, variance)
        return F.batch_norm(x, mean, variance, scale, shift, training=False, eps=how[0])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """With n = (x - mean) / sqrt(variance + epsilon) and means over the global batch,
        dx = scale / sqrt(variance + epsilon) (dy - mean(dy) - n mean(dy n)); dscale = sum dy n; dshift = sum dy."""
        (x, scale, mean, variance), (epsilon, count, ranks) = ctx.saved_tensors, ctx.how
        inverse = torch.rsqrt(variance + epsilon)
        # as in inference; CUDA's kernel reads mean and inverse from the arguments for those of a training pass
        dx, dscale, dshift = torch.ops.aten.native_batch_norm_backward(
            gradients[0], x, scale, mean, variance, mean, inverse, False, epsilon, [True, True, True]
        )
        total = torch.stack([dscale, dshift])
        ranks.all_reduce(total)
        by_n, by_1 = total * scale * inverse / count
        dx -= F.batch_norm(x, mean, variance, by_n, by_1, training=False, eps=epsilon)  # n mean(dy n) + mean(dy)
        return dx, dscale, dshift, None, None, None
