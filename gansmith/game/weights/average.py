"""The averaged generator, which is what samples show: an exponential moving average (EMA) of the generator's weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from gansmith.game.weights.lazy import LazyAverage
from gansmith.game.weights.optimizer import Optimizer, to_numpy
from gansmith.ground import draws
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets.network import Mode, Network


class AveragedGenerator:
    """A copy of the generator that follows it. optimizer: the generator's, which knows the tables that it steps lazily."""

    def __init__(self, recipe: Recipe, network: Network, optimizer: Optimizer, classes: int) -> None:
        self.recipe, self.network, self.optimizer, self.classes = (
            recipe,
            network.requires_grad_(False),
            optimizer,
            classes,
        )
        tables = optimizer.lazy if recipe.ema.half_life > 0 else {}  # without an average nothing lags behind
        self.lazy: dict[str, LazyAverage] = {name: table.averaged() for name, table in tables.items()}
        # with `recalibrate`, these are not the generator's: of one's own network the statistics of batch norm
        own, buffers = getattr(network, "statistics", None), network.arrays().keys() - optimizer.named.keys()
        self.measured = (buffers if own is None else own) if recipe.ema.recalibrate else frozenset()
        self.up_to_date = True

    @torch.no_grad()
    def update(self, decay: float, share: float | Tensor) -> None:
        """Keep `decay` of itself and take `share` = 1 - decay of the generator. Batch statistics are copied."""
        target, weights = self.network.arrays(), self.optimizer.network.arrays()
        if isinstance(share, Tensor):  # one of a graph's inputs
            share = share.to(next(self.network.parameters()).dtype)
        for name, value in weights.items():
            if name in self.lazy:
                self.lazy[name].decay(decay)
            elif name in self.optimizer.named:
                target[name].lerp_(value, share)
            elif name not in self.measured:
                target[name].copy_(value)

    @torch.no_grad()
    def bring_up_to_date(self, known: np.ndarray | None) -> None:
        """Before anyone looks: write the tables that lag behind, and recalibrate. known: labels of all items, or None.

        With `ema.recalibrate`, batch norm gets the statistics of the averaged weights themselves, over so many fixed
        batches: copied ones belong to the generator as it was in its last update, and the faster that moves the less they
        fit the average (Izmailov et al. 2018). It is a function of the weights alone, so it does not matter when it is done.
        """
        if self.up_to_date:
            return
        for name, average in self.lazy.items():
            average.write(self.network.weights()[name])
        recipe, weight = self.recipe, next(self.network.parameters())
        for batch in range(recipe.ema.recalibrate if self.measured else 0):
            z = torch.as_tensor(draws.latents(recipe, 0, batch, recipe.data.batch)).to(weight.device, weight.dtype)
            drawn = draws.labels(recipe, 0, batch, recipe.data.batch, self.classes, known)
            labels = None if drawn is None else torch.as_tensor(drawn).to(weight.device)
            self.network(z, labels, Mode(training=True, track=True, momentum=1 / (batch + 1)))
        self.up_to_date = True

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint holds besides the averaged weights."""
        return {
            f"ema-rows/{name}.{key}": to_numpy(value)
            for name, average in self.lazy.items()
            for key, value in average.state().items()
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go back to a state; the averaged weights are in place by now."""
        for name, average in self.lazy.items():
            paths = {key: f"ema-rows/{name}.{key}" for key in average.state()}
            memory = {key: torch.as_tensor(arrays[path]) for key, path in paths.items() if path in arrays}
            average.restore(memory, self.network.weights()[name])
        self.up_to_date = True
