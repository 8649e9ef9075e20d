"""Networks that a user wrote: any pair of torch modules, used like built-in networks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import DiscriminatorOutput


class OwnNetwork(nn.Module):
    """Wraps module(x, labels) so that it runs in a `Mode`, and names its arrays.

    Its dropout draws from torch's generator, which is seeded for each pass from the update's own key.
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
        """The array itself: these are stored as the module has them."""
        return array

    def forward(self, x: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Tensor:
        """module(x, labels) as float32 (float64 stays)."""
        self.module.train(mode.training)
        devices = [x.device] if x.device.type == "cuda" else []
        with _untracked(self.module, mode), torch.random.fork_rng(devices, enabled=mode.training):
            if mode.training and mode.dropout_keys:
                first = mode.first_row if isinstance(mode.first_row, int) else mode.first_row[0]
                torch.manual_seed(int(next(iter(mode.dropout_keys.values()))) + first)  # other rows, other masks
            out = self.module(x, labels)
        return out if out.dtype == torch.float64 else out.float()

    def discriminate(self, items: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> DiscriminatorOutput:
        """The logits of a module that returns (B,) or (B, 1)."""
        return DiscriminatorOutput(self(items, labels, mode).flatten())


@contextmanager
def _untracked(module: nn.Module, mode: Mode) -> Iterator[None]:
    """In a training pass that is not tracked, batch norm uses the batch's statistics and keeps none, and every other
    buffer (singular vectors, the module's own running means) is restored afterwards."""
    if mode.track or not mode.training:
        yield
        return
    norms: list[Any] = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    tracked = [m.track_running_stats for m in norms]
    kept = [
        (owner, name, buffer, buffer._version, buffer.clone())
        for owner in module.modules()
        for name, buffer in owner._buffers.items()
        if buffer is not None
    ]
    for norm in norms:
        norm.train(not mode.running)
        norm.track_running_stats = norm.track_running_stats and mode.running
    try:
        yield
    finally:
        for norm, was in zip(norms, tracked, strict=True):
            norm.track_running_stats = was
        for owner, name, buffer, version, value in kept:
            owner._buffers[name] = buffer
            if buffer._version != version:  # the backward pass may need an unchanged one as it is
                with torch.no_grad():
                    buffer.copy_(value)
