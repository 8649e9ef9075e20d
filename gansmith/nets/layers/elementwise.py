"""Activations and dropout."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground import streams
from gansmith.ground.networks import plan
from gansmith.nets.layers import fused
from gansmith.nets.layers.torch_layer import ForwardContext, TorchLayer


class Activation(TorchLayer[plan.Activation]):
    """An elementwise function. ReLUs work in place: no layer before them needs its own output for its gradient."""

    in_place, float32_at_end = True, False

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        match self.record.kind:
            case "relu":
                return F.relu_(x)
            case "leaky":
                return F.leaky_relu_(x, self.record.slope)
            case "tanh":
                return torch.tanh(x)
            case "sigmoid":
                return torch.sigmoid(x)
            case "arctan":
                return torch.atan(x)
            case "linear":
                return x


class Clip(TorchLayer[plan.Clip]):
    """Cuts off what is below and above, in place as ReLUs are."""

    in_place, float32_at_end = True, False

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return F.hardtanh_(x, self.record.least, self.record.most)


class Dropout(TorchLayer[plan.Dropout]):
    """Sets a share of the features to zero in training; the mask is a function of the pass's key for this layer.

    Raises ValueError in training without keys.
    """

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        mode, rate = context.mode, self.record.rate
        if not mode.draws:
            return x
        if mode.dropout_keys is None:
            raise ValueError("a training pass through dropout needs its keys")
        key = mode.dropout_keys[int(self.name)]
        if fused.can_fuse(x):
            return fused.dropout(x, rate, key, mode.first_row)
        return x * keep_mask(x, rate, key, mode.first_row).to(x.dtype).div_(1 - rate)


def keep_mask(x: Tensor, rate: float, key: int | Tensor, first_row: int | tuple[int, ...]) -> Tensor:
    """`streams.keep_mask` on the device of x: bool, shaped as x, the same bits in both engines.

    Elements are counted in memory order, for pictures (B, C, H, W) over height, width, channels. With several first
    rows, x is as many blocks of equal height.
    """
    shape = (len(x), *x.shape[2:], x.shape[1]) if x.ndim == 4 else x.shape
    starts = (first_row,) if isinstance(first_row, int) else first_row
    if isinstance(key, int) and x.device.type == "cpu":
        rows = len(x) // len(starts)
        blocks = [torch.from_numpy(streams.keep_mask((rows, *shape[1:]), rate, key, start)) for start in starts]
        mask = blocks[0] if len(blocks) == 1 else torch.cat(blocks)
    else:
        mask = (hashed(x, key, starts) >= int(rate * 2**31)).view(shape)
    return mask.movedim(-1, 1) if x.ndim == 4 else mask


def hashed(x: Tensor, key: int | Tensor, starts: tuple[int, ...]) -> Tensor:
    """The hash of `streams` in torch: int32 (numbers of x,) in 0 .. 2**31 - 1. starts: the first rows of equal blocks.

    int32 products overflow as uint32 ones do, and `&` clears the copies of the sign that a right shift brings in.
    """
    per_row = x[0].numel()
    count = x.numel() // len(starts)
    blocks = [torch.arange(row * per_row, row * per_row + count, dtype=torch.int32, device=x.device) for row in starts]
    return hash31(blocks[0] if len(blocks) == 1 else torch.cat(blocks), key)


def hash31(h: Tensor, key: int | Tensor) -> Tensor:
    """The upper 31 bits of the hash of int32 numbers; h is overwritten."""
    h ^= key
    h ^= (h >> 16) & 0xFFFF
    h *= 0x7FEB352D
    h ^= (h >> 15) & 0x1FFFF
    h *= 0x846CA68B - 2**32
    h ^= (h >> 16) & 0xFFFF
    return (h >> 1) & 0x7FFFFFFF
