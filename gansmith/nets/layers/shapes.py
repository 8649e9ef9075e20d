"""Layers that move numbers or append labels, and compute nothing."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.networks import plan
from gansmith.nets.layers import lookup
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
        return F.interpolate(x, scale_factor=float(self.record.factor), mode="nearest")[:, :, :height, :width]


class ToPixels(TorchLayer[plan.ToPixels]):
    """Channels become pixels (Shi et al. 2016)."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return F.pixel_shuffle(x, self.record.factor)


class ToChannels(TorchLayer[plan.ToChannels]):
    """Pixels become channels."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return F.pixel_unshuffle(x, self.record.factor)
