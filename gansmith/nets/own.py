"""Networks of your own: any pair of torch modules, used like built-in networks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import DiscriminatorOutput

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class OwnNetwork(nn.Module):
    """Wraps module(x, labels), or module(x) where it takes nothing else, with the methods of `Network`.

    What it draws comes from torch's global generators, which are seeded for each pass: in training from the update's key,
    otherwise always alike, so that samples are repeatable.
    """

    plan = None
    tables: frozenset[str] = frozenset()

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.takes_labels = takes_two(module)
        named = {layer: name for name, layer in module.named_modules()}
        buffers = dict(module.named_buffers())
        paths = (f"{named[layer]}.{each}".lstrip(".") for layer in batch_norms(module) for each in STATISTICS)
        self.statistics = frozenset(path for path in paths if path in buffers)  # buffers of batch norm, by their names

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
        inputs = (x, labels) if self.takes_labels else (x,)
        devices = [x.device] if x.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            if not mode.training or mode.momentum is not None:
                torch.manual_seed(0)
            elif mode.dropout_keys:
                first = mode.first_row if isinstance(mode.first_row, int) else mode.first_row[0]
                torch.manual_seed(int(next(iter(mode.dropout_keys.values()))) + first)  # other rows, other masks
            if mode.momentum is not None:
                out = self._measuring(inputs, mode.momentum)
            else:
                out = self._in_mode(inputs, mode)
        return out if out.dtype == torch.float64 else out.float()

    def _in_mode(self, inputs: tuple[Tensor | None, ...], mode: Mode) -> Tensor:
        """A pass of training, or outside it."""
        self.module.train(mode.training)
        copies = {}
        if mode.training and not mode.track:  # this pass changes copies of the buffers, such as running statistics
            copies = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
            for layer in batch_norms(self.module):
                layer.train(not mode.running)
        if copies and not isinstance(self.module, torch.jit.ScriptModule):
            return functional_call(self.module, copies, inputs)
        versions = {name: buffer._version for name, buffer in self.module.named_buffers()}
        out = self.module(*inputs)
        self._put_back(copies, versions)
        return out

    def _measuring(self, inputs: tuple[Tensor | None, ...], momentum: float) -> Tensor:
        """A pass as outside training in which batch norm alone looks at the batch, and takes this share of it into its
        running statistics. Nothing else of the network moves."""
        self.module.eval()
        layers = list(batch_norms(self.module))
        before = [(layer.momentum, layer.num_batches_tracked) for layer in layers]
        for layer in layers:
            layer.train()
            layer.momentum, layer.num_batches_tracked = momentum, None  # pyright: ignore[reportAttributeAccessIssue]
        try:
            return self.module(*inputs)
        finally:
            for layer, (own, tracked) in zip(layers, before, strict=True):
                layer.momentum, layer.num_batches_tracked = own, tracked
                layer.eval()

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


def batch_norms(module: nn.Module) -> Iterator[nn.modules.batchnorm._BatchNorm]:
    """Every batch norm inside a module; a scripted one is known by the name that it had."""
    for layer in module.modules():
        kind = getattr(layer, "original_name", type(layer).__name__)
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) or kind.startswith("BatchNorm"):
            yield layer  # pyright: ignore[reportReturnType]


def takes_two(module: nn.Module) -> bool:
    """Whether a module's forward takes labels after its input: an `nn.Sequential` does not."""
    try:
        inspect.signature(module.forward).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # it has no signature that can be read
        return True
    return True
