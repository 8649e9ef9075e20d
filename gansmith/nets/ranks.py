"""What a network and a game may ask of the ranks that train together, and batch norm over all of their rows.

Every rank has as many rows of the global batch as any other. Sums over ranks are the same bits on each of them.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor


class Ranks(Protocol):
    """Processes that play the same game, each on its own rows; `training.distributed.Together` computes."""

    rank: int  # counts from 0
    size: int

    def add_up(self, tensor: Tensor) -> None:
        """Replace a contiguous tensor by its sum over the ranks."""
        ...

    def collect(self, tensor: Tensor) -> Tensor:
        """The tensors (...) of all ranks, (size, ...), in the order of the ranks; without a graph."""
        ...


class Collect(torch.autograd.Function):
    """`Ranks.collect` with a graph: what a rank contributed is answerable for what every rank made of it."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, ranks: Ranks) -> Tensor:
        """(...) -> (size, ...)."""
        ctx.ranks = ranks
        return ranks.collect(tensor.detach().contiguous())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The sum over the ranks of what each wants of this one's part."""
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        ctx.ranks.add_up(total)
        return total[ctx.ranks.rank], None


def batch_statistics(x: Tensor, ranks: Ranks) -> tuple[Tensor, Tensor, int]:
    """Mean and (biased) variance per channel (C,) of x (B, C, ...) over the rows of all ranks, and how many numbers a
    channel has there. Differentiable, once.

    Each rank contributes its own mean and spread about it; they are joined as in Chan, Golub and LeVeque (1979), which
    loses no digits to the difference of two large squares. One exchange.
    """
    dims = [0, *range(2, x.ndim)]
    count = x.numel() // x.shape[1]
    variance, mean = torch.var_mean(x, dims, correction=0)
    parts: Any = Collect.apply(torch.stack([mean, variance]), ranks)  # (size, 2, C)
    means, variances = parts[:, 0], parts[:, 1]
    mean = means.mean(0)
    return mean, variances.mean(0) + (means - mean).square().mean(0), count * ranks.size


def batch_norm(
    x: Tensor,
    running: tuple[Tensor, Tensor] | None,
    scale: Tensor | None,
    shift: Tensor | None,
    momentum: float,
    epsilon: float,
    ranks: Ranks,
) -> Tensor:
    """`F.batch_norm` in training, by the statistics of the global batch. running: mean and variance (C,) to update."""
    with torch.autocast(x.device.type, enabled=False):
        wide = x if x.dtype == torch.float64 else x.float()
        mean, variance, count = batch_statistics(wide, ranks)
        if running is not None:
            with torch.no_grad():
                running[0].lerp_(mean, momentum)
                running[1].lerp_(variance * (count / max(count - 1, 1)), momentum)
        shape = (1, -1) + (1,) * (x.ndim - 2)
        factor = torch.rsqrt(variance + epsilon)
        factor = factor if scale is None else factor * scale
        offset = -mean * factor if shift is None else shift - mean * factor
        return torch.addcmul(offset.view(shape), wide, factor.view(shape)).to(x.dtype)
