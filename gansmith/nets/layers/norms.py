"""Batch normalisation, over the rows of all processes of a training."""

from __future__ import annotations

from typing import Generic, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.ground.networks import plan
from gansmith.nets import ranks
from gansmith.nets.layers.torch_layer import ForwardContext, TorchLayer
from gansmith.nets.modes import Mode

NormRecord = TypeVar("NormRecord", plan.BatchNorm, plan.ConditionalBatchNorm, plan.StyledNorm)


class Norm(TorchLayer[NormRecord], Generic[NormRecord]):
    """Features minus their mean, over their standard deviation."""

    scale: nn.Parameter
    shift: nn.Parameter
    mean: Tensor
    variance: Tensor

    def normalise(self, x: Tensor, mode: Mode, scale: Tensor | None, shift: Tensor | None) -> Tensor:
        """x (B, features, ...) normalised, then scaled and shifted where scale and shift (features,) are given."""
        by_batch = mode.training and not mode.running
        momentum = self.record.momentum if mode.momentum is None else mode.momentum
        statistics = (self.mean, self.variance) if mode.track or not by_batch else None
        if by_batch and mode.ranks is not None:
            return ranks.batch_norm(x, statistics, scale, shift, momentum, self.record.epsilon, mode.ranks)
        mean, variance = statistics or (None, None)
        return F.batch_norm(x, mean, variance, scale, shift, by_batch, momentum, self.record.epsilon)


class BatchNorm(Norm[plan.BatchNorm]):
    """scale n + shift, with n the normalised features (Ioffe and Szegedy 2015)."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return self.normalise(x, context.mode, self.scale, self.shift)


class ConditionalBatchNorm(Norm[plan.ConditionalBatchNorm]):
    """The same with scale and shift of each item's label (de Vries et al. 2017)."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        labels = context.labels_for(self.record.classes)
        normal = self.normalise(x, context.mode, None, None)
        shape = (x.shape[0], self.record.features) + (1,) * (x.ndim - 2)
        scale, shift = (array[labels].view(shape).to(normal.dtype) for array in (self.scale, self.shift))
        return torch.addcmul(shift, normal, scale)


class StyledNorm(Norm[plan.StyledNorm]):
    """The same with scale and shift of each item's style, and of its label where there are classes (Karras et al. 2019)."""

    weight: nn.Parameter

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        record = self.record
        normal = self.normalise(x, context.mode, None, None)
        scale, shift = F.linear(context.styles[record.stage], self.weight).chunk(2, 1)
        labels = context.labels_for(record.classes) if record.classes else None
        shape = (x.shape[0], record.features) + (1,) * (x.ndim - 2)
        own_scale, own_shift = (each if labels is None else each[labels] for each in (self.scale, self.shift))
        scale, shift = (
            (part + own).view(shape).to(normal.dtype) for part, own in ((scale, own_scale), (shift, own_shift))
        )
        return torch.addcmul(shift, normal, scale)
