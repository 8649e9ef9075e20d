"""Dropout, padding and cropping on a CUDA device as one kernel each, in Triton, which comes with PyTorch there.

Operation by operation a dropout mask takes ten passes over memory, and copies of parts of pictures reach a fifth of the
memory's pace: half of an update of article 004's pair went there.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

BLOCK = 1024  # elements a program


def can_fuse(x: Tensor) -> bool:
    """Whether x can be taken here: on CUDA, where Triton works."""
    return x.is_cuda and x.dtype != torch.float64 and _works(x.device)


@cache
def _works(device: torch.device) -> bool:
    """Whether Triton is installed and runs a kernel on the device: it needs a C compiler and a card that it knows."""
    if find_spec("triton") is None:
        return False
    try:
        kept = dropout(torch.ones(1, 1, device=device), 0.0, 1, 0)
        return float(moved(kept[:, :, None, None], (0, 0), (1, 1))) == 1.0
    except Exception:  # whatever it is that Triton misses, there is another way
        return False


def dropout(x: Tensor, rate: float, key: int | Tensor, first_row: int | tuple[int, ...]) -> Tensor:
    """x over 1 - rate where `streams.keep_mask` of the key has True, else 0; differentiable as often as one likes.

    x (B, D), or pictures (B, C, H, W), whose elements count as they lie in channels-last memory; it is as many blocks of
    equal height as there are first rows.
    """
    return Dropped.apply(x, rate, key, (first_row,) if isinstance(first_row, int) else first_row)  # pyright: ignore[reportReturnType]


class Dropped(torch.autograd.Function):
    """A linear function of x, which is its own derivative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rate: float, key: int | Tensor, starts: tuple[int, ...]) -> Tensor:
        """All blocks, a launch each."""
        ctx.how = rate, key, starts
        x = x.contiguous(memory_format=torch.channels_last if x.ndim == 4 else torch.contiguous_format)
        y = torch.empty_like(x)
        for block, out, start in zip(x.chunk(len(starts)), y.chunk(len(starts)), starts, strict=True):
            _launch(block, out, rate, key, start * x[0].numel())
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """The same mask on the gradient."""
        return dropout(gradients[0], *ctx.how), None, None, None


def _launch(x: Tensor, y: Tensor, rate: float, key: int | Tensor, first: int) -> None:
    """One block. first: the number of its first element in the global batch, which wraps around at 2**32."""
    from gansmith.nets.kernels import keep_and_scale

    told = torch.full((), key, dtype=torch.int32, device=x.device) if isinstance(key, int) else key
    programs = -(-x.numel() // BLOCK)
    launch = keep_and_scale[(programs,)]  # pyright: ignore[reportIndexIssue]
    with torch.cuda.device_of(x):
        launch(x, y, told, first % 2**32, int(rate * 2**31), 1 / (1 - rate), x.numel(), BLOCK)


def moved(x: Tensor, by: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Pictures (B, C, H, W) down and to the right by so many pixels, in a frame (B, C, *size): what has no room is cut
    off, what comes in is 0. Channels-last memory; differentiable as often as one likes."""
    return Moved.apply(x, by, size)  # pyright: ignore[reportReturnType]


class Moved(torch.autograd.Function):
    """A linear function of x; its derivative moves back, into a frame of x's size."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, by: tuple[int, int], size: tuple[int, int]) -> Tensor:
        """Row by row: a row of pixels is one piece of memory."""
        from gansmith.nets.kernels import move_rows

        count, channels, height, width = x.shape
        ctx.back = (-by[0], -by[1]), (height, width)
        x = x.contiguous(memory_format=torch.channels_last)
        y = torch.empty((count, channels, *size), dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
        row = size[1] * channels
        launch = move_rows[count * size[0], -(-row // BLOCK)]  # pyright: ignore[reportIndexIssue]
        with torch.cuda.device_of(x):
            launch(x, y, size[0], row, height, width * channels, by[0], by[1] * channels, BLOCK)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Back to where it came from."""
        return moved(gradients[0], *ctx.back), None, None
