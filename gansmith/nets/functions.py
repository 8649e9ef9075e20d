"""What the layers compute that is more than one call of torch."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground import streams
from gansmith.ground.networks.plan import Activation, ConcatLabels, Reshape, Upsample
from gansmith.nets import fused
from gansmith.nets.modes import Mode


def computed_in(x: Tensor) -> torch.dtype:
    """The type that a product with x is computed in here: autocast's, else x's own."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def activate(layer: Activation, x: Tensor) -> Tensor:
    """The elementwise functions. ReLUs work in place: what comes before them never needs its own output again."""
    match layer.kind:
        case "relu":
            return F.relu_(x)
        case "leaky":
            return F.leaky_relu_(x, layer.slope)
        case "tanh":
            return torch.tanh(x)
        case "sigmoid":
            return torch.sigmoid(x)
        case "arctan":
            return torch.atan(x)
        case "linear":
            return x


def keep_mask(x: Tensor, rate: float, key: int | Tensor, first_row: int | tuple[int, ...]) -> Tensor:
    """`streams.keep_mask` on x's device: bool, shaped as x, bit for bit the same in both engines.

    Elements count as they lie in memory: of pictures (B, C, H, W) over height, width, channels. Several first rows: x is
    as many blocks of equal height.
    """
    shape = (len(x), *x.shape[2:], x.shape[1]) if x.ndim == 4 else x.shape
    starts = (first_row,) if isinstance(first_row, int) else first_row
    if isinstance(key, int) and x.device.type == "cpu":
        rows = len(x) // len(starts)
        blocks = [torch.from_numpy(streams.keep_mask((rows, *shape[1:]), rate, key, start)) for start in starts]
        mask = blocks[0] if len(blocks) == 1 else torch.cat(blocks)
    else:
        mask = _hashed(x, rate, key, starts).view(shape)
    return mask.movedim(-1, 1) if x.ndim == 4 else mask


def _hashed(x: Tensor, rate: float, key: int | Tensor, starts: tuple[int, ...]) -> Tensor:
    """The hash on a device that computes on its own: int32 products wrap around like uint32 ones, and right shifts are
    made logical by masking the sign's copies."""
    per_row = x[0].numel()
    count = x.numel() // len(starts)
    blocks = [torch.arange(row * per_row, row * per_row + count, dtype=torch.int32, device=x.device) for row in starts]
    h = blocks[0] if len(blocks) == 1 else torch.cat(blocks)
    h ^= key
    h ^= (h >> 16) & 0xFFFF
    h *= 0x7FEB352D
    h ^= (h >> 15) & 0x1FFFF
    h *= 0x846CA68B - 2**32
    h ^= (h >> 16) & 0xFFFF
    return ((h >> 1) & 0x7FFFFFFF) >= int(rate * 2**31)


def moved(x: Tensor, by: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Pictures (B, C, H, W) down and to the right by so many pixels, in a frame (B, C, *size): what has no room is cut
    off, what comes in is 0."""
    if fused.can_fuse(x):
        return fused.moved(x, by, size)
    (down, right), (height, width) = by, size
    if down == right == 0 and height <= x.shape[2] and width <= x.shape[3]:
        # norms are many times slower over a part of a picture; of one channel, torch could no longer tell its memory's order
        x = x[:, :, :height, :width]
        return x.contiguous(memory_format=torch.channels_last) if x.shape[1] > 1 else x
    return F.pad(x, (right, width - right - x.shape[3], down, height - down - x.shape[2]))


def reshape(layer: Reshape, x: Tensor) -> Tensor:
    """Row-major over (channels, height, width); pictures come out in channels-last memory, and so do their gradients."""
    if x.ndim == 4 and len(layer.shape) == 1:
        return cast(Tensor, Flatten.apply(x))
    x = x.reshape(x.shape[0], *layer.shape)
    return x.contiguous(memory_format=torch.channels_last) if len(layer.shape) == 3 else x


class Flatten(torch.autograd.Function):
    """Pictures (B, C, H, W) to features (B, C H W). Elementwise functions are thirty times slower where a gradient lies
    otherwise in memory than the pictures do, so it is laid as they are."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Row-major, whatever the memory."""
        ctx.shape = x.shape
        return x.flatten(1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """In channels-last memory."""
        return gradients[0].view(ctx.shape).contiguous(memory_format=torch.channels_last)


def concat_labels(layer: ConcatLabels, x: Tensor, labels: Tensor | None) -> Tensor:
    """One-hot labels after the features, or as constant maps after the channels."""
    hot = F.one_hot(given(labels, layer.classes), layer.classes).to(x.dtype)
    if x.ndim == 4:
        hot = hot[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return torch.cat([x, hot], 1).contiguous(memory_format=torch.channels_last)
    return torch.cat([x, hot], 1)


def upsample(layer: Upsample, x: Tensor) -> Tensor:
    """Nearest neighbours, cut to size."""
    x = F.interpolate(x, scale_factor=float(layer.factor), mode="nearest")
    return x[:, :, : layer.size[0], : layer.size[1]]


def spectral(weight: Tensor, left: Tensor, mode: Mode) -> Tensor:
    """Weight over its largest singular value, by one power iteration a pass (Miyato et al. 2018). Never in bfloat16:
    the iteration would stall, and the norm be wrong, by some thousandths."""
    matrix = weight.flatten(1)
    with torch.autocast(weight.device.type, enabled=False):
        with torch.no_grad():
            right = F.normalize(matrix.T @ left, dim=0)
            new_left = F.normalize(matrix @ right, dim=0)
            if mode.track:
                left.copy_(new_left)
        return weight / torch.dot(new_left, matrix @ right)


def given(labels: Tensor | None, classes: int) -> Tensor:
    """Labels that a layer cannot do without. Raises ValueError."""
    if labels is None:
        raise ValueError(f"this network is labelled: give labels in 0..{classes - 1}")
    return labels
