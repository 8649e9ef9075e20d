"""Layers that move numbers, or put labels beside them, and compute nothing."""

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

    wide_at_end = False

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """(B, ...) -> (B, *shape)."""
        shape = self.record.shape
        if x.ndim == 4 and len(shape) == 1:
            return cast(Tensor, Flatten.apply(x))
        x = x.reshape(x.shape[0], *shape)
        return x.contiguous(memory_format=torch.channels_last) if len(shape) == 3 else x


class Flatten(torch.autograd.Function):
    """Pictures (B, C, H, W) to features (B, C H W).

    Its gradient gets the memory order of the pictures: elementwise functions are thirty times slower where a gradient
    has another order than its input.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Row-major, whatever the memory."""
        ctx.shape = x.shape
        return x.flatten(1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """In channels-last memory."""
        return gradients[0].view(ctx.shape).contiguous(memory_format=torch.channels_last)


class ConcatLabels(TorchLayer[plan.ConcatLabels]):
    """One-hot labels after the features, or as constant maps after the channels."""

    def __init__(self, record: plan.ConcatLabels, place: Place) -> None:
        super().__init__(record, place)
        self.looked_up_next = lookup.pays(record, place.after)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """(B, C, ...) -> (B, C + classes, ...); x itself where the next layer looks the labels up."""
        if self.looked_up_next and x.device.type == "cpu":
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
        """(B, C, h, w) -> (B, C, *size)."""
        height, width = self.record.size
        return F.interpolate(x, scale_factor=float(self.record.factor), mode="nearest")[:, :, :height, :width]


class ToPixels(TorchLayer[plan.ToPixels]):
    """Channels become pixels (Shi et al. 2016)."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """(B, C f^2, H, W) -> (B, C, H f, W f)."""
        return F.pixel_shuffle(x, self.record.factor)


class ToChannels(TorchLayer[plan.ToChannels]):
    """Pixels become channels."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """(B, C, H f, W f) -> (B, C f^2, H, W)."""
        return F.pixel_unshuffle(x, self.record.factor)
