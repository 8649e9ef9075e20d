"""A plan as a torch module. Both players of every built-in pair are instances of this one class."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.ground.plan import (
    Activation,
    BatchNorm,
    ConcatLabels,
    Conv,
    ConvTranspose,
    Dropout,
    Layer,
    Linear,
    Plan,
    Reshape,
    buffers,
    parameters,
)


@dataclass(frozen=True)
class Mode:
    """How a forward pass runs.

    training: batch norm uses the batch's statistics and dropout is on. track: batch norm also updates its running
    statistics, spectral norm its singular vectors. dropout_keys: layer index -> key of the mask, while training.
    """

    training: bool = False
    track: bool = False
    dropout_keys: Mapping[int, int] | None = None
    first_row: int = 0  # this rank's first row in the global batch


INFERENCE = Mode()


class Network(nn.Module):
    """Runs a plan. Arrays are named "<layer index>.<name>", as `plan.parameters` and `plan.buffers` name them."""

    def __init__(self, plan: Plan, arrays: Mapping[str, np.ndarray], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.plan = plan
        self.trained = nn.ParameterDict()
        for index, layer in enumerate(plan.layers):
            for name in parameters(layer):
                array = torch.as_tensor(arrays[f"{index}.{name}"]).to(dtype)
                if array.ndim == 4:
                    array = array.contiguous(memory_format=torch.channels_last)
                self.trained[_attribute(index, name)] = nn.Parameter(array)
            for name in buffers(layer):
                self.register_buffer(_attribute(index, name), torch.as_tensor(arrays[f"{index}.{name}"]).to(dtype))

    def array(self, index: int, name: str) -> Tensor:
        """The parameter or buffer `name` of layer `index`."""
        key = _attribute(index, name)
        return self.trained[key] if key in self.trained else cast(Tensor, getattr(self, key))

    def arrays(self) -> dict[str, Tensor]:
        """Every array, trained and kept, by its plan name."""
        return {
            f"{index}.{name}": self.array(index, name)
            for index, layer in enumerate(self.plan.layers)
            for name in (*parameters(layer), *buffers(layer))
        }

    def forward(self, x: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Tensor:
        """x (B, *plan.input_shape), labels int64 (B,) where the plan asks for them -> (B, *plan.output_shape).

        Pictures are (B, C, H, W), in channels-last memory.
        """
        layers = self.plan.layers
        last = len(layers) - 1
        with torch.autocast(x.device.type, enabled=False) if x.dtype == torch.float64 else nullcontext():
            for index, layer in enumerate(layers):
                if index == last and not isinstance(layer, Activation | Reshape):
                    with torch.autocast(x.device.type, enabled=False):
                        x = self._run(index, layer, x.to(_wide(x)), labels, mode)
                else:
                    x = self._run(index, layer, x, labels, mode)
        return x.to(_wide(x))

    def _run(self, index: int, layer: Layer, x: Tensor, labels: Tensor | None, mode: Mode) -> Tensor:
        match layer:
            case Linear():
                return F.linear(x, self._weight(index, layer, mode), self._bias(index, layer))
            case Conv():
                return self._conv(index, layer, x, mode)
            case ConvTranspose():
                return self._conv_transpose(index, layer, x, mode)
            case BatchNorm():
                return self._batch_norm(index, layer, x, mode)
            case Activation():
                return activate(layer, x)
            case Dropout():
                return dropout(layer, x, index, mode)
            case Reshape():
                return reshape(layer, x)
            case ConcatLabels():
                return concat_labels(layer, x, labels)

    def _weight(self, index: int, layer: Linear | Conv | ConvTranspose, mode: Mode) -> Tensor:
        weight = self.array(index, "weight")
        return spectral(weight, self.array(index, "left"), mode) if layer.spectral else weight

    def _bias(self, index: int, layer: Linear | Conv | ConvTranspose) -> Tensor | None:
        return self.array(index, "bias") if layer.bias else None

    def _conv(self, index: int, layer: Conv, x: Tensor, mode: Mode) -> Tensor:
        (top, bottom), (left, right) = layer.padding
        if top == bottom and left == right:
            padding = (top, left)
        else:
            x, padding = F.pad(x, (left, right, top, bottom)), (0, 0)
        return F.conv2d(x, self._weight(index, layer, mode), self._bias(index, layer), layer.stride, padding)

    def _conv_transpose(self, index: int, layer: ConvTranspose, x: Tensor, mode: Mode) -> Tensor:
        weight, bias = self._weight(index, layer, mode), self._bias(index, layer)
        (top, bottom), (left, right) = layer.crop
        # torch crops `padding` on both sides and adds `output_padding` after: it reaches every crop but those that cut
        # more after than before, where the rest is sliced off
        padding = top, left
        extra = max(top - bottom, 0), max(left - right, 0)
        y = F.conv_transpose2d(x, weight, bias, layer.stride, padding, extra)
        if bottom > top:
            y = y[:, :, : y.shape[2] - (bottom - top)]
        return y[:, :, :, : y.shape[3] - (right - left)] if right > left else y

    def _batch_norm(self, index: int, layer: BatchNorm, x: Tensor, mode: Mode) -> Tensor:
        mean, variance = self.array(index, "mean"), self.array(index, "variance")
        if mode.training and not mode.track:
            mean = variance = None
        scale, shift = self.array(index, "scale"), self.array(index, "shift")
        return F.batch_norm(x, mean, variance, scale, shift, mode.training, layer.momentum, layer.epsilon)


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


def dropout(layer: Dropout, x: Tensor, index: int, mode: Mode) -> Tensor:
    """Stateless dropout: the mask is `streams.keep_mask` of the layer's key."""
    if not mode.training:
        return x
    if mode.dropout_keys is None:
        raise ValueError("a training pass through dropout needs its keys")
    mask = keep_mask(x, layer.rate, mode.dropout_keys[index], mode.first_row)
    return x * (mask.to(x.dtype) / (1 - layer.rate))


