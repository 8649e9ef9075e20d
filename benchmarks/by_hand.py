"""Images per second of the NumPy engine beside plain PyTorch loops, and beside article 003's loop.

    python benchmarks/by_hand.py [--threads 2] [--rounds 40] [--seconds 0.15] [--json]
    python benchmarks/by_hand.py --threads 1 --clock cpu      where other work has the processor too

Every contestant is a process of its own with the same number of threads; they take turns, a slice of time each, so
that whatever else the machine does strikes all alike. A figure is the median of a contestant's slices, and in
brackets the best. Contestants play the same game on the same networks: alternating turns, fresh latents, batch 128,
float32, Adam; only article 003's own loop takes one picture at a time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
BATCH = 128
PUBLISHED_KERAS = 1300  # images per second of article 001's published loop, seen on a machine of this kind

Step = Callable[[], None]


@dataclass(frozen=True)
class Contestant:
    """prepare() -> a function that makes one update; images it learns from in an update."""

    prepare: Callable[[], Step]
    images: int = BATCH


def pictures(count: int = 10_000) -> np.ndarray:
    """Random bytes (count, 28, 28, 1): speed does not depend on what is seen."""
    return np.random.default_rng(0).integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)


# ---- the NumPy engine


def by_hand(name: str) -> Step:
    """An update of the NumPy engine under one of the recipes below."""
    from gansmith.by_hand import HandGame
    from gansmith.ground.game import StepContext

    items, rng, update = pictures(), np.random.default_rng(1), 0
    game = HandGame(recipe(name), (1, 28, 28))
    game.load(items, None)

    def step() -> None:
        nonlocal update
        update += 1
        game.step(
            rng.integers(0, len(items), (1, BATCH)), StepContext(update, update * BATCH, 1e-4, 1e-4, ema_decay=0.0)
        )
        if update % 50 == 0:
            game.report()

    return step


def recipe(name: str):
    """The recipe of a contestant."""
    from gansmith.ground.recipes.settings import LatentSettings, LossSettings, NetSettings, Recipe

    generator, discriminator = {
        "001": (
            NetSettings(net="dense", widths=(256, 512, 1024), activation="relu", output="tanh", initial="keras"),
            NetSettings(net="dense", widths=(1024, 512, 256), activation="relu", initial="keras"),
        ),
        "003": (
            NetSettings(
                net="dense",
                widths=(128, 256, 346, 480, 560, 686),
                activations=("arctan", "relu", "arctan", "relu", "tanh", "relu"),
                output="tanh",
                initial="he",
            ),
            NetSettings(net="dense", widths=(128,), activation="relu", initial="he"),
        ),
        "dcgan-28": (
            NetSettings(
                widths=(256, 128, 64), kernels=(5,), strides=(1, 2, 2), slope=0.3, norm="batch", norm_flat=True,
                bias=False, output="tanh",
            ),
            NetSettings(widths=(64, 128), kernels=(5,), slope=0.3, dropout=0.3),
        ),
    }[name]  # fmt: skip
    base = Recipe(latent=LatentSettings(dim=100), generator=generator, discriminator=discriminator)
    return replace(base, loss=LossSettings(real=(0.9, 1.0), fake=(0.0, 0.1), generator=(0.9, 1.0)))


# ---- plain PyTorch


def torch_dense() -> Step:
    """Article 001's pair as torch modules."""
    from gansmith.bench.plain import dense_pair

    return torch_loop(*dense_pair())


def torch_dcgan() -> Step:
    """The TensorFlow tutorial's DCGAN for 28x28, as torch modules."""
    from gansmith.bench.plain import tutorial_pair

    return torch_loop(*tutorial_pair())


