"""Dense layers, convolutions and the projection on a label: products with weights."""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.ground.networks import plan
from gansmith.nets.layers import fused, lookup
from gansmith.nets.layers.convolution import convolve
from gansmith.nets.layers.torch_layer import ForwardContext, Place, TorchLayer
from gansmith.nets.modes import Mode

WeightedRecord = TypeVar("WeightedRecord", bound=plan.Weighted)


class Weighted(TorchLayer[WeightedRecord]):
    """One weight, perhaps with spectral normalisation, and perhaps a bias."""

    weight: nn.Parameter
    bias: nn.Parameter | None
    left: Tensor

    def __init__(self, record: WeightedRecord, place: Place) -> None:
        super().__init__(record, place)
        if not record.bias:
            self.register_parameter("bias", None)

    def used_weight(self, mode: Mode) -> Tensor:
        """The weight of this pass."""
        return spectral(self.weight, self.left, mode) if self.record.spectral else self.weight


class Linear(Weighted[plan.Linear]):
    """y = x W^T + b. After many one-hot labels it looks their weights up, see `lookup`; x is then without them."""

    def __init__(self, record: plan.Linear, place: Place) -> None:
        self.looks_up = lookup.is_used(place.before, record)
        self.tables = ("weight",) if self.looks_up else ()
        super().__init__(record, place)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        if self.looks_up and x.shape[1] < self.record.inputs:
            labels = context.labels_for(self.record.inputs - x.shape[1])
            return lookup.dense(x, self.weight, self.bias, labels, sparse=context.sparse)
        weight = self.array("weight") if self.looks_up else self.used_weight(context.mode)
        return F.linear(x, weight, self.bias)

    def to_storage_layout(self, name: str, array: Tensor) -> Tensor:
        # (inputs, outputs) where labels are looked up: the weights of a label are then one row
        return array.T if self.looks_up and name == "weight" else array


class Conv(Weighted[plan.Conv]):
    """Convolution after zero padding."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        x, padding = padded(x, self.record.padding)
        stride = plan.down_and_across(self.record.stride)
        return convolve(x, self.used_weight(context.mode), self.bias, stride, padding)


class DepthwiseConv(TorchLayer[plan.DepthwiseConv]):
    """A convolution of each channel by its own kernel, after zero padding."""

    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, record: plan.DepthwiseConv, place: Place) -> None:
        super().__init__(record, place)
        if not record.bias:
            self.register_parameter("bias", None)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        x, padding = padded(x, self.record.padding)
        stride = plan.down_and_across(self.record.stride)
        return convolve(x, self.weight, self.bias, stride, padding, groups=self.record.channels)


class ConvTranspose(Weighted[plan.ConvTranspose]):
    """The adjoint of a convolution, cropped.

    torch crops `padding` on both sides and adds `output_padding` after: that gives every crop but those that cut more
    after than before, where the rest is sliced off.
    """

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        (top, bottom), (left, right) = self.record.crop
        extra = max(top - bottom, 0), max(left - right, 0)
        stride = plan.down_and_across(self.record.stride)
        y = convolve(x, self.used_weight(context.mode), self.bias, stride, (top, left), extra)
        if bottom <= top and right <= left:
            return y
        return pad_or_crop(y, (0, 0), (y.shape[2] - max(bottom - top, 0), y.shape[3] - max(right - left, 0)))


class Projection(TorchLayer[plan.Projection]):
    """w x + b + e_label x (Miyato and Koyama 2018)."""

    weight: nn.Parameter
    embedding: nn.Parameter
    bias: nn.Parameter
    left: Tensor
    left_embedding: Tensor

    def __init__(self, record: plan.Projection, place: Place) -> None:
        super().__init__(record, place)
        self.tables = ("embedding",) if record.classes >= lookup.MANY and not record.spectral else ()

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        weight, embedding, labels = self.weight, self.embedding, context.labels_for(self.record.classes)
        if self.record.spectral:
            weight = spectral(weight, self.left, context.mode)
            embedding = spectral(embedding, self.left_embedding, context.mode)
        rows = F.embedding(labels, embedding, sparse=context.sparse and bool(self.tables))
        return F.linear(x, weight, self.bias) + (rows * x).sum(1, keepdim=True)


def spectral(weight: Tensor, left: Tensor, mode: Mode) -> Tensor:
    """The weight over its largest singular value, by one power iteration a pass (Miyato et al. 2018).

    The matrix is the weight's first axis against the rest: (out, in x kernel) of a convolution, and (in, out x kernel) of a
    transposed one, whose usual matrix is (out, in x kernel). Neither is the norm of the whole operation; they differ by some
    tenths, and checkpoints hold the singular vectors of this one.

    Never in bfloat16, where the iteration would stop early and the norm be wrong by some thousandths.
    """
    matrix = weight.flatten(1)
    with torch.autocast(weight.device.type, enabled=False):
        with torch.no_grad():
            right = F.normalize(matrix.T @ left, dim=0)
            new_left = F.normalize(matrix @ right, dim=0)
            if mode.track:
                left.copy_(new_left)
        return weight / torch.dot(new_left, matrix @ right)


def padded(x: Tensor, padding: tuple[plan.Sides, plan.Sides]) -> tuple[Tensor, tuple[int, int]]:
    """x (B, C, H, W) and the padding that a convolution is still to add; zeros are added here where sides differ."""
    (top, bottom), (left, right) = padding
    if (top, left) == (bottom, right):
        return x, (top, left)
    return pad_or_crop(x, (top, left), (x.shape[2] + top + bottom, x.shape[3] + left + right)), (0, 0)


def pad_or_crop(x: Tensor, offset: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """`fused.pad_or_crop`, on any device."""
    if fused.can_fuse(x):
        return fused.pad_or_crop(x, offset, size)
    (down, right), (height, width) = offset, size
    if down == right == 0 and height <= x.shape[2] and width <= x.shape[3]:
        # a copy, since norms are many times slower over a view of a part; not with one channel, where torch cannot tell
        # one memory format from the other
        x = x[:, :, :height, :width]
        return x.contiguous(memory_format=torch.channels_last) if x.shape[1] > 1 else x
    return F.pad(x, (right, width - right - x.shape[3], down, height - down - x.shape[2]))
