"""A plan as a torch module. Both players of every built-in pair are instances of this class."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.ground.networks.plan import Plan, Seen, leaves
from gansmith.nets import trunk
from gansmith.nets.eyes import look
from gansmith.nets.layers import build
from gansmith.nets.layers.torch_layer import ForwardContext, TorchLayer, at_least_float32
from gansmith.nets.modes import INFERENCE, Mode


@dataclass(frozen=True)
class DiscriminatorOutput:
    """What a discriminator returns for B items."""

    logits: Tensor  # (B,)
    per_pixel: Tensor | None = None  # logits (B, H, W), from an hourglass
    classes: Tensor | None = None  # (B, classes) scores of an auxiliary classifier

    @property
    def overall(self) -> Tensor:
        """One logit for each item (B,); with logits per pixel, the average of the item's logit and their mean."""
        return self.logits if self.per_pixel is None else (self.logits + self.per_pixel.mean((1, 2))) / 2

    def rows(self, which: slice) -> DiscriminatorOutput:
        """The output for some of the items."""
        per_pixel = None if self.per_pixel is None else self.per_pixel[which]
        return DiscriminatorOutput(self.logits[which], per_pixel, None if self.classes is None else self.classes[which])


class Network(nn.Module):
    """Runs a plan, whose layers are the modules of `nets.layers`. Arrays are named "<layer>.<name>", as in the plan."""

    def __init__(self, plan: Plan, arrays: Mapping[str, np.ndarray], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.plan = plan
        if any(isinstance(layer, Seen) for _, layer in leaves(plan.layers)):
            trunk.weights_file()  # what is missing is said before a training begins
        self.layers = build(plan.layers, {name: torch.as_tensor(array).to(dtype) for name, array in arrays.items()})
        layers = [layer for layer in self.modules() if isinstance(layer, TorchLayer)]
        self.named: dict[str, TorchLayer[Any]] = {layer.name: layer for layer in layers}
        self.tables = {f"{layer.name}.{name}" for layer in layers for name in layer.tables}
        self.sparse = False  # gradients of tables are sparse tensors, with the rows of the batch's labels

    def array(self, number: str | int, name: str) -> Tensor:
        """The parameter or buffer `name` of a layer, in its shape in the plan."""
        return self.named[str(number)].array(name)

    def arrays(self) -> dict[str, Tensor]:
        """Every parameter and buffer by its name in the plan, in its shape there."""
        return {f"{number}.{name}": layer.array(name) for number, layer in self.named.items() for name in layer.arrays}

    def weights(self) -> dict[str, nn.Parameter]:
        """Every parameter by its name in the plan, as it is stored (see `to_storage_layout`)."""
        return {
            f"{number}.{name}": getattr(layer, name)
            for number, layer in self.named.items()
            for name in layer.record.parameters()
        }

    def to_storage_layout(self, name: str, array: Tensor) -> Tensor:
        """An array from its shape in the plan to that in which it is stored, or back: a view."""
        number, _, which = name.rpartition(".")
        return self.named[number].to_storage_layout(which, array)

    def forward(self, x: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Tensor:
        """x (B, *plan.input_shape), labels int64 (B,) where the plan needs them -> (B, *plan.output_shape).

        Pictures are (B, C, H, W), in channels-last memory.
        """
        return self._through(x, ForwardContext(labels, mode, self.sparse, look=look))

    def discriminate(self, items: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> DiscriminatorOutput:
        """All outputs of a discriminator for items (B, *plan.input_shape)."""
        context = ForwardContext(labels, mode, self.sparse, look=look)
        out, classes = self._through(items, context), context.heads.get("classes")
        if out.ndim == 4:
            return DiscriminatorOutput(context.heads["logits"].flatten(), out[:, 0], classes)
        return DiscriminatorOutput(out.flatten(), None, classes)

    def _through(self, x: Tensor, context: ForwardContext) -> Tensor:
        """The output of all layers in float32 at least; a last layer with weights also computes in it."""
        last = len(self.layers) - 1
        with torch.autocast(x.device.type, enabled=False) if x.dtype == torch.float64 else nullcontext():
            for index, layer in enumerate(self.layers):
                if index == last and cast("TorchLayer[Any]", layer).float32_at_end:
                    with torch.autocast(x.device.type, enabled=False):
                        x = layer(at_least_float32(x), context)
                else:
                    x = layer(x, context)
        return at_least_float32(x)
