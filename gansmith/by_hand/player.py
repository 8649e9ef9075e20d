"""One player: its network, its weights, its optimiser, and how it takes a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gansmith.by_hand import faults
from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.network import Network
from gansmith.ground.errors import RunError
from gansmith.ground.networks.plan import Plan
from gansmith.ground.settings import Recipe
from gansmith.ground.tally import Tally
from gansmith.nets.initial import initial_weights


class Player:
    """A network with weights, going down its own loss."""

    def __init__(self, plan: Plan, recipe: Recipe, dtype: np.dtype) -> None:
        self.name, self.network = plan.player, Network(plan, dtype)
        self.weights, self.gradient = Arrays(plan, dtype, kept=True), Arrays(plan, dtype)
        self.optimizer = faults.optimizer(recipe, plan, dtype)
        load_arrays(self.weights, initial_weights(plan, getattr(recipe, plan.player), recipe.seed), "")

    def descend(self, rate: float, tally: Tally | None) -> None:
        """One step of the optimiser along the gradient that is there; with a tally, it is measured."""
        before = self.weights.trained.copy() if tally else self.weights.trained
        self.optimizer.step(self.weights.trained, self.gradient.trained, rate)
        if tally:
            self._measure(before, tally)

    def _measure(self, before: np.ndarray, tally: Tally) -> None:
        """Lengths of the gradient and of the step, of the whole player and of each layer's weights."""
        change = Arrays(self.network.plan, before.dtype)
        np.subtract(self.weights.trained, before, out=change.trained)
        tally.measured[f"gradient.{self.name}"] = length(self.gradient.trained)
        tally.measured[f"step.{self.name}"] = length(change.trained) / max(length(before), 1e-12)
        layers = tally.layers.setdefault(self.name, {})
        for index, gradients in enumerate(self.gradient.of):
            for name in gradients.keys() & {"weight", "scale"}:
                old = self.weights.of[index][name] - change.of[index][name]
                step = length(change.of[index][name]) / max(length(old), 1e-12)
                layers[str(index)] = {"gradient": length(gradients[name]), "step": step}

    def state(self) -> Iterator[tuple[str, np.ndarray]]:
        """Weights and the optimiser's memory by their names in a checkpoint."""
        for name, array in self.weights.named():
            yield f"{self.name}/{name}", array
        for slot, memory in self.optimizer.memory.items():
            for name, array in memory.named():
                yield f"{self.name}-optimizer/{name}.{slot}", array

    def restore(self, arrays: Mapping[str, np.ndarray], steps: int) -> None:
        """Take back weights and the optimiser's memory, which is zero before the first step."""
        load_arrays(self.weights, arrays, f"{self.name}/")
        self.optimizer.steps = steps
        for slot, memory in self.optimizer.memory.items():
            for name, array in memory.named():
                array[...] = arrays.get(f"{self.name}-optimizer/{name}.{slot}", 0)


def load_arrays(target: Arrays, arrays: Mapping[str, np.ndarray], prefix: str) -> None:
    """Copy "<prefix><name>" arrays into their places. Raises RunError when one is missing or of another shape."""
    for name, array in target.named():
        given = arrays.get(prefix + name)
        if given is None or given.shape != array.shape:
            raise RunError(f"the saved {prefix.rstrip('/')} does not fit this recipe's network at {name!r}")
        array[...] = given


def length(array: np.ndarray) -> float:
    """The L2 norm of all numbers of an array."""
    return float(np.linalg.norm(array.ravel().astype(np.float64)))
