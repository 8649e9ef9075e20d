"""One player: its network, its optimiser, and how it takes a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.game.lazy import SECOND, UPTO, LazyAdam, by_rows, can_wait
from gansmith.game.ledger import Ledger
from gansmith.ground.errors import RunError
from gansmith.ground.settings import OptimizerName, OptimizerSettings
from gansmith.nets.network import Network
from gansmith.nets.ranks import Ranks


def adam(parameters: list[nn.Parameter], settings: OptimizerSettings) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2015), in one fused pass over all arrays."""
    betas = settings.beta1, settings.beta2
    return torch.optim.Adam(
        parameters, settings.rate, betas, settings.epsilon, fused=True, capturable=parameters[0].is_cuda
    )


def sgd(parameters: list[nn.Parameter], settings: OptimizerSettings) -> torch.optim.Optimizer:
    """Gradient descent with heavy-ball momentum."""
    return torch.optim.SGD(parameters, settings.rate, momentum=settings.momentum, fused=True)


def rmsprop(parameters: list[nn.Parameter], settings: OptimizerSettings) -> torch.optim.Optimizer:
    """Gradients over the root of their running mean square (Tieleman and Hinton 2012), with momentum."""
    alpha, epsilon, momentum = settings.beta2, settings.epsilon, settings.momentum
    capturable = parameters[0].is_cuda
    return torch.optim.RMSprop(
        parameters, settings.rate, alpha, epsilon, momentum=momentum, foreach=True, capturable=capturable
    )


OPTIMIZERS: dict[OptimizerName, Callable[[list[nn.Parameter], OptimizerSettings], torch.optim.Optimizer]] = {
    "adam": adam,
    "sgd": sgd,
    "rmsprop": rmsprop,
}
SLOTS: dict[OptimizerName, dict[str, str]] = {
    "adam": {"first": "exp_avg", "second": "exp_avg_sq"},
    "sgd": {"momentum": "momentum_buffer"},
    "rmsprop": {"second": "square_avg", "momentum": "momentum_buffer"},
}
"""What an optimiser remembers of each array: our name -> torch's."""


class Player:
    """A network that can be frozen, and that takes steps down its own loss."""

    def __init__(self, name: str, network: Network, settings: OptimizerSettings, ranks: Ranks | None = None) -> None:
        self.name, self.network, self.settings, self.ranks = name, network, settings, ranks
        self.named = {
            name: weight
            for name, weight in network.weights().items()
            if weight.requires_grad  # what a user froze stays frozen
        }
        self.parameters = list(self.named.values())
        tables = network.tables if can_wait(network, settings, ranks) else ()
        self.lazy = {name: LazyAdam(weight, settings) for name, weight in self.named.items() if name in tables}
        if self.lazy:
            network.sparse = True
        self.rows = {name: self._row(weight) for name, weight in self.named.items() if name not in self.lazy}
        self.optimizer = OPTIMIZERS[settings.name]([*self.rows.values()], settings)
        self.flat = None if ranks is None else Flat(self.parameters)
        self.steps = 0

    def _row(self, weight: nn.Parameter) -> nn.Parameter:
        """What the optimiser steps through: of built-in networks every array as it lies, of a user's own, whose arrays may
        have gaps or be exchanged for others, the parameters themselves."""
        return weight if self.network.plan is None else nn.Parameter(as_it_lies(weight.detach()))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While frozen, gradients flow through the network and none are kept for its weights."""
        for parameter in self.parameters:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in self.parameters:
                parameter.requires_grad_(True)

    def differentiate(self, loss: Tensor, *, retain: bool = False) -> None:
        """Add the loss's gradient with respect to this player's weights, and nobody else's. retain: the graph is
        needed once more."""
        # not autograd.grad: a fused step takes gradients in their weight's memory layout, which `backward` sees to
        loss.backward(inputs=self.parameters, retain_graph=retain)

    def stand_still(self) -> None:
        """The gradient of a loss that does not depend on this player: exactly 0."""
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)

    def descend(self, rate: float | Tensor, ledger: Ledger | None) -> None:
        """One optimiser step along the gradient that was taken, averaged over the ranks; with a ledger, gradients and
        step sizes are measured."""
        if self.flat and self.ranks:
            self.flat.average(self.ranks)
        if ledger:
            before = {name: self.named[name].detach().clone() for name in self.rows}
            sizes = [parameter.detach().norm() for parameter in self.parameters]
            self.step(rate)
            self._measure(before, sizes, ledger)
        else:
            self.step(rate)
        self.forget_gradients()

    def forget_gradients(self) -> None:
        """The next ones are not added to these."""
        for parameter in (*self.parameters, *self.rows.values()):
            parameter.grad = None

    def step(self, rate: float | Tensor) -> None:
        """Move along the gradients that are there."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        for name, row in self.rows.items():
            weight = self.named[name]
            if row is not weight:
                row.grad = None if weight.grad is None else as_it_lies(dense(weight.grad))
        self.optimizer.step()
        self.steps += 1
        for table in self.lazy.values():
            table.step(rate, self.steps)

    def _measure(self, before: Mapping[str, Tensor], sizes: Sequence[Tensor], ledger: Ledger) -> None:
        gradients, changes = [], []
        for (name, parameter), size in zip(self.named.items(), sizes, strict=True):
            gradient = parameter.new_zeros(()) if parameter.grad is None else values(parameter.grad)
            gradients.append(gradient.norm())
            change = self.lazy[name].change if name in self.lazy else parameter.detach() - before[name]
            changes.append(change.norm())
            if name.endswith(("weight", "scale")):
                entry = {"gradient": gradients[-1], "step": changes[-1] / size.clamp_min(1e-12)}
                ledger.layers.setdefault(self.name, {})[name.rsplit(".", 1)[0]] = entry
        ledger.measured[f"gradient.{self.name}"] = torch.stack(gradients).norm()
        total = torch.stack([*sizes]).norm().clamp_min(1e-12)
        ledger.measured[f"step.{self.name}"] = torch.stack(changes).norm() / total

    def state(self) -> dict[str, np.ndarray]:
        """The optimiser's memory, as "<player>-optimizer/<array>.<slot>"."""
        arrays: dict[str, np.ndarray] = {}
        for name, row in self.rows.items():
            memory, weight = self.optimizer.state.get(row, {}), self.named[name]
            for slot, theirs in SLOTS[self.settings.name].items():
                if memory.get(theirs) is not None:
                    laid = memory[theirs] if row is weight else as_shaped(memory[theirs], weight)
                    arrays[f"{self.name}-optimizer/{name}.{slot}"] = to_numpy(
                        self.network.to_storage_layout(name, laid)
                    )
        for name, table in self.lazy.items():
            arrays[f"{self.name}-optimizer/{name}.{SECOND}"] = to_numpy(
                self.network.to_storage_layout(name, table.second)
            )
            arrays[f"{self.name}-optimizer/{name}.{UPTO}"] = to_numpy(
                self.network.to_storage_layout(name, table.upto[:, None])
            )
        return arrays

    def restore(self, arrays: Mapping[str, np.ndarray], steps: int) -> None:
        """Take back the optimiser's memory."""
        self.steps = steps
        self.optimizer.state.clear()
        for name, row in self.rows.items():
            memory = self._memory(arrays, name, row)
            if memory and self.settings.name != "sgd":
                memory["step"] = torch.tensor(float(steps), device=row.device)
            if memory:
                self.optimizer.state[row] = memory
        for name, table in self.lazy.items():
            table.restore(self._saved(arrays, name, SECOND), self._saved(arrays, name, UPTO), steps)

    def _memory(self, arrays: Mapping[str, np.ndarray], name: str, row: nn.Parameter) -> dict[str, Tensor]:
        """What torch's optimiser remembers of an array."""
        slots, weight = SLOTS[self.settings.name], self.named[name]
        saved = {slot: array for slot in slots if (array := self._saved(arrays, name, slot)) is not None}
        if self.settings.name == "adam" and saved:
            saved.setdefault("first", torch.zeros(()))  # of a table that was lazy
        laid = {slot: torch.empty_like(weight.detach()).copy_(array) for slot, array in saved.items()}
        return {slots[slot]: array if row is weight else as_it_lies(array) for slot, array in laid.items()}

    def _saved(self, arrays: Mapping[str, np.ndarray], name: str, slot: str) -> Tensor | None:
        """What was remembered of an array, in the shape in which it is kept."""
        array = arrays.get(f"{self.name}-optimizer/{name}.{slot}")
        return None if array is None else self.network.to_storage_layout(name, torch.as_tensor(np.array(array)))


