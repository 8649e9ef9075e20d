"""A plan as a torch module. Both players of every built-in pair are instances of this one class."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.ground.networks.plan import (
    Activation,
    Aside,
    BatchNorm,
    ConcatLabels,
    ConditionalBatchNorm,
    Conv,
    ConvTranspose,
    Dropout,
    Layer,
    Linear,
    Plan,
    Projection,
    Reshape,
    Residual,
    Skip,
    ToChannels,
    ToPixels,
    Upsample,
    buffers,
    leaves,
    parameters,
)
from gansmith.nets import fused, lookup
from gansmith.nets.convolution import convolve, convolve_transposed
from gansmith.nets.functions import activate, concat_labels, given, keep_mask, moved, reshape, spectral, upsample
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.ranks import batch_norm


@dataclass(frozen=True)
class Opinion:
    """What a discriminator says of B items."""

    logits: Tensor  # (B,) raw verdicts
    per_pixel: Tensor | None = None  # (B, H, W) raw verdicts
    classes: Tensor | None = None  # (B, classes) scores of an auxiliary classifier

    @property
    def overall(self) -> Tensor:
        """One verdict an item (B,): where every pixel is judged too, the mean of both."""
        return self.logits if self.per_pixel is None else (self.logits + self.per_pixel.mean((1, 2))) / 2

    def rows(self, which: slice) -> Opinion:
        """The opinion on some of the items."""
        per_pixel = None if self.per_pixel is None else self.per_pixel[which]
        return Opinion(self.logits[which], per_pixel, None if self.classes is None else self.classes[which])


@dataclass
class Passage:
    """One forward pass under way: what every layer may need besides its input."""

    labels: Tensor | None
    mode: Mode
    asides: dict[str, Tensor] = field(default_factory=dict)


class Network(nn.Module):
    """Runs a plan. Arrays are named "<layer>.<name>", as `plan.leaves`, `plan.parameters` and `plan.buffers` do."""

    def __init__(self, plan: Plan, arrays: Mapping[str, np.ndarray], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.plan = plan
        self.labelled = _labelled(plan)
        self.tables = _tables(plan, self.labelled)
        self.sparse = False  # gradients of tables by rows
        self.trained = nn.ParameterDict()
        for number, layer in leaves(plan.layers):
            for name in parameters(layer):
                array = self.turned(f"{number}.{name}", torch.as_tensor(arrays[f"{number}.{name}"]).to(dtype))
                memory = torch.channels_last if array.ndim == 4 else torch.contiguous_format
                self.trained[_attribute(number, name)] = nn.Parameter(array.contiguous(memory_format=memory))
            for name in buffers(layer):
                self.register_buffer(_attribute(number, name), torch.as_tensor(arrays[f"{number}.{name}"]).to(dtype))

    def array(self, number: str | int, name: str) -> Tensor:
        """The parameter or buffer `name` of a layer, as the plan has it."""
        key = _attribute(number, name)
        array = self.trained[key] if key in self.trained else cast(Tensor, getattr(self, key))
        return self.turned(f"{number}.{name}", array)

    def arrays(self) -> dict[str, Tensor]:
        """Every array, trained and kept, by its plan name."""
        return {
            f"{number}.{name}": self.array(number, name)
            for number, layer in leaves(self.plan.layers)
            for name in (*parameters(layer), *buffers(layer))
        }

    def weights(self) -> dict[str, nn.Parameter]:
        """Every trained array by its plan name, as it is kept: `turned`."""
        return {
            f"{number}.{name}": self.trained[_attribute(number, name)]
            for number, layer in leaves(self.plan.layers)
            for name in parameters(layer)
        }

    def turned(self, name: str, array: Tensor) -> Tensor:
        """A trained array from the shape of the plan to that in which it is kept, or back.

        The weights after many labels are kept (inputs, outputs): a label's weights side by side.
        """
        number, _, which = name.rpartition(".")
        return array.T if which == "weight" and number in self.labelled else array

    def forward(self, x: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Tensor:
        """x (B, *plan.input_shape), labels int64 (B,) where the plan asks for them -> (B, *plan.output_shape).

        Pictures are (B, C, H, W), in channels-last memory.
        """
        return self._through(x, Passage(labels, mode))

    def opinion(self, items: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Opinion:
        """All that a discriminator says of items (B, *plan.input_shape)."""
        passage = Passage(labels, mode)
        out, classes = self._through(items, passage), passage.asides.get("classes")
        if out.ndim == 4:
            return Opinion(passage.asides["logits"].flatten(), out[:, 0], classes)
        return Opinion(out.flatten(), None, classes)

    def _through(self, x: Tensor, passage: Passage) -> Tensor:
        """All layers; the last one in at least float32."""
        layers = self.plan.layers
        last = len(layers) - 1
        with torch.autocast(x.device.type, enabled=False) if x.dtype == torch.float64 else nullcontext():
            for index, layer in enumerate(layers):
                if index == last and not isinstance(layer, Activation | Reshape):
                    with torch.autocast(x.device.type, enabled=False):
                        x = self._run(str(index), layer, x.to(_wide(x)), passage)
                else:
                    x = self._run(str(index), layer, x, passage)
        return x.to(_wide(x))

    def _run(self, number: str, layer: Layer, x: Tensor, passage: Passage) -> Tensor:
        mode, labels = passage.mode, passage.labels
        match layer:
            case Linear():
                if number in self.labelled and x.shape[1] < layer.inputs:
                    known = given(labels, layer.inputs - x.shape[1])
                    weight = self.trained[_attribute(number, "weight")]
                    return lookup.dense(x, weight, self._bias(number, layer), known, sparse=self.sparse)
                return F.linear(x, self._weight(number, layer, mode), self._bias(number, layer))
            case Conv():
                return self._conv(number, layer, x, mode)
            case ConvTranspose():
                return self._conv_transpose(number, layer, x, mode)
            case BatchNorm():
                return self._batch_norm(number, layer, x, mode)
            case Activation():
                return activate(layer, x)
            case Dropout():
                return self._dropout(number, layer, x, mode)
            case Reshape():
                return reshape(layer, x)
            case ConcatLabels():
                if x.device.type == "cpu" and _next(number) in self.labelled:
                    return x  # the dense layer after it looks them up
                return concat_labels(layer, x, labels)
            case ConditionalBatchNorm():
                return self._conditional_batch_norm(number, layer, x, given(labels, layer.classes), mode)
            case Projection():
                return self._projection(number, layer, x, given(labels, layer.classes), mode)
            case Upsample():
                return upsample(layer, x)
            case ToPixels():
                return F.pixel_shuffle(x, layer.factor)
            case ToChannels():
                return F.pixel_unshuffle(x, layer.factor)
            case Residual():
                body = self._body(f"{number}.body.", layer.body, x, passage)
                return self._body(f"{number}.shortcut.", layer.shortcut, x, passage) + layer.scale * body
            case Skip():
                return torch.cat([x, self._body(f"{number}.body.", layer.body, x, passage)], 1)
            case Aside():
                with torch.autocast(x.device.type, enabled=False):  # its last layer is a last layer
                    aside = self._body(f"{number}.body.", layer.body, x.to(_wide(x)), passage)
                passage.asides[layer.name] = aside
                return x

    def _body(self, prefix: str, layers: tuple[Layer, ...], x: Tensor, passage: Passage) -> Tensor:
        """The layers within a layer. Their x is needed by others too: nothing may write over it."""
        if layers and isinstance(layers[0], Activation):
            x = x.clone()
        for index, layer in enumerate(layers):
            x = self._run(f"{prefix}{index}", layer, x, passage)
        return x

    def _weight(self, number: str, layer: Linear | Conv | ConvTranspose, mode: Mode) -> Tensor:
        weight = self.array(number, "weight")
        return spectral(weight, self.array(number, "left"), mode) if layer.spectral else weight

    def _bias(self, number: str, layer: Linear | Conv | ConvTranspose) -> Tensor | None:
        return self.array(number, "bias") if layer.bias else None

    def _conv(self, number: str, layer: Conv, x: Tensor, mode: Mode) -> Tensor:
        (top, bottom), (left, right) = layer.padding
        if top == bottom and left == right:
            padding = (top, left)
        else:
            x, padding = moved(x, (top, left), (x.shape[2] + top + bottom, x.shape[3] + left + right)), (0, 0)
        stride = layer.stride, layer.stride
        return convolve(x, self._weight(number, layer, mode), self._bias(number, layer), stride, padding)

    def _conv_transpose(self, number: str, layer: ConvTranspose, x: Tensor, mode: Mode) -> Tensor:
        weight, bias = self._weight(number, layer, mode), self._bias(number, layer)
        (top, bottom), (left, right) = layer.crop
        # torch crops `padding` on both sides and adds `output_padding` after: it reaches every crop but those that cut
        # more after than before, where the rest is sliced off
        padding = top, left
        extra = max(top - bottom, 0), max(left - right, 0)
        y = convolve_transposed(x, weight, bias, (layer.stride, layer.stride), padding, (extra[0], extra[1]))
        if bottom <= top and right <= left:
            return y
        return moved(y, (0, 0), (y.shape[2] - max(bottom - top, 0), y.shape[3] - max(right - left, 0)))

    def _batch_norm(self, number: str, layer: BatchNorm, x: Tensor, mode: Mode) -> Tensor:
        return self._normalise(number, layer, x, mode, self.array(number, "scale"), self.array(number, "shift"))

    def _normalise(
        self,
        number: str,
        layer: BatchNorm | ConditionalBatchNorm,
        x: Tensor,
        mode: Mode,
        scale: Tensor | None,
        shift: Tensor | None,
    ) -> Tensor:
        mean, variance = self.array(number, "mean"), self.array(number, "variance")
        by_batch = mode.training and not mode.running
        momentum = layer.momentum if mode.momentum is None else mode.momentum
        if by_batch and mode.ranks is not None:
            running = (mean, variance) if mode.track else None
            return batch_norm(x, running, scale, shift, momentum, layer.epsilon, mode.ranks)
        if by_batch and not mode.track:
            mean = variance = None
        return F.batch_norm(x, mean, variance, scale, shift, by_batch, momentum, layer.epsilon)

    def _conditional_batch_norm(
        self, number: str, layer: ConditionalBatchNorm, x: Tensor, labels: Tensor, mode: Mode
    ) -> Tensor:
        shape = (len(x), layer.features) + (1,) * (x.ndim - 2)
        normal = self._normalise(number, layer, x, mode, None, None)
        scale = self.array(number, "scale")[labels].view(shape).to(normal.dtype)
        shift = self.array(number, "shift")[labels].view(shape).to(normal.dtype)
        return torch.addcmul(shift, normal, scale)

    def _dropout(self, number: str, layer: Dropout, x: Tensor, mode: Mode) -> Tensor:
        """Stateless: the mask is `streams.keep_mask` of the layer's key."""
        if not mode.training:
            return x
        if mode.dropout_keys is None:
            raise ValueError("a training pass through dropout needs its keys")
        if fused.can_fuse(x):
            return fused.dropout(x, layer.rate, mode.dropout_keys[int(number)], mode.first_row)
        mask = keep_mask(x, layer.rate, mode.dropout_keys[int(number)], mode.first_row)
        return x * mask.to(x.dtype).div_(1 - layer.rate)

    def _projection(self, number: str, layer: Projection, x: Tensor, labels: Tensor, mode: Mode) -> Tensor:
        weight, embedding = self.array(number, "weight"), self.array(number, "embedding")
        if layer.spectral:
            weight = spectral(weight, self.array(number, "left"), mode)
            embedding = spectral(embedding, self.array(number, "left_embedding"), mode)
        rows = F.embedding(labels, embedding, sparse=self.sparse and f"{number}.embedding" in self.tables)
        return F.linear(x, weight, self.array(number, "bias")) + (rows * x).sum(1, keepdim=True)


