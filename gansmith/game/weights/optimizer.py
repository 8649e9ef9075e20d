"""How a player's weights move along their gradients: by rules that know nothing of shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.game.weights.lazy import SECOND, UPTO, LazyAdam, by_rows, can_wait
from gansmith.game.weights.rules import Adam, Rate, RmsProp, Rule, Sgd, Steps
from gansmith.ground.game import BORN
from gansmith.ground.networks.even import evened, evened_layers, matrix
from gansmith.ground.networks.plan import Conv, ConvTranspose
from gansmith.ground.recipes.settings import OptimizerName, OptimizerSettings
from gansmith.nets.network import Network
from gansmith.nets.ranks import Ranks

Lengths = dict[str, dict[str, Tensor]]
"""By layer, "" for all: "gradient" and "step", each ()."""


OPTIMIZERS: dict[OptimizerName, Callable[[OptimizerSettings], Rule]] = {
    "adam": lambda settings: Adam(settings.beta1, settings.beta2, settings.epsilon),
    "sgd": lambda settings: Sgd(settings.momentum),
    "rmsprop": lambda settings: RmsProp(settings.beta2, settings.epsilon, settings.momentum),
}
SLOTS: dict[OptimizerName, dict[str, str]] = {
    "adam": {"first": "exp_avg", "second": "exp_avg_sq"},
    "sgd": {"momentum": "momentum_buffer"},
    "rmsprop": {"second": "square_avg", "momentum": "momentum_buffer"},
}
"""What an optimiser remembers of each array: our name -> torch's."""


class Optimizer:
    """Moves the trained arrays of one network.

    The rule gets every array as one flat row; tables of many labels are stepped by `lazy.LazyAdam`.
    """

    def __init__(self, name: str, network: Network, settings: OptimizerSettings, ranks: Ranks | None) -> None:
        self.name, self.network, self.settings = name, network, settings
        # what a user froze stays frozen
        self.named = {name: weight for name, weight in network.weights().items() if weight.requires_grad}
        tables = network.tables if can_wait(network, settings, ranks) else ()
        self.lazy = {name: LazyAdam(weight, settings) for name, weight in self.named.items() if name in tables}
        if self.lazy:
            network.sparse = True
        self.rows = {name: self._row(weight) for name, weight in self.named.items() if name not in self.lazy}
        self.inner = Steps(OPTIMIZERS[settings.name](settings), self.rows.values())
        self.even = EvenKernels(network)
        self.flat = None if ranks is None else FlatGradients(list(self.named.values()), ranks)
        self.steps = 0
        self.born: dict[str, int] = {}  # the step after which the memory of an array began, where that is not 0

    def _row(self, weight: nn.Parameter) -> nn.Parameter:
        """What the rule steps through. A user's own arrays, which may have gaps or be exchanged for others, stay
        as they are."""
        return weight if self.network.plan is None else nn.Parameter(flat_view(weight.detach()))

    def step(self, rate: Rate, *, measure: bool = False) -> Lengths:
        """Move along the gradients that are there, averaged over all processes; then forget them. Returns the lengths of
        gradients and steps where they are wanted."""
        if self.flat:
            self.flat.average()
        before = {name: self.named[name].detach().clone() for name in self.rows} if measure else {}
        sizes = [weight.detach().norm() for weight in self.named.values()] if measure else []
        for name, row in self.rows.items():
            weight = self.named[name]
            if row is not weight:
                row.grad = None if weight.grad is None else flat_view(dense(weight.grad))
        self.inner.step(rate.float() if isinstance(rate, Tensor) and rate.is_cuda else rate)
        self.even.restore()
        self.steps += 1
        for name, table in self.lazy.items():
            table.step(rate, self.steps, self.born.get(name, 0))
        lengths = self._lengths(before, sizes) if measure else {}
        self.forget_gradients()
        return lengths

    def _lengths(self, before: Mapping[str, Tensor], sizes: Sequence[Tensor]) -> Lengths:
        """L2 norms of the gradient, and of the step over that of the weights before it: of all arrays together (""), and
        of the weights of each layer."""
        gradients: list[Tensor] = []
        steps: list[Tensor] = []
        found: Lengths = {}
        for (name, weight), size in zip(self.named.items(), sizes, strict=True):
            gradients.append((weight.new_zeros(()) if weight.grad is None else nonzero(weight.grad)).norm())
            steps.append((self.lazy[name].change if name in self.lazy else weight.detach() - before[name]).norm())
            if name.endswith(("weight", "scale")):
                entry = {"gradient": gradients[-1], "step": steps[-1] / size.clamp_min(1e-12)}
                found[name.rpartition(".")[0]] = entry
        length = torch.stack([*sizes]).norm().clamp_min(1e-12)
        found[""] = {"gradient": torch.stack(gradients).norm(), "step": torch.stack(steps).norm() / length}
        return found

    def forget_gradients(self) -> None:
        """The next ones are not added to these."""
        for parameter in (*self.named.values(), *self.rows.values()):
            parameter.grad = None

    def state(self) -> dict[str, np.ndarray]:
        """Its memory by names in a checkpoint: "<name>-optimizer/<array>.<slot>"."""
        arrays: dict[str, np.ndarray] = {}
        for name, row in self.rows.items():
            memory, weight = self.inner.state.get(row, {}), self.named[name]
            for slot, theirs in SLOTS[self.settings.name].items():
                if memory.get(theirs) is not None:
                    laid = memory[theirs] if row is weight else as_shaped(memory[theirs], weight)
                    arrays[self._path(name, slot)] = to_numpy(self.network.to_storage_layout(name, laid))
        for name, table in self.lazy.items():
            arrays[self._path(name, SECOND)] = to_numpy(self.network.to_storage_layout(name, table.second))
            arrays[self._path(name, UPTO)] = to_numpy(self.network.to_storage_layout(name, table.upto[:, None]))
        return arrays | {self._path(name, BORN): np.array([step]) for name, step in self.born.items()}

    def restore(self, arrays: Mapping[str, np.ndarray], steps: int) -> None:
        """Take back its memory after so many steps."""
        self.steps = steps
        self.born = {name: int(arrays[path][0]) for name in self.named if (path := self._path(name, BORN)) in arrays}
        self.inner.state.clear()
        for name, row in self.rows.items():
            memory = self._memory(arrays, name, row)
            if memory and self.settings.name != "sgd":
                memory["step"] = torch.tensor(float(steps - self.born.get(name, 0)), device=row.device)
            if memory:
                self.inner.state[row] = memory
        for name, table in self.lazy.items():
            table.restore(self._saved(arrays, name, SECOND), self._saved(arrays, name, UPTO), steps)

    def _path(self, name: str, slot: str) -> str:
        return f"{self.name}-optimizer/{name}.{slot}"

    def _memory(self, arrays: Mapping[str, np.ndarray], name: str, row: nn.Parameter) -> dict[str, Tensor]:
        """What the rule remembers of an array."""
        slots, weight = SLOTS[self.settings.name], self.named[name]
        saved = {slot: array for slot in slots if (array := self._saved(arrays, name, slot)) is not None}
        if self.settings.name == "adam" and saved:
            saved.setdefault("first", torch.zeros(()))  # of a table that was lazy
        laid = {slot: torch.empty_like(weight.detach()).copy_(array) for slot, array in saved.items()}
        return {slots[slot]: array if row is weight else flat_view(array) for slot, array in laid.items()}

    def _saved(self, arrays: Mapping[str, np.ndarray], name: str, slot: str) -> Tensor | None:
        """What was remembered of an array, in the shape in which it is kept."""
        array = arrays.get(self._path(name, slot))
        return None if array is None else self.network.to_storage_layout(name, torch.as_tensor(np.array(array)))


