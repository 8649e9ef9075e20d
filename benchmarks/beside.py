"""What else people would train on a folder of pictures, beside `gansmith train folder`: equal processor time, one judge.

    python benchmarks/beside.py FOLDER [--data SETS] [--sets clothing ...] [--only WAY ...] [--seeds 0] [--minutes 10]

Each way trains at 64x64 in one thread until it has used so many minutes of processor time, reading and judging not counted;
then 2,000 pictures are drawn and compared with the set. `dcgan`: the networks, batch and rates of PyTorch's examples.
`diffusion`: a small network that takes noise away (Ho et al. 2020; the schedule of Nichol and Dhariwal 2021), with about as
many parameters as `folder`'s pair; pictures are drawn in 50 steps (Song et al. 2021). `folder`: Gansmith's own recipe.
What is done is not done again. Writes FOLDER/SET-WAY-SEED.npz and a sheet .png of each, prints a table, and writes
FOLDER/result.json.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="")  # before torch is imported

import argparse
import copy
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import gansmith
from gansmith.bench.plain import LATENT, examples_pair
from gansmith.ground.pixels import grid, write_png
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.evaluation import evaluate
from gansmith.runs.evaluation import reference_for

SIZE, COUNT = 64, 2000
SETS = {
    "clothing": "clothing/clothing-128.zip",
    "emoji": "emoji/noto-emoji-64.zip",
    "signs": "sign-digits/sign-digits-100.zip",
}
Draw = Callable[[int], Tensor]  # how many -> (N, 3, 64, 64) in [-1, 1]
Update = Callable[[Tensor], None]  # with a batch of real pictures, (B, 3, 64, 64) in [-1, 1]


def dcgan() -> tuple[Update, Draw]:
    """PyTorch's example: weights of N(0, .02), Adam with a rate of 2e-4 and a beta1 of .5."""
    pair = examples_pair()
    for layer in (layer for net in pair for layer in net.modules()):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.02)
    generator, discriminator = pair
    adams = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in pair]

    def error(logits: Tensor, target: float) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def update(real: Tensor) -> None:
        fake = generator(torch.randn(len(real), LATENT))
        adams[1].zero_grad()
        (error(discriminator(real), 1.0) + error(discriminator(fake.detach()), 0.0)).backward()
        adams[1].step()
        adams[0].zero_grad()
        error(discriminator(fake), 1.0).backward()
        adams[0].step()

    return update, lambda count: generator.eval()(torch.randn(count, LATENT))


class Block(nn.Module):
    """Two convolutions beside a way around them; the time is added in between."""

    def __init__(self, inputs: int, outputs: int, times: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(8, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, 1, 1))
        self.time = nn.Linear(times, outputs)
        self.second = nn.Sequential(nn.GroupNorm(8, outputs), nn.SiLU(), nn.Conv2d(outputs, outputs, 3, 1, 1))
        self.around = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, pixels: Tensor, time: Tensor) -> Tensor:
        inner = self.first(pixels) + self.time(time)[..., None, None]
        return self.second(inner) + self.around(pixels)


