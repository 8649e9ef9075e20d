"""Networks of your own: any pair of torch modules, used like built-in networks."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import DiscriminatorOutput


class OwnNetwork(nn.Module):
    """Wraps module(x, labels), with the methods of `Network`.

    Its dropout draws from torch's generator, which is seeded for each pass from the update's key.
    """

    plan = None
    tables: frozenset[str] = frozenset()

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def arrays(self) -> dict[str, Tensor]:
        """Parameters and buffers by their module names."""
        return {**self.weights(), **dict(self.module.named_buffers())}

    def weights(self) -> dict[str, nn.Parameter]:
        """Parameters by their module names."""
        return dict(self.module.named_parameters())

    def to_storage_layout(self, name: str, array: Tensor) -> Tensor:
        """The array itself."""
        return array

    def forward(self, x: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Tensor:
        """module(x, labels) as float32 (float64 stays)."""
        self.module.train(mode.training)
        copies = {}
        if mode.training and not mode.track:  # this pass changes copies of the buffers, such as running statistics
            copies = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
            for layer in self.module.modules():
                if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                    layer.train(not mode.running)
        devices = [x.device] if x.device.type == "cuda" else []
        with torch.random.fork_rng(devices, enabled=mode.training):
            if mode.training and mode.dropout_keys:
                first = mode.first_row if isinstance(mode.first_row, int) else mode.first_row[0]
                torch.manual_seed(int(next(iter(mode.dropout_keys.values()))) + first)  # other rows, other masks
            if copies and not isinstance(self.module, torch.jit.ScriptModule):
                out = functional_call(self.module, copies, (x, labels))
            else:
                versions = {name: buffer._version for name, buffer in self.module.named_buffers()}
                out = self.module(x, labels)
                self._put_back(copies, versions)
        return out if out.dtype == torch.float64 else out.float()

    @torch.no_grad()
    def _put_back(self, copies: Mapping[str, Tensor], versions: Mapping[str, int]) -> None:
        """Undo what a pass did to the buffers of a scripted module, which cannot run on copies. Untouched ones stay as they
        are: the backward pass may need them."""
        for name, buffer in self.module.named_buffers():
            if name in copies and buffer._version != versions[name]:
                buffer.copy_(copies[name])

    def discriminate(self, items: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> DiscriminatorOutput:
        """The logits of a module that returns (B,) or (B, 1)."""
        return DiscriminatorOutput(self(items, labels, mode).flatten())
