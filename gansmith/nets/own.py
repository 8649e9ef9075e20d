"""Networks that a user wrote: any pair of torch modules, held to the manners of a built-in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gansmith.nets.network import INFERENCE, Mode, Opinion


class OwnNetwork(nn.Module):
    """Wraps module(x, labels) so that it runs in a `Mode`, and names its arrays.

    Its dropout draws from torch's generator, which is seeded for each pass from the update's own key.
    """

    plan = None

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def arrays(self) -> dict[str, Tensor]:
        """Parameters and floating-point buffers by their module names."""
        named = [*self.module.named_parameters(), *self.module.named_buffers()]
        return {name: value for name, value in named if value.is_floating_point()}

    def forward(self, x: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Tensor:
        """module(x, labels) as float32 (float64 stays)."""
        self.module.train(mode.training)
        with _untracked(self.module, mode), torch.random.fork_rng(_devices(x), enabled=mode.training):
            if mode.training and mode.dropout_keys:
                torch.manual_seed(next(iter(mode.dropout_keys.values())))
            out = self.module(x, labels)
        return out if out.dtype == torch.float64 else out.float()

    def opinion(self, items: Tensor, labels: Tensor | None = None, mode: Mode = INFERENCE) -> Opinion:
        """The verdicts of a module that returns (B,) or (B, 1)."""
        return Opinion(self(items, labels, mode).flatten())


@contextmanager
def _untracked(module: nn.Module, mode: Mode) -> Iterator[None]:
    """Batch norm uses the batch and forgets it, where the pass must not be tracked; frozen, it uses what it knows."""
    norms: list[Any] = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    tracked = [m.track_running_stats for m in norms]
    for norm in norms:
        norm.train(mode.training and not mode.running)
        norm.track_running_stats = norm.track_running_stats and (mode.track or not norm.training)
    try:
        yield
    finally:
        for norm, was in zip(norms, tracked, strict=True):
            norm.track_running_stats = was


def _devices(x: Tensor) -> list[torch.device]:
    return [x.device] if x.device.type == "cuda" else []
