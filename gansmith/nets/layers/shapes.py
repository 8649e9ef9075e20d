"""Layers that move numbers or append labels, and compute nothing."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.networks import plan
from gansmith.nets.layers import lookup
from gansmith.nets.layers.elementwise import hash31
from gansmith.nets.layers.torch_layer import ForwardContext, Place, TorchLayer


class Reshape(TorchLayer[plan.Reshape]):
    """Row-major over (channels, height, width); pictures and their gradients come out in channels-last memory."""

    float32_at_end = False

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        shape = self.record.shape
        if x.ndim == 4 and len(shape) == 1:
            return cast(Tensor, Flatten.apply(x))
        x = x.reshape(x.shape[0], *shape)
        return x.contiguous(memory_format=torch.channels_last) if len(shape) == 3 else x


class Flatten(torch.autograd.Function):
    """Pictures (B, C, H, W) to features (B, C H W), row-major.

    Its gradient gets the pictures' memory order: elementwise functions are thirty times slower where a gradient has
    another order than its input.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, C H W)."""
        ctx.shape = x.shape
        return x.flatten(1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """dy (B, C H W) -> dx (B, C, H, W)."""
        return gradients[0].view(ctx.shape).contiguous(memory_format=torch.channels_last)


class ConcatLabels(TorchLayer[plan.ConcatLabels]):
    """Appends one-hot labels to features, or as constant maps to channels.

    The output is x itself where the next layer looks the labels up.
    """

    def __init__(self, record: plan.ConcatLabels, place: Place) -> None:
        super().__init__(record, place)
        self.next_looks_up = lookup.is_used(record, place.after)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        if self.next_looks_up and x.device.type == "cpu":
            return x
        classes = self.record.classes
        hot = F.one_hot(context.labels_for(classes), classes).to(x.dtype)
        if x.ndim == 4:
            hot = hot[:, :, None, None].expand(-1, -1, *x.shape[2:])
            return torch.cat([x, hot], 1).contiguous(memory_format=torch.channels_last)
        return torch.cat([x, hot], 1)


class Upsample(TorchLayer[plan.Upsample]):
    """Nearest neighbours, cut to size."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        height, width = self.record.size
        down, across = plan.down_and_across(self.record.factor)
        return F.interpolate(x, scale_factor=(float(down), float(across)), mode="nearest")[:, :, :height, :width]


class PhaseShuffle(TorchLayer[plan.PhaseShuffle]):
    """Moves each signal by some places in training; how far is a function of the pass's key for this layer.

    Raises ValueError in training without keys.
    """

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        if not context.mode.draws:
            return x
        if context.mode.dropout_keys is None:
            raise ValueError("a training pass through phase shuffle needs its keys")
        moved = shifts(x, self.record.most, context.mode.dropout_keys[int(self.name)], context.mode.first_row)
        last = x.shape[3] - 1
        places = torch.arange(last + 1, device=x.device) - moved[:, None]
        places = last - (last - places.abs()).abs()  # mirrored at both ends
        y = x.gather(3, places[:, None, None].expand(-1, x.shape[1], -1, -1))
        return y.contiguous(memory_format=torch.channels_last)


def shifts(x: Tensor, most: int, key: int | Tensor, first_row: int | tuple[int, ...]) -> Tensor:
    """`streams.shifts` for the items of x, int64 (B,), on its device. With several first rows, x is as many blocks."""
    starts = (first_row,) if isinstance(first_row, int) else first_row
    rows = len(x) // len(starts)
    places = torch.cat([torch.arange(one, one + rows, dtype=torch.int32, device=x.device) for one in starts])
    return hash31(places, key).long() % (2 * most + 1) - most


class Pack(TorchLayer[plan.Pack]):
    """Each row sees the other rows of its pack. With several first rows in a pass, no pack may have rows of two blocks."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        places = torch.from_numpy(self.record.places(len(x))).to(x.device)
        return x[places].flatten(1)


class Style(TorchLayer[plan.Style]):
    """Puts the styles into the context; the first goes on."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        stages = self.record.stages
        context.styles = list(x.chunk(stages, 1)) if self.record.apart else [x] * stages
        return context.styles[0]


class ToPixels(TorchLayer[plan.ToPixels]):
    """Channels become pixels (Shi et al. 2016)."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return F.pixel_shuffle(x, self.record.factor)


class ToChannels(TorchLayer[plan.ToChannels]):
    """Pixels become channels."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return F.pixel_unshuffle(x, self.record.factor)


class Seen(TorchLayer[plan.Seen]):
    """The maps of one scale of what the pass looks at, once for all its layers (`nets.eyes`)."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        channels = self.record.channels
        if channels not in context.seen:
            assert context.look is not None
            context.seen[channels] = context.look(x, channels)
        return context.seen[channels][self.record.scale]
