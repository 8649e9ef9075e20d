"""One player: its network, its weights and its optimiser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from gansmith.by_hand import faults
from gansmith.by_hand.arrays import Array, Arrays
from gansmith.by_hand.network import Network
from gansmith.by_hand.optimizers import Adam
from gansmith.ground.errors import RunError
from gansmith.ground.game import BORN
from gansmith.ground.networks.even import evened, evened_layers, matrix
from gansmith.ground.networks.frozen import frozen_arrays
from gansmith.ground.networks.plan import Plan, leaves
from gansmith.ground.recipes.settings import Recipe
from gansmith.ground.running_stats import RunningStats
from gansmith.nets.initial import initial_weights


class Player:
    """A network with weights that minimises its own loss."""

    def __init__(self, plan: Plan, recipe: Recipe, dtype: np.dtype) -> None:
        self.name, self.network = plan.player, Network(plan)
        self.weights, self.gradient = Arrays(plan, dtype, statistics=True), Arrays(plan, dtype)
        self.optimizer = faults.optimizer(recipe, plan, dtype)
        trained = {
            f"{name}.{which}": shape
            for name, layer in leaves(plan.layers)
            for which, shape in layer.parameters().items()
        }
        frozen = frozen_arrays(recipe, trained, planned=True) if plan.player == "discriminator" else []
        self.first = sum(prod(trained[name]) for name in frozen)  # numbers that do not move: those of the lowest layers
        load_arrays(self.weights, initial_weights(plan, getattr(recipe, plan.player), recipe.seed), "")
        self.even = {number: (layer, matrix(layer).astype(dtype)) for number, layer in evened_layers(plan).items()}

    def step(self, rate: float, stats: RunningStats[Array | float] | None) -> None:
        """One step of the optimiser along `gradient`; `stats`, where given, get its size."""
        before = self.weights.trained.copy() if stats else self.weights.trained
        self.optimizer.step(self.weights.trained, self.gradient.trained, rate, self.first)
        self._restore_even_kernels()
        if stats:
            self._measure(before, stats)

    def _restore_even_kernels(self) -> None:
        """After a step, which knows nothing of them."""
        for path, array in self.weights.named() if self.even else ():
            number, _, name = path.rpartition(".")
            if number in self.even and name in ("weight", "bias"):
                layer, projection = self.even[number]
                array[...] = evened(layer, name, array, projection)

    def _measure(self, before: Array, stats: RunningStats[Array | float]) -> None:
        """L2 norms of the gradient and of the step, for the whole player and for each layer's weights."""
        change = Arrays(self.network.plan, before.dtype)
        np.subtract(self.weights.trained, before, out=change.trained)
        stats.set(f"gradient.{self.name}", norm(self.gradient.trained))
        stats.set(f"step.{self.name}", norm(change.trained) / max(norm(before), 1e-12))
        for index, gradients in enumerate(self.gradient.of):
            for name in gradients.keys() & {"weight", "scale"}:
                old = self.weights.of[index][name] - change.of[index][name]
                step = norm(change.of[index][name]) / max(norm(old), 1e-12)
                stats.set_layer(self.name, str(index), gradient=norm(gradients[name]), step=step)

    def state(self) -> Iterator[tuple[str, Array]]:
        """Weights and the optimiser's memory by their names in a checkpoint."""
        for name, array in self.weights.named():
            yield f"{self.name}/{name}", array
        for slot, memory in self.optimizer.memory.items():
            for name, array in memory.named():
                yield f"{self.name}-optimizer/{name}.{slot}", array
        if isinstance(self.optimizer, Adam) and self.optimizer.born is not None:
            for name, array in self.optimizer.born.named():
                if array.any():
                    yield f"{self.name}-optimizer/{name}.{BORN}", array.reshape(-1)[:1].astype(np.int64)

    def restore(self, arrays: Mapping[str, Array], steps: int) -> None:
        """Load weights and the optimiser's memory, which is zero before the first step."""
        load_arrays(self.weights, arrays, f"{self.name}/")
        self.optimizer.steps = steps
        for slot, memory in self.optimizer.memory.items():
            for name, array in memory.named():
                array[...] = arrays.get(f"{self.name}-optimizer/{name}.{slot}", 0)
        if isinstance(self.optimizer, Adam):
            born = Arrays(self.network.plan, np.dtype(np.float64))
            for name, array in born.named():
                array[...] = arrays.get(f"{self.name}-optimizer/{name}.{BORN}", 0)
            self.optimizer.born = born if born.trained.any() else None


def load_arrays(target: Arrays, arrays: Mapping[str, Array], prefix: str) -> None:
    """Copy "<prefix><name>" arrays into their places. Raises RunError when one is missing or of another shape."""
    for name, array in target.named():
        saved = arrays.get(prefix + name)
        if saved is None or saved.shape != array.shape:
            raise RunError(
                f"the saved {prefix.rstrip('/')} does not fit this recipe's network at {name!r}: put the recipe back as "
                "it was"
            )
        array[...] = saved


def norm(array: Array) -> float:
    """The L2 norm of all numbers of an array."""
    return float(np.linalg.norm(array.ravel().astype(np.float64)))