def dense(gradient: Tensor) -> Tensor:
    """A gradient with all its rows."""
    return gradient.to_dense() if gradient.is_sparse else gradient


def values(gradient: Tensor) -> Tensor:
    """The numbers of a gradient that need not be 0."""
    return by_rows(gradient)[1] if gradient.is_sparse else gradient


def as_it_lies(array: Tensor) -> Tensor:
    """An array without gaps as one row, in the order of its memory. An optimiser's step is elementwise, so it may have its
    arrays so; of arrays in another order than their shape's, torch's fused steps make copies that they don't need."""
    return array.as_strided((array.numel(),), (1,))


def as_shaped(row: Tensor, array: Tensor) -> Tensor:
    """What `as_it_lies` made a row, in the shape of its array again."""
    return row.as_strided(array.shape, array.stride())


class Flat:
    """One buffer for all gradients of a player: what ranks exchange is one message."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        self.buffer = torch.zeros(
            sum(p.numel() for p in parameters), dtype=parameters[0].dtype, device=parameters[0].device
        )
        self.places: list[Tensor] = []
        first = 0
        for parameter in parameters:  # laid out as the parameter is, so that copies are plain
            self.places.append(self.buffer.as_strided(parameter.shape, parameter.stride(), first))
            first += parameter.numel()

    @torch.no_grad()
    def average(self, ranks: Ranks) -> None:
        """Replace each gradient by its mean over the ranks. Who has none here has none anywhere."""
        pairs = [(place, p.grad) for place, p in zip(self.places, self.parameters, strict=True) if p.grad is not None]
        places, gradients = [place for place, _ in pairs], [gradient for _, gradient in pairs]
        torch._foreach_copy_(places, gradients)  # pyright: ignore[reportPrivateImportUsage]
        ranks.add_up(self.buffer)
        self.buffer.div_(ranks.size)
        torch._foreach_copy_(gradients, places)  # pyright: ignore[reportPrivateImportUsage]


def load_arrays(network: Network, arrays: Mapping[str, np.ndarray], prefix: str) -> None:
    """Copy "<prefix>/<name>" arrays into a network. Raises RunError when one is missing or of another shape."""
    with torch.no_grad():
        for name, target in network.arrays().items():
            array = arrays.get(f"{prefix}/{name}")
            if array is None or tuple(array.shape) != tuple(target.shape):
                raise RunError(f"the saved {prefix} does not fit this recipe's network at {name!r}")
            target.copy_(torch.as_tensor(np.array(array)))


def to_numpy(tensor: Tensor) -> np.ndarray:
    """A copy on the host, in plain row-major memory."""
    return tensor.detach().cpu().contiguous().clone().numpy()