def _labelled(plan: Plan) -> set[str]:
    """The dense layers that follow upon one-hot labels, if those are many."""
    named = [(number, layer) for number, layer in leaves(plan.layers)]
    return {
        number
        for (before, labels), (number, dense) in pairwise(named)
        if isinstance(labels, ConcatLabels) and labels.classes >= lookup.MANY and _next(before) == number
        if isinstance(dense, Linear) and not dense.spectral
    }


def _tables(plan: Plan, labelled: set[str]) -> set[str]:
    """The weights of which a batch needs few rows, those of its labels."""
    embeddings = (
        f"{number}.embedding"
        for number, layer in leaves(plan.layers)
        if isinstance(layer, Projection) and layer.classes >= lookup.MANY and not layer.spectral
    )
    return {f"{number}.weight" for number in labelled}.union(embeddings)


def _next(number: str) -> str:
    """The number of the layer after another, in the same stack."""
    stack, _, last = number.rpartition(".")
    return f"{stack}{'.' if stack else ''}{int(last) + 1}"


def _attribute(number: str | int, name: str) -> str:
    return f"layer{number}_{name}".replace(".", "_")  # module attributes must not contain dots


def _wide(x: Tensor) -> torch.dtype:
    return torch.float64 if x.dtype == torch.float64 else torch.float32
