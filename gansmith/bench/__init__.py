"""How fast this machine trains: Gansmith beside plain PyTorch loops, and beside the machine's best possible speed.

Contestants train the same networks with the same batch in one process. They take turns in slices of time, so that
whatever else the machine does slows all of them. A figure is the median over the slices.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from gansmith.bench import plain
from gansmith.bench.plain import Step
from gansmith.game.torch_game import TorchGame
from gansmith.ground import streams
from gansmith.ground.game import StepContext
from gansmith.ground.networks.cost import operations
from gansmith.ground.networks.plan import Shape
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import PrecisionName, Recipe
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.setup import resolve_machine
from gansmith.training import machine

ITEMS = 2048
WARM_UP = 5  # updates before the clock runs: on CUDA, the last of them is the first that runs as a graph
REPORT_EVERY = 50  # updates, as in a training
SLICES = 12


@dataclass(frozen=True)
class Contest:
    """One pair of networks, trained by Gansmith and by plain PyTorch."""

    summary: str
    recipe: str
    item_shape: Shape
    pair: Callable[[], plain.Pair]
    batch: int
    rate: float
    beta1: float
    settings: Mapping[str, Any] = field(default_factory=dict)  # changes to the recipe

    def plain(self, batch: int, device: str) -> Step:
        """A plain PyTorch update."""
        return plain.loop(*self.pair(), self.item_shape, batch, device, self.rate, self.beta1)


USUAL = {"feedback.name": "alternating", "feedback.latents": "same"}
SIXTY_FOUR: dict[str, Any] = {
    "generator.widths": [512, 256, 128, 64], "generator.kernels": [4], "generator.strides": [2],
    "generator.norm": "batch", "generator.norm_flat": False, "generator.activation": "relu", "generator.dense": [],
    "discriminator.widths": [64, 128, 256, 512], "discriminator.kernels": [4], "discriminator.strides": [2],
    "discriminator.norm": "batch", "discriminator.dropout": 0.0, "discriminator.slope": 0.2, "discriminator.bias": False,
}  # fmt: skip

GREY, COLOUR = (1, 28, 28), (3, 64, 64)
CONTESTS: dict[str, Contest] = {
    "dense-28": Contest(
        "article 001's dense pair", "article-001-plain", GREY, plain.dense_pair, 128, 1e-4, 0.5, USUAL
    ),
    "dcgan-28": Contest(
        "the TensorFlow tutorial's DCGAN", "article-000-dcgan", GREY, plain.tutorial_pair, 64, 1e-4, 0.9, USUAL
    ),
    "dcgan-64": Contest(
        "the DCGAN of PyTorch's examples", "article-004-celeba", COLOUR, plain.examples_pair, 64, 2e-4, 0.5,
        USUAL | SIXTY_FOUR,
    ),
    "article-004": Contest(
        "article 004's DCGAN", "article-004-celeba", COLOUR, plain.article_004_pair, 64, 1e-4, 0.9, USUAL
    ),
}  # fmt: skip


def bench(
    name: str,
    *,
    device: str = "auto",
    threads: int = 0,
    seconds: float = 12.0,
    batch: int = 0,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Run a contest of the table for about `seconds` a contestant; batch: 0 is the published one. JSON-able."""
    contest = dataclasses.replace(CONTESTS[name], batch=batch or CONTESTS[name].batch)
    threads = machine.use_threads(threads)
    device = machine.choose_device(device)
    used: dict[PrecisionName, None] = dict.fromkeys(("float32", machine.choose_precision("auto", device)))
    ours = own_entries(contest, used, device)
    # only in the precisions used: a processor without bfloat16 products emulates them, which takes minutes
    ceilings = {name: machine.ceiling(name, device) for name in used}
    per_image = operations_per_image(next(iter(ours.values()))[1], contest.item_shape)
    steps = {"plain PyTorch, float32": contest.plain(contest.batch, device)}
    steps |= {title: own_step(recipe, contest.item_shape) for title, (_, recipe) in ours.items()}
    say(f"{contest.summary}: batch {contest.batch}, {per_image / 1e9:.3f} billion operations a picture, {device}")
    slices = take_turns(list(steps.values()), seconds)
    contestants: list[dict[str, Any]] = []
    for (title, _), taken in zip(steps.items(), slices, strict=True):
        precision = ours[title][0] if title in ours else "float32"
        rates = [contest.batch / seconds_taken for seconds_taken in taken]
        reached = statistics.median(rates) * per_image
        contestants.append(
            {
                "contestant": title,
                "images_per_second": statistics.median(rates),
                "spread": (min(rates), max(rates)),
                "operations_per_second": reached,
                "precision": precision,
                "share_of_ceiling": reached / ceilings[precision],
            }
        )
    return {
        "contest": name,
        "summary": contest.summary,
        "batch": contest.batch,
        "device": device,
        "threads": threads,
        "operations_per_image": per_image,
        "ceilings": ceilings,
        "contestants": contestants,
        "ratio": contestants[-1]["images_per_second"] / contestants[0]["images_per_second"],
    }


