"""What a GPU makes of an update: operation by operation and as one CUDA graph, and whether both lose the same.

    python benchmarks/gpu.py [--device cuda] [--seconds 1]

Contests of `gansmith bench` at batches that fill a card, and recipes at their own; random pictures, resident on the device.
Beside each pace stands its share of a large bfloat16 product. In the end 20 updates are played both ways: the largest
difference of their losses, and that of bfloat16 from float32, which is the size of its rounding.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gansmith import bench
from gansmith.game.torch_game import TorchGame
from gansmith.ground.game import StepContext
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import choose_networks, choose_recipe
from gansmith.runs.setup import resolve_machine
from gansmith.training import machine

ITEMS = 4096
WARM_UP = 20  # updates: every kind is captured by then
FACES = 202_599  # the pictures of CelebA, an epoch of which is the last column
RATE = 1e-4


@dataclass(frozen=True)
class Case:
    """A game at a batch."""

    name: str
    recipe: Recipe
    shape: Shape
    classes: int = 0

    @property
    def operations(self) -> float:
        """A picture and update, penalties not counted."""
        return bench.operations_per_image(self.recipe, self.shape)


def contest(name: str, batch: int, device: str) -> Case:
    """A contest of `gansmith bench`, in bfloat16."""
    chosen = dataclasses.replace(bench.CONTESTS[name], batch=batch)
    return Case(f"{name}, batch {batch}", bench.recipe_of(chosen, "bfloat16", device), chosen.item_shape)


def advised(name: str, folder: Path, device: str) -> Case:
    """A recipe for pictures of one's own, as it is for 60,000 of 64x64, without labels."""
    settings = {"device": device, "data.labels": "none", "precision.name": "bfloat16"}
    recipe, _ = choose_networks(choose_recipe(name, data=str(folder), settings=settings))
    return Case(f"{name}, batch {recipe.data.batch}", resolve_machine(recipe), (3, 64, 64))


def labelled(device: str) -> Case:
    """The recipe `mnist`."""
    settings = {"device": device, "precision.name": "bfloat16"}
    recipe = resolve_machine(choose_recipe("mnist", data="digits", settings=settings))
    return Case(f"mnist, batch {recipe.data.batch}", recipe, (1, 28, 28), 10)


def player(case: Case, *, graphs: bool) -> tuple[TorchGame, Callable[[], None]]:
    """A game, and what plays an update of it."""
    rng = np.random.default_rng(0)
    game = TorchGame(dataclasses.replace(case.recipe, graphs=graphs), case.shape, case.classes, say=print)
    channels, height, width = case.shape
    labels = rng.integers(0, case.classes, ITEMS) if case.classes else None
    game.load(rng.integers(0, 256, (ITEMS, height, width, channels), dtype=np.uint8), labels)
    update, batch = 0, case.recipe.data.batch

    def step() -> None:
        nonlocal update
        update += 1
        rows = rng.integers(0, ITEMS, (case.recipe.feedback.discriminator_turns, batch))
        game.step(rows, StepContext(update, update * batch, RATE, RATE, ema_decay=0.99))

    return game, step


def pace(case: Case, seconds: float, *, graphs: bool) -> float:
    """Pictures a second, reported as often as a training reports."""
    game, step = player(case, graphs=graphs)
    for _ in range(WARM_UP):
        step()
    bench.rest()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for _ in range(8):
            step()
        count += 8
        if count % 48 == 0:
            game.report()
        bench.rest()
    taken = time.perf_counter() - began
    game.release()
    gc.collect()
    return count * case.recipe.data.batch / taken


def losses(case: Case, *, graphs: bool, updates: int = 20) -> np.ndarray:
    """All losses of some updates, one after the other."""
    game, step = player(case, graphs=graphs)
    found: list[float] = []
    for _ in range(updates):
        step()
        found += [value for name, value in sorted(game.report().numbers.items()) if name.startswith("loss.")]
    game.release()
    return np.array(found)


def large_product(device: str, size: int = 8192) -> float:
    """Operations a second of a product of two (size, size) matrices in bfloat16."""
    a, b = (torch.randn(size, size, device=device).bfloat16() for _ in range(2))
    return 2 * size**3 / machine.least_seconds(lambda: float((a @ b)[0, 0]))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    device = machine.choose_device(options.device)
    ceiling = large_product(device)
    print(
        f"{machine.environment()['gpu'] or device}: a large bfloat16 product {ceiling / 1e12:.0f} TFLOP/s", flush=True
    )
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures.npy"
        np.save(pictures, np.random.default_rng(0).integers(0, 256, (60_000, 64, 64, 3), dtype=np.uint8))
        cases = [contest("article-004", batch, device) for batch in (100, 1024, 2048)]
        cases += [contest("dcgan-64", 512, device)]
        cases += [advised("faces", pictures, device), advised("folder", pictures, device), labelled(device)]
    print("pictures/s, operation by operation and as a graph; share of the product; minutes for 100 epochs of CelebA")
    for case in cases:
        eager, graph = (pace(case, options.seconds, graphs=graphs) for graphs in (False, True))
        share, minutes = graph * case.operations / ceiling, 100 * FACES / graph / 60
        print(f"{case.name:<24}{eager:>10,.0f}{graph:>10,.0f}{share:>7.0%}{minutes:>7.1f}", flush=True)
    print("losses of 20 updates: as a graph against operation by operation; bfloat16 against float32")
    for case in (contest("article-004", 128, device), contest("dcgan-64", 64, device), cases[-1]):
        exact = dataclasses.replace(case.recipe.precision, name="float32")
        wide = dataclasses.replace(case, recipe=resolve_machine(dataclasses.replace(case.recipe, precision=exact)))
        eager = losses(case, graphs=False)
        apart = abs(losses(case, graphs=True) - eager).max(), abs(losses(wide, graphs=False) - eager).max()
        print(f"{case.name:<24}{apart[0]:>10.1e}{apart[1]:>10.1e}", flush=True)


if __name__ == "__main__":
    main()
