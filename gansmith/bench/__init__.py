"""How fast this machine trains: Gansmith beside the loops that people write today, and beside the machine's ceilings.

Contestants play the same game with the same networks and batch, in one process, and take turns, a slice of time each:
whatever else the machine does strikes all alike. A figure is the median over the slices.
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
from gansmith.game.torch_game import TorchGame
from gansmith.ground import streams
from gansmith.ground.game import StepContext
from gansmith.ground.networks.cost import operations
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import PrecisionName, Recipe
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.setup import resolve_machine
from gansmith.training import machine

Step = Callable[[], None]
Say = Callable[[str], None]
ITEMS = 2048
WARM_UP = 5  # updates before the clock runs: on CUDA, the last is the first that is played back as a graph
REPORT_EVERY = 50  # updates, as in a training


@dataclass(frozen=True)
class Contest:
    """One game under several hands. `plain` is the loop of `bench.plain`; settings are the recipe's, changed."""

    summary: str
    recipe: str
    item_shape: Shape
    plain: Callable[[int, str], Step]
    batch: int
    settings: Mapping[str, Any] = field(default_factory=dict)


USUAL = {"feedback.name": "alternating", "feedback.latents": "same"}
SIXTY_FOUR: dict[str, Any] = {
    "generator.widths": [512, 256, 128, 64], "generator.kernels": [4], "generator.strides": [2],
    "generator.norm": "batch", "generator.norm_flat": False, "generator.activation": "relu", "generator.dense": [],
    "discriminator.widths": [64, 128, 256, 512], "discriminator.kernels": [4], "discriminator.strides": [2],
    "discriminator.norm": "batch", "discriminator.dropout": 0.0, "discriminator.slope": 0.2, "discriminator.bias": False,
}  # fmt: skip

CONTESTS: dict[str, Contest] = {
    "dense-28": Contest("article 001's dense pair", "article-001-plain", (1, 28, 28), plain.dense_28, 128, USUAL),
    "dcgan-28": Contest(
        "the TensorFlow tutorial's DCGAN", "article-000-dcgan", (1, 28, 28), plain.tutorial_28, 64, USUAL
    ),
    "dcgan-64": Contest(
        "the DCGAN of PyTorch's examples", "article-004-celeba", (3, 64, 64), plain.examples_64, 64, USUAL | SIXTY_FOUR
    ),
    "article-004": Contest("article 004's DCGAN", "article-004-celeba", (3, 64, 64), plain.article_004, 64, USUAL),
}


@dataclass(frozen=True)
class Pace:
    """What a contestant reached."""

    contestant: str
    images_per_second: float  # median over the slices
    spread: tuple[float, float]  # lowest and highest slice
    operations_per_second: float
    precision: str
    share_of_ceiling: float  # of the machine's best large product or convolution in that precision


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
    contest = CONTESTS[name]
    contest = dataclasses.replace(contest, batch=batch or contest.batch)
    threads = machine.use_threads(threads)
    device = machine.choose_device(device)
    used: dict[PrecisionName, None] = dict.fromkeys(("float32", machine.choose_precision("auto", device)))
    ours = own_entries(contest, used, device)
    # a processor without bfloat16 products imitates them, which takes minutes: its ceiling is nobody's measure
    ceilings = {name: machine.ceiling(name, device) for name in used}
    per_image = operations_per_image(next(iter(ours.values()))[1], contest.item_shape)
    steps = {"plain PyTorch, float32": contest.plain(contest.batch, device)}
    steps |= {title: own_step(recipe, contest.item_shape) for title, (_, recipe) in ours.items()}
    say(f"{contest.summary}: batch {contest.batch}, {per_image / 1e9:.3f} billion operations a picture, {device}")
    slices = take_turns(list(steps.values()), seconds)
    paces: list[Pace] = []
    for (title, _), taken in zip(steps.items(), slices, strict=True):
        precision = ours[title][0] if title in ours else "float32"
        rates = [contest.batch / one for one in taken]
        middle = statistics.median(rates)
        reached = middle * per_image
        paces.append(Pace(title, middle, (min(rates), max(rates)), reached, precision, reached / ceilings[precision]))
    return {
        "contest": name,
        "summary": contest.summary,
        "batch": contest.batch,
        "device": device,
        "threads": threads,
        "operations_per_image": per_image,
        "ceilings": ceilings,
        "contestants": [dataclasses.asdict(pace) for pace in paces],
        "ratio": paces[-1].images_per_second / paces[0].images_per_second,
    }


def own_entries(
    contest: Contest, precisions: Iterable[PrecisionName], device: str
) -> dict[str, tuple[PrecisionName, Recipe]]:
    """Ours, by title: a precision each; where updates can be graphs, each as it comes first, then as a graph."""
    entries: dict[str, tuple[PrecisionName, Recipe]] = {}
    for precision in precisions:
        recipe, title = recipe_of(contest, precision, device), f"gansmith, {precision}"
        if device.startswith("cuda"):
            entries[f"{title}, no graphs"] = precision, dataclasses.replace(recipe, graphs=False)
        entries[title] = precision, recipe
    return entries


def recipe_of(contest: Contest, precision: str, device: str) -> Recipe:
    """The contest's game as a recipe. Losses, rates and labels' smoothing do not matter to the clock."""
    settings = {
        "data.batch": contest.batch, "data.labels": "none", "ema.half_life": 0, "precision.name": precision,
        "device": device, "budget.epochs": 0.0, "budget.updates": 1, **contest.settings,
    }  # fmt: skip
    return resolve_machine(choose_recipe(contest.recipe, data="digits", settings=settings))


def own_step(recipe: Recipe, item_shape: Shape) -> Step:
    """An update of ours on random pictures, reported as often as a training reports."""
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
    """Seconds an update of each contestant, slice by slice, each in its turn until `seconds` are spent on each."""
    lengths: list[float] = []
    for step in steps:
        for _ in range(WARM_UP):
            step()
        began = time.perf_counter()
        step()
        lengths.append(time.perf_counter() - began)
    rounds = 12
    counts = [max(1, round(seconds / rounds / length)) for length in lengths]
    taken: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for index, step in enumerate(steps):
            began = time.perf_counter()
            for _ in range(counts[index]):
                step()
            rest()
            taken[index].append((time.perf_counter() - began) / counts[index])
    return taken


def rest() -> None:
    """Wait for a device that computes on its own."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def operations_per_image(recipe: Recipe, item_shape: Shape) -> int:
    """Multiplications and additions of an update a real picture: three passes' worth of the generator (forward, and
    twice that backward), eight of the discriminator (real and generated forward and backward; then, frozen, one forward
    and one backward to the picture)."""
    generator = operations(plan_generator(recipe, item_shape, 0))
    discriminator = operations(plan_discriminator(recipe, item_shape, 0))
    return 3 * generator + 8 * discriminator