def own_entries(
    contest: Contest, precisions: Iterable[PrecisionName], device: str
) -> dict[str, tuple[PrecisionName, Recipe]]:
    """Gansmith's contestants by title: one a precision; on CUDA two, without and with CUDA graphs."""
    entries: dict[str, tuple[PrecisionName, Recipe]] = {}
    for precision in precisions:
        recipe, title = recipe_of(contest, precision, device), f"gansmith, {precision}"
        if device.startswith("cuda"):
            entries[f"{title}, no graphs"] = precision, dataclasses.replace(recipe, graphs=False)
        entries[title] = precision, recipe
    return entries


def recipe_of(contest: Contest, precision: str, device: str) -> Recipe:
    """The contest as a recipe. Loss, learning rates and label smoothing do not change the speed."""
    settings = {
        "data.batch": contest.batch, "data.labels": "none", "ema.half_life": 0, "precision.name": precision,
        "device": device, "budget.epochs": 0.0, "budget.updates": 1, **contest.settings,
    }  # fmt: skip
    return resolve_machine(choose_recipe(contest.recipe, data="digits", settings=settings))


def own_step(recipe: Recipe, item_shape: Shape) -> Step:
    """Gansmith's update on random pictures, with a report as often as in a training."""
    rng, update = streams.generator(0, "source"), 0
    channels, height, width = item_shape
    game = TorchGame(recipe, item_shape)
    game.load(rng.integers(0, 256, (ITEMS, height, width, channels), dtype=np.uint8), None)

    def step() -> None:
        nonlocal update
        update += 1
        rows = rng.integers(0, ITEMS, (1, recipe.data.batch))
        game.step(rows, StepContext(update, update * recipe.data.batch, 1e-4, 1e-4, ema_decay=0.0))
        if update % REPORT_EVERY == 0:
            game.report()

    return step


def take_turns(steps: Sequence[Step], seconds: float) -> list[list[float]]:
    """Seconds an update of each contestant, one number a slice; all slices of one last about `seconds` together."""
    lengths: list[float] = []
    for step in steps:
        for _ in range(WARM_UP):
            step()
        began = time.perf_counter()
        step()
        lengths.append(time.perf_counter() - began)
    counts = [max(1, round(seconds / SLICES / length)) for length in lengths]
    taken: list[list[float]] = [[] for _ in steps]
    for _ in range(SLICES):
        for step, count, own in zip(steps, counts, taken, strict=True):
            began = time.perf_counter()
            for _ in range(count):
                step()
            rest()
            own.append((time.perf_counter() - began) / count)
    return taken


def rest() -> None:
    """Wait until CUDA has finished."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def operations_per_image(recipe: Recipe, item_shape: Shape) -> int:
    """Multiplications and additions of an update, for each real picture.

    A backward pass counts as two forward passes. The generator has one of each (3). The discriminator has one of each
    on real and on generated pictures (6), and then, frozen, one forward and one backward to the picture only (2).
    """
    plans = plan_generator(recipe, item_shape, 0), plan_discriminator(recipe, item_shape, 0)
    return 3 * operations(plans[0]) + 8 * operations(plans[1])
