"""What all torch layers have in common, and what a forward pass gives to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import torch
from torch import Tensor, nn

from gansmith.ground.networks import plan
from gansmith.nets.modes import Mode

Record = TypeVar("Record", bound=plan.Layer)


@dataclass
class ForwardContext:
    """What the layers of one forward pass need besides their input, and what its auxiliary heads have computed."""

    labels: Tensor | None  # int64 (B,)
    mode: Mode
    sparse: bool = False  # the gradients of `TorchLayer.tables` are sparse tensors
    heads: dict[str, Tensor] = field(default_factory=dict)
    look: Callable[[Tensor, int], list[Tensor]] | None = None  # what the layers `Seen` see (`nets.eyes`)
    styles: list[Tensor] = field(default_factory=list)  # (B, features) of each stage, from the layer `Style`
    seen: dict[int, list[Tensor]] = field(default_factory=dict)  # what they have seen, by channels

    def labels_for(self, classes: int) -> Tensor:
        """The labels, for a layer that needs them. Raises ValueError where there are none."""
        if self.labels is None:
            raise ValueError(f"this network is labelled: give labels in 0..{classes - 1}")
        return self.labels


@dataclass(frozen=True)
class Place:
    """Where a layer stands in its network."""

    name: str  # in the plan, as "3" or "3.body.0"
    arrays: Mapping[str, Tensor]  # of the whole network, named "<layer>.<name>", in the shapes of the plan
    before: plan.Layer | None = None  # its neighbours in the same stack
    after: plan.Layer | None = None
    sublayers: Mapping[str, Sequential] = field(default_factory=dict)


class TorchLayer(nn.Module, Generic[Record]):
    """One layer of a plan as a module. Its parameters, buffers and submodules are those that its record names."""

    in_place = False  # forward may overwrite its input
    float32_at_end = True  # as the last layer of a network it computes in float32 at least, under autocast too
    tables: tuple[str, ...] = ()  # parameters of which a batch needs few rows, those of its labels

    def __init__(self, record: Record, place: Place) -> None:
        super().__init__()
        self.record, self.name = record, place.name
        self.arrays = (*record.parameters(), *record.buffers())
        for name in record.parameters():
            array = self.to_storage_layout(name, place.arrays[f"{place.name}.{name}"])
            memory = torch.channels_last if array.ndim == 4 else torch.contiguous_format
            self.register_parameter(name, nn.Parameter(array.contiguous(memory_format=memory)))
        for name in record.buffers():
            self.register_buffer(name, place.arrays[f"{place.name}.{name}"])
        for name, stack in place.sublayers.items():
            self.add_module(name, stack)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """x (B, *shape) -> (B, *record.shape_after(shape)). Pictures are (B, C, H, W) in channels-last memory."""
        raise NotImplementedError

    def to_storage_layout(self, name: str, array: Tensor) -> Tensor:
        """An array from its shape in the plan to that in which it is stored, or back: a view."""
        return array

    def array(self, name: str) -> Tensor:
        """A parameter or buffer in its shape in the plan."""
        return self.to_storage_layout(name, getattr(self, name))


class Sequential(nn.ModuleList):
    """A stack of layers, one after the other."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """The output of the last layer. x is not overwritten: other layers need it too."""
        layers = cast("list[TorchLayer[Any]]", list(self))
        if layers and layers[0].in_place:
            x = x.clone()
        for layer in layers:
            x = layer(x, context)
        return x


def compute_dtype(x: Tensor) -> torch.dtype:
    """The type of a product with x: autocast's, else that of x."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def at_least_float32(x: Tensor) -> Tensor:
    """x in float32; float64 stays."""
    return x.to(torch.float64 if x.dtype == torch.float64 else torch.float32)
