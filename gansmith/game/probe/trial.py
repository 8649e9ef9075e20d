"""A small batch on which parts of the user's own are tried, and how their mistakes become one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from gansmith.game.step import Gan
from gansmith.ground import streams
from gansmith.ground.errors import GansmithError, RecipeError, brief
from gansmith.ground.networks.plan import Shape
from gansmith.nets.modes import Mode
from gansmith.nets.network import DiscriminatorOutput, Network

COUNT = 8  # items of the trial
T = TypeVar("T")


class Trial:
    """A small batch, and the networks under the conditions of a training step that leaves no trace."""

    def __init__(self, gan: Gan, item_shape: Shape, classes: int, *, pixels: bool) -> None:
        recipe = gan.recipe
        self.gan, self.item_shape, self.classes, self.pixels = gan, tuple(item_shape), classes, pixels
        self.device, self.dtype = torch.device(recipe.device), gan.augmenter.dtype
        rng = streams.generator(recipe.seed, "watch", turn=3)
        self.z = self._sent(streams.latents(rng, recipe.latent.law, (COUNT, recipe.latent.dim)))
        unit = rng.random((COUNT, *item_shape))
        self.real = self._sent(unit if recipe.data.pixels == "unit" and pixels else 2 * unit - 1)
        self.labels = torch.arange(COUNT, device=self.device) % classes if classes else None

    def _sent(self, array: Any) -> Tensor:
        return torch.as_tensor(array).to(self.device, self.dtype)

    @property
    def low(self) -> float:
        """The value of a black pixel; a white one is 1."""
        return 0.0 if self.gan.recipe.data.pixels == "unit" else -1.0

    def run(self, network: Network, x: Tensor, labels: Tensor | None = None, *, training: bool = True) -> Tensor:
        """The module's own output on x, as it returns it; labels: others than the trial's."""
        module: Any = network
        labels = self.labels if labels is None else labels
        inputs = (x, labels) if module.takes_labels else (x,)
        module.module.train(training)
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []), untouched(module.module):
            torch.manual_seed(1)
            return module.module(*inputs)

    def generate(self) -> Tensor:
        """Generated items with their graph, as in a training step."""
        return self.gan.generator(self.z, self.labels, self.mode())

    def judge(self, items: Tensor) -> DiscriminatorOutput:
        """The discriminator's output on items."""
        return self.gan.discriminator.discriminate(items, self.labels, self.mode())

    def mode(self) -> Mode:
        """That of a training step that leaves running statistics as they are."""
        plans = (self.gan.generator.plan, self.gan.discriminator.plan)
        keys = dict.fromkeys(range(max(len(plan.layers) if plan else 1 for plan in plans)), 1)
        return Mode(training=True, track=False, dropout_keys=keys)


@contextmanager
def untouched(module: nn.Module) -> Iterator[None]:
    """Buffers are put back afterwards."""
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in module.named_buffers():
                if not torch.equal(buffer, before[name]):
                    buffer.copy_(before[name])


def trying(who: str, act: Callable[[], T], hint: str = "") -> T:
    """What a part returns. Raises RecipeError with its error in one line."""
    try:
        return act()
    except GansmithError:
        raise
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # it is the user's code: it may raise anything
        raise RecipeError(f"{who} raised {brief(error)}{hint}") from error


def check_numbers(trial: Trial, who: str, out: Tensor) -> None:
    """Floating, finite, on the device."""
    if not out.dtype.is_floating_point or out.device.type != trial.device.type:
        raise RecipeError(
            f"{who} returns {out.dtype} on {out.device}: return floating numbers on {trial.device}, where its inputs are"
        )
    if out.dtype == torch.float64 and trial.dtype == torch.float32:
        raise RecipeError(
            f"{who} returns float64, and this training computes in float32: leave the conversion out, or set "
            "precision.name=float64"
        )
    if not bool(torch.isfinite(out).all()):
        raise RecipeError(f"{who} returns NaN or infinity before the first update: look at its initial weights")
