"""Dropout, padding and cropping on CUDA as one kernel each, in Triton, which comes with PyTorch there.

As separate operations they took half of an update of article 004's pair: a dropout mask passes over memory ten times,
and copies of parts of pictures run at a fifth of the memory's speed.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

BLOCK = 1024  # elements that one program of a kernel computes


def can_fuse(x: Tensor) -> bool:
    """Whether the kernels can run on x."""
    return x.is_cuda and x.dtype != torch.float64 and _works(x.device)


@cache
def _works(device: torch.device) -> bool:
    """Whether Triton is installed and runs a kernel on the device: it needs a C compiler and a known card."""
    if find_spec("triton") is None:
        return False
    try:
        kept = dropout(torch.ones(1, 1, device=device), 0.0, 1, 0)
        return float(pad_or_crop(kept[:, :, None, None], (0, 0), (1, 1))) == 1.0
    except Exception:  # whatever Triton lacks here: torch's own operations do the same
        return False


def dropout(x: Tensor, rate: float, key: int | Tensor, first_row: int | tuple[int, ...]) -> Tensor:
    """x / (1 - rate) where `elementwise.keep_mask` is True, else 0; differentiable any number of times."""
    return Dropout.apply(x, rate, key, (first_row,) if isinstance(first_row, int) else first_row)  # pyright: ignore[reportReturnType]


class Dropout(torch.autograd.Function):
    """Linear in x, so its derivative is the same function."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rate: float, key: int | Tensor, starts: tuple[int, ...]) -> Tensor:
        """One launch for each block of rows."""
        from gansmith.nets.layers.kernels import keep_and_scale

        ctx.how = rate, key, starts
        x = x.contiguous(memory_format=torch.channels_last if x.ndim == 4 else torch.contiguous_format)
        y = torch.empty_like(x)
        word = torch.full((), key, dtype=torch.int32, device=x.device) if isinstance(key, int) else key
        for block, out, start in zip(x.chunk(len(starts)), y.chunk(len(starts)), starts, strict=True):
            first = start * x[0].numel() % 2**32  # number of the block's first element in the global batch
            launch = keep_and_scale[(-(-block.numel() // BLOCK),)]  # pyright: ignore[reportIndexIssue]
            with torch.cuda.device_of(x):
                launch(block, out, word, first, int(rate * 2**31), 1 / (1 - rate), block.numel(), BLOCK)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """The same mask on the gradient."""
        return dropout(gradients[0], *ctx.how), None, None, None


def pad_or_crop(x: Tensor, offset: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Pictures (B, C, H, W) in a frame (B, C, *size), `offset` pixels down and to the right. Pixels outside the frame
    are cut off, new ones are 0. Channels-last memory; differentiable any number of times."""
    return PadOrCrop.apply(x, offset, size)  # pyright: ignore[reportReturnType]


class PadOrCrop(torch.autograd.Function):
    """Linear in x; its derivative moves the gradient back into a frame of x's size."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, offset: tuple[int, int], size: tuple[int, int]) -> Tensor:
        """Row by row: a row of pixels is one piece of memory."""
        from gansmith.nets.layers.kernels import move_rows

        count, channels, height, width = x.shape
        ctx.back = (-offset[0], -offset[1]), (height, width)
        x = x.contiguous(memory_format=torch.channels_last)
        y = torch.empty((count, channels, *size), dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
        row = size[1] * channels
        launch = move_rows[count * size[0], -(-row // BLOCK)]  # pyright: ignore[reportIndexIssue]
        with torch.cuda.device_of(x):
            launch(x, y, size[0], row, height, width * channels, offset[0], offset[1] * channels, BLOCK)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """The opposite move."""
        return pad_or_crop(gradients[0], *ctx.back), None, None