def torch_loop(generator, discriminator) -> Step:
    """The update that a tutorial would write, with torch's default Adam."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=1e-4, betas=(0.5, 0.999))
    items = torch.from_numpy(pictures())

    def loss(verdicts: torch.Tensor, low: float) -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(verdicts, torch.empty_like(verdicts).uniform_(low, low + 0.1))

    def step() -> None:
        real = items[torch.randint(len(items), (BATCH,))].permute(0, 3, 1, 2).float() / 127.5 - 1
        fake = generator(torch.randn(BATCH, 100)).detach()
        optimizer_d.zero_grad()
        (loss(discriminator(real), 0.9) + loss(discriminator(fake), 0.0)).backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        loss(discriminator(generator(torch.randn(BATCH, 100))), 0.9).backward()
        optimizer_g.step()

    return step


# ---- article 003's way: NumPy, one picture at a time, every array new


def one_by_one() -> Step:
    """Article 003's net in the manner of its loop: one picture an update, Adam written out for every array."""
    rng, items = np.random.default_rng(0), pictures().reshape(-1, 784) / 255.0
    curves = {
        "arctan": (np.arctan, lambda x: 1 / (1 + x**2)),
        "relu": (lambda x: x * (x > 0), lambda x: (x > 0) * 1.0),
        "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x)))),
    }
    names_g, names_d = ("arctan", "relu", "arctan", "relu", "tanh", "relu", "sigmoid"), ("relu", "sigmoid")
    generator = [rng.normal(size=shape) * 0.05 for shape in layer_shapes(100, 128, 256, 346, 480, 560, 686, 784)]
    discriminator = [rng.normal(size=shape) * 0.05 for shape in layer_shapes(784, 128, 1)]
    memory = {id(w): (np.zeros_like(w), np.zeros_like(w)) for w in (*generator, *discriminator)}

    def forward(x: np.ndarray, weights: list[np.ndarray], names: tuple[str, ...]) -> list[tuple[np.ndarray, ...]]:
        trace = []
        for layer, name in enumerate(names):
            before = x @ weights[2 * layer] + weights[2 * layer + 1]
            trace.append((x, before, curves[name][0](before)))
            x = trace[-1][2]
        return trace

    def backward(
        dy: np.ndarray, weights: list[np.ndarray], trace: list[tuple[np.ndarray, ...]], names: tuple[str, ...]
    ):
        gradients = [np.empty(0)] * len(weights)
        for layer in reversed(range(len(names))):
            x, before, _ = trace[layer]
            d_before = dy * curves[names[layer]][1](before)
            gradients[2 * layer], gradients[2 * layer + 1] = x.T @ d_before, d_before
            dy = d_before @ weights[2 * layer].T
        return dy, gradients

    def adam(weights: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        for index, gradient in enumerate(gradients):
            m, v = memory.pop(id(weights[index]))
            m = 0.9 * m + 0.1 * gradient
            v = 0.999 * v + 0.001 * gradient**2
            weights[index] = weights[index] - 1e-4 / (np.sqrt(v / 0.001) + 1e-8) * (m / 0.1)
            memory[id(weights[index])] = m, v

    def step() -> None:
        real = items[rng.integers(len(items))][None]
        fake = forward(rng.uniform(-1, 1, (1, 100)), generator, names_g)[-1][2]
        for x, sign in ((real, -1.0), (fake, 1.0)):
            trace = forward(x, discriminator, names_d)
            p = trace[-1][2]
            dy = sign / np.clip(p if sign < 0 else 1 - p, 1e-7, None)
            adam(discriminator, backward(dy, discriminator, trace, names_d)[1])
        drawn = forward(rng.uniform(-1, 1, (1, 100)), generator, names_g)
        trace = forward(drawn[-1][2], discriminator, names_d)
        dy, _ = backward(-1 / np.clip(trace[-1][2], 1e-7, None), discriminator, trace, names_d)
        adam(generator, backward(dy, generator, drawn, names_g)[1])

    return step


def layer_shapes(*widths: int) -> list[tuple[int, int]]:
    """Shapes of the weight and the bias of every layer."""
    return [shape for a, b in itertools.pairwise(widths) for shape in ((a, b), (1, b))]


# ---- the contest

CONTESTANTS: dict[str, Contestant] = {
    "001 by hand": Contestant(lambda: by_hand("001")),
    "001 PyTorch": Contestant(torch_dense),
    "003 by hand": Contestant(lambda: by_hand("003")),
    "003 one by one": Contestant(one_by_one, images=1),
    "dcgan-28 by hand": Contestant(lambda: by_hand("dcgan-28")),
    "dcgan-28 PyTorch": Contestant(torch_dcgan),
}
PAIRS = [
    ("001 by hand", "001 PyTorch", 1.0),
    ("003 by hand", "003 one by one", 60.0),
    ("dcgan-28 by hand", "dcgan-28 PyTorch", 0.35),
]


def contend(name: str) -> None:
    """The life of a contestant's process: a line with seconds comes in, a line with images per second goes out."""
    contestant = CONTESTANTS[name]
    clock = time.process_time if os.environ["CLOCK"] == "cpu" else time.perf_counter
    step = contestant.prepare()
    step()
    print("ready", flush=True)
    for line in sys.stdin:
        begun, updates = clock(), 0
        while (spent := clock() - begun) < float(line) or not updates:
            step()
            updates += 1
        print(contestant.images * updates / spent, flush=True)


def start(name: str, threads: int, clock: str) -> subprocess.Popen[str]:
    """A contestant's process, ready to run."""
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(variables, str(threads)) | {"PYTHONPATH": str(ROOT), "CLOCK": clock}
    process = subprocess.Popen(
        [sys.executable, __file__, "--contestant", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready", f"{name} did not start"
    return process


def contest(names: tuple[str, ...], options: argparse.Namespace) -> dict[str, list[float]]:
    """Images per second of each contestant in each round."""
    processes = {name: start(name, options.threads, options.clock) for name in names}
    results: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name, process in processes.items():
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{options.seconds}\n")
            process.stdin.flush()
            results[name].append(float(process.stdout.readline()))
    for process in processes.values():
        process.communicate()
    return results


def main() -> None:
    """Run every pair and print its ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.15, help="of a slice")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu only makes sense with 1 thread")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        return contend(options.contestant)
    table = []
    for ours, theirs, wanted in PAIRS:
        results = contest((ours, theirs), options)
        middle = {name: statistics.median(values) for name, values in results.items()}
        best = {name: max(values) for name, values in results.items()}
        row = {"pair": [ours, theirs], "median": middle, "best": best, "wanted": wanted}
        row |= {"ratio": middle[ours] / middle[theirs], "best_ratio": best[ours] / best[theirs]}
        table.append(row)
        if not options.json:
            for name in (ours, theirs):
                print(f"{name:18} {middle[name]:8,.0f} images/s  ({best[name]:,.0f})")
            print(f"{'ratio':18} {row['ratio']:8.2f}  ({row['best_ratio']:.2f}), wanted {wanted}\n")
            if ours == "001 by hand":
                print(f"{'over Keras':18} {middle[ours] / PUBLISHED_KERAS:8.2f}, wanted 2\n")
    if options.json:
        print(json.dumps(table, indent=1))
    return None


if __name__ == "__main__":
    main()
