"""Layers that hold stacks of other layers."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.ground.networks import plan
from gansmith.nets.layers.torch_layer import ForwardContext, Sequential, TorchLayer, at_least_float32


class Residual(TorchLayer[plan.Residual]):
    """shortcut(x) + scale x body(x) (He et al. 2016)."""

    body: Sequential
    shortcut: Sequential

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        body = self.body(x, context)
        return self.shortcut(x, context) + self.record.scale * body


class Skip(TorchLayer[plan.Skip]):
    """The channels of x and of body(x) (Ronneberger et al. 2015)."""

    body: Sequential

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return torch.cat([x, self.body(x, context)], 1)


class Beside(TorchLayer[plan.Beside]):
    """The numbers of all branches in one row."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        rows = [getattr(self, name)(x, context).flatten(1) for name in self.record.sublayers()]
        return torch.cat(rows, 1)[:, None, None]


class AuxiliaryHead(TorchLayer[plan.AuxiliaryHead]):
    """Puts body(x) into the context, in float32 as every output of a network; x goes on as it is."""

    body: Sequential

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            context.heads[self.record.name] = self.body(at_least_float32(x), context)
        return x