def keep_mask(x: Tensor, rate: float, key: int, first_row: int) -> Tensor:
    """`streams.keep_mask` on x's device: bool, shaped as x, bit for bit the same in both engines.

    int32 products wrap around like uint32 ones; right shifts are made logical by masking the sign's copies.
    """
    per_row = x[0].numel()
    start = first_row * per_row
    h = torch.arange(start, start + x.shape[0] * per_row, dtype=torch.int32, device=x.device)
    h ^= key
    h ^= (h >> 16) & 0xFFFF
    h *= 0x7FEB352D
    h ^= (h >> 15) & 0x1FFFF
    h *= 0x846CA68B - 2**32
    h ^= (h >> 16) & 0xFFFF
    return (((h >> 1) & 0x7FFFFFFF) >= int(rate * 2**31)).view(x.shape)


def reshape(layer: Reshape, x: Tensor) -> Tensor:
    """Row-major over (channels, height, width); pictures come out in channels-last memory."""
    x = x.reshape(x.shape[0], *layer.shape)
    return x.contiguous(memory_format=torch.channels_last) if len(layer.shape) == 3 else x


def concat_labels(layer: ConcatLabels, x: Tensor, labels: Tensor | None) -> Tensor:
    """One-hot labels after the features, or as constant maps after the channels."""
    if labels is None:
        raise ValueError(f"this network is labelled: give labels in 0..{layer.classes - 1}")
    hot = F.one_hot(labels, layer.classes).to(x.dtype)
    if x.ndim == 4:
        hot = hot[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return torch.cat([x, hot], 1).contiguous(memory_format=torch.channels_last)
    return torch.cat([x, hot], 1)


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


def _attribute(index: int, name: str) -> str:
    return f"layer{index}_{name}"  # module attributes must not contain dots


def _wide(x: Tensor) -> torch.dtype:
    return torch.float64 if x.dtype == torch.float64 else torch.float32