class FlatGradients:
    """One buffer for all gradients of a player: what processes exchange is one message."""

    def __init__(self, parameters: list[nn.Parameter], ranks: Ranks) -> None:
        self.parameters, self.ranks = parameters, ranks
        self.buffer = torch.zeros(
            sum(p.numel() for p in parameters), dtype=parameters[0].dtype, device=parameters[0].device
        )
        self.places: list[Tensor] = []
        first = 0
        for parameter in parameters:  # laid out as the parameter is, so that copies are plain
            self.places.append(self.buffer.as_strided(parameter.shape, parameter.stride(), first))
            first += parameter.numel()

    @torch.no_grad()
    def average(self) -> None:
        """Replace each gradient by its mean over the processes. A weight without a gradient on one process has none on any."""
        pairs = [(place, p.grad) for place, p in zip(self.places, self.parameters, strict=True) if p.grad is not None]
        places, gradients = [place for place, _ in pairs], [gradient for _, gradient in pairs]
        torch._foreach_copy_(places, gradients)  # pyright: ignore[reportPrivateImportUsage]
        self.ranks.all_reduce(self.buffer)
        self.buffer.div_(self.ranks.size)
        torch._foreach_copy_(gradients, places)  # pyright: ignore[reportPrivateImportUsage]


class EvenKernels:
    """Keeps the kernels of a network even that its plan wants even, see `networks.even`."""

    def __init__(self, network: Network) -> None:
        self.parts: list[tuple[Conv | ConvTranspose, str, nn.Parameter, Tensor]] = []
        weights = network.weights()
        for number, layer in evened_layers(network.plan).items() if network.plan is not None else ():
            some = weights[f"{number}.weight"]
            projection = torch.as_tensor(matrix(layer), dtype=some.dtype, device=some.device)
            named = ((name, weights[f"{number}.{name}"]) for name in layer.parameters())
            self.parts += [(layer, name, weight, projection) for name, weight in named if weight.requires_grad]

    @torch.no_grad()
    def restore(self) -> None:
        """After a step, which knows nothing of it."""
        for layer, name, weight, projection in self.parts:
            weight.copy_(evened(layer, name, weight, projection))


def nonzero(gradient: Tensor) -> Tensor:
    """The numbers of a gradient that need not be 0."""
    return by_rows(gradient)[1] if gradient.is_sparse else gradient


def dense(gradient: Tensor) -> Tensor:
    """A gradient with all its rows."""
    return gradient.to_dense() if gradient.is_sparse else gradient


def flat_view(array: Tensor) -> Tensor:
    """An array without gaps as one row, in the order of its memory. A step is elementwise, so it does not matter; of
    arrays in another order than their shape's, torch's fused steps would make copies."""
    return array.as_strided((array.numel(),), (1,))


def as_shaped(row: Tensor, array: Tensor) -> Tensor:
    """What `flat_view` made a row, in the shape and memory order of its array again."""
    return row.as_strided(array.shape, array.stride())


def to_numpy(tensor: Tensor) -> np.ndarray:
    """A copy on the host, in plain row-major memory."""
    return tensor.detach().cpu().contiguous().clone().numpy()