class Denoiser(nn.Module):
    """From a noisy picture and its time to the noise: down to 8x8 and up again, with a shortcut at each size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths, times = (width, 2 * width, 2 * width, 2 * width), 4 * width
        self.waves = torch.exp(torch.linspace(0, math.log(1000), width // 2))
        self.time = nn.Sequential(nn.Linear(width // 2 * 2, times), nn.SiLU(), nn.Linear(times, times), nn.SiLU())
        self.enter = nn.Conv2d(3, width, 3, 1, 1)
        before = (width, *widths[:-1])
        self.down = nn.ModuleList(Block(a, b, times) for a, b in zip(before, widths, strict=True))
        self.middle = Block(widths[-1], widths[-1], times)
        after = (*widths[:-1][::-1], width)
        self.up = nn.ModuleList(Block(2 * a, b, times) for a, b in zip(widths[::-1], after, strict=True))
        self.leave = nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, 3, 3, 1, 1))

    def forward(self, noisy: Tensor, time: Tensor) -> Tensor:
        angles = time[:, None] * self.waves
        embedded = self.time(torch.cat((angles.sin(), angles.cos()), 1))
        pixels, kept = self.enter(noisy), []
        for place, block in enumerate(self.down):
            pixels = block(F.avg_pool2d(pixels, 2) if place else pixels, embedded)
            kept.append(pixels)
        pixels = self.middle(pixels, embedded)
        for place, block in enumerate(self.up):
            pixels = F.interpolate(pixels, scale_factor=2.0) if place else pixels
            pixels = block(torch.cat((pixels, kept.pop()), 1), embedded)
        return self.leave(pixels)


def diffusion() -> tuple[Update, Draw]:
    """Adam with a rate of 5e-4; drawn from an average over a thousand updates at most."""
    net = Denoiser(width=48)
    average, adam, updates = copy.deepcopy(net), torch.optim.Adam(net.parameters(), 5e-4), 0

    def share(time: Tensor) -> Tensor:  # of the picture in the noisy one's variance, at a time of 0 to 1
        return torch.cos((time + 0.008) / 1.008 * math.pi / 2).square().clamp(1e-4, 0.9999)[:, None, None, None]

    def update(real: Tensor) -> None:
        nonlocal updates
        time, noise = torch.rand(len(real)), torch.randn_like(real)
        part = share(time)
        adam.zero_grad()
        F.mse_loss(net(part.sqrt() * real + (1 - part).sqrt() * noise, time), noise).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        updates += 1
        with torch.no_grad():
            for mean, now in zip(average.parameters(), net.parameters(), strict=True):
                mean.lerp_(now, 1 - min(0.999, updates / (updates + 10)))

    def draw(count: int) -> Tensor:
        pixels, times = torch.randn(count, 3, SIZE, SIZE), torch.linspace(1, 0, 51)
        for now, later in zip(times, times[1:], strict=False):
            noise = average(pixels, now.expand(count))
            here, there = share(now[None]), share(later[None])
            picture = ((pixels - (1 - here).sqrt() * noise) / here.sqrt()).clamp(-1, 1)
            pixels = there.sqrt() * picture + (1 - there).sqrt() * noise
        return pixels

    return update, draw


WAYS = {"dcgan": (dcgan, 64), "diffusion": (diffusion, 32)}
"""Name -> what it trains, and its batch."""


def plainly(way: str, source: Path, seed: int, seconds: float) -> tuple[np.ndarray, int]:
    """Train one of WAYS. Returns samples, (N, 64, 64, 3) uint8, and how many pictures it has seen."""
    from gansmith.data.store import open_store

    make, batch = WAYS[way]
    torch.manual_seed(seed)
    store = open_store(DataSettings(source=str(source), size=str(SIZE), channels=3))
    update, draw = make()
    began, seen = time.process_time(), 0
    while time.process_time() - began < seconds:
        chosen = np.sort(torch.randint(store.count, (batch,)).numpy())
        items = torch.from_numpy(np.asarray(store.items[chosen])).float() / 127.5 - 1
        update(items.movedim(-1, 1))
        seen += batch
    with torch.no_grad():
        drawn = torch.cat([draw(100) for _ in range(COUNT // 100)])
    return ((drawn.clamp(-1, 1) + 1) * 127.5).round().byte().movedim(1, -1).numpy(), seen


def folder(source: Path, seed: int, seconds: float, out: Path) -> tuple[np.ndarray, int]:
    """Train the recipe: so many updates as a first short training says that fit. The same is returned."""
    settings: dict[str, Any] = {"threads": 1, "data.size": str(SIZE), "data.channels": 3}
    settings |= {"watch.judge": 0.0, "watch.diagnose": 0.0}

    def train(updates: int, where: Path) -> gansmith.Run:
        return gansmith.train("folder", str(source), updates=updates, seed=seed, out=where, settings=settings)

    paces = []
    for updates in (8, 40):
        began = time.process_time()
        train(updates, out.with_name(f"{out.name}-pace-{updates}-{time.time_ns()}"))
        paces.append(time.process_time() - began)
    updates = round(seconds / ((paces[1] - paces[0]) / 32))
    run = train(updates, out)
    samples = gansmith.load(run.folder.root).sample(COUNT, seed=1)
    return samples, updates * run.recipe.data.batch


def main() -> None:
    """Train what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GANSMITH_DATA", "../shared/data")))
    parser.add_argument("--sets", nargs="+", choices=[*SETS], default=[*SETS])
    parser.add_argument("--only", nargs="+", choices=[*WAYS, "folder"], default=[*WAYS, "folder"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of processor time")
    parser.add_argument("--features", default="auto")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    result: dict[str, Any] = {}
    for name in options.sets:
        source = options.data / SETS[name]
        for way in options.only:
            for seed in options.seeds:
                place = options.folder / f"{name}-{way}-{seed}"
                if not place.with_suffix(".npz").exists():
                    seconds = options.minutes * 60
                    made = (
                        folder(source, seed, seconds, place) if way == "folder" else plainly(way, source, seed, seconds)
                    )
                    np.savez_compressed(place.with_suffix(".npz"), samples=made[0], seen=made[1])
                    write_png(place.with_suffix(".png"), grid(made[0][:64]))
        reference = reference_for(
            DataSettings(source=str(source), size=str(SIZE), channels=3, split="all"), features=options.features
        )
        result[name] = {"measured by": reference.features_name}
        for way in options.only:
            files = [np.load(options.folder / f"{name}-{way}-{seed}.npz") for seed in options.seeds]
            every = [
                {figure["key"]: figure for figure in evaluate(file["samples"], None, reference).as_dict()["figures"]}
                for file in files
            ]
            distances = [found["fd"]["value"] for found in every]
            result[name][way] = {"fd": distances, "seen": [int(file["seen"]) for file in files]}
            print(
                f"{name:9} {way:10} FD {statistics.mean(distances):8.2f}  seen {result[name][way]['seen']}", flush=True
            )
    (options.folder / "result.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
