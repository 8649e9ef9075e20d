"""Images a second over several ranks: measured here, and derived for machines that are not here.

torchrun --nproc-per-node 2 benchmarks/ranks.py dcgan-64 --seconds 10     measures; rank 0 prints JSON
python benchmarks/ranks.py dcgan-64 --derive                             prints the table of docs/notebook/speed.md

What is derived rests on `Machine`'s assumptions and on `seconds`, a model of an update: compute, then two exchanges of a
flat buffer that nothing hides, then one small exchange for each pass through a batch norm.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gansmith.bench import CONTESTS, ITEMS, Contest, operations_per_image, recipe_of
from gansmith.game.torch_game import TorchGame
from gansmith.ground import streams
from gansmith.ground.game import Now
from gansmith.ground.networks.plan import BatchNorm, leaves
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.runs.processes import process_group
from gansmith.training import machine


@dataclass(frozen=True)
class Machine:
    """What a rank computes on, and what lies between ranks. Ceiling and share were measured on one H200
    (`benchmarks/gpu.py`); the rest are assumptions, from data sheets."""

    name: str
    ceiling: float  # operations a second of a large bf16 product
    share: float  # of it that a training reaches
    batch: int  # a rank's own
    near: float  # bytes a second between the ranks of a machine
    far: float  # bytes a second a rank between machines
    latency_near: float  # seconds of a small exchange within a machine
    latency_far: float


H200 = Machine("H200", 798e12, 0.128, 512, 300e9, 50e9, 25e-6, 60e-6)


@dataclass(frozen=True)
class Work:
    """What an update asks for."""

    operations: float  # an image
    gradient_bytes: int  # of both players, float32
    small_exchanges: int  # of batch statistics and their gradients


def work_of(contest: Contest) -> Work:
    """Counted from the plans. Each batch norm exchanges once a forward and once a backward pass: the generator's in one
    pass an update, the discriminator's in three (real, generated, and in the generator's turn)."""
    recipe = recipe_of(contest, "float32", "cpu")
    plans = plan_generator(recipe, contest.item_shape, 0), plan_discriminator(recipe, contest.item_shape, 0)
    norms = [sum(isinstance(layer, BatchNorm) for _, layer in leaves(plan.layers)) for plan in plans]
    game = TorchGame(recipe, contest.item_shape)
    trained = sum(p.numel() for player in game.players for p in player.parameters)
    return Work(operations_per_image(recipe, contest.item_shape), 4 * trained, 2 * norms[0] + 6 * norms[1])


def seconds(work: Work, of: Machine, machines: int, each: int) -> float:
    """An update on `machines` machines of `each` ranks. A ring moves each byte twice, but for one rank's share."""
    compute = of.batch * work.operations / (of.share * of.ceiling)
    size = machines * each
    if size == 1:
        return compute
    apart = machines > 1
    moved = 2 * (size - 1) / size * work.gradient_bytes / (of.far if apart else of.near)
    return compute + moved + (work.small_exchanges + 2) * (of.latency_far if apart else of.latency_near)


def derive(contest: Contest) -> list[dict[str, object]]:
    """Rows of the table."""
    work, rows = work_of(contest), []
    for machines, each in ((1, 1), (1, 2), (1, 4), (1, 8), (2, 8), (4, 8), (8, 8)):
        size, took = machines * each, seconds(work, H200, machines, each)
        alone = seconds(work, H200, 1, 1)
        rows.append(
            {
                "machines": machines,
                "ranks each": each,
                "global batch": size * H200.batch,
                "images/s": round(size * H200.batch / took),
                "efficiency": round(alone / took, 3),
            }
        )
    return rows


def measure(contest: Contest, budget: float, precision: str) -> dict[str, object]:
    """This rank's part of a game over all ranks; the batch is the contest's, shared."""
    with process_group() as processes:
        threads = machine.use_threads(0)
        recipe = recipe_of(contest, precision, "cpu")
        game = TorchGame(recipe, contest.item_shape, ranks=processes.ranks)
        rng, update, share = streams.generator(processes.rank, "source"), 0, contest.batch // processes.size
        channels, height, width = contest.item_shape
        game.load(rng.integers(0, 256, (ITEMS, height, width, channels), dtype=np.uint8), None)

        def step() -> None:
            nonlocal update
            update += 1
            game.step(rng.integers(0, ITEMS, (1, share)), Now(update, update, 1e-4, 1e-4, ema_decay=0.0))

        once = timed(step, 2)
        count = processes.broadcast(lambda: max(1, round(budget / once)))  # everyone takes as many steps as the first
        taken = [timed(step, 1) for _ in range(count)]
        exchange = 0.0
        if (ranks := processes.ranks) is not None:
            buffers = [player.optimizer.flat.buffer for player in game.players if player.optimizer.flat]
            exchange = timed(lambda: [ranks.all_reduce(buffer) for buffer in buffers], 5)
        return {
            "ranks": processes.size,
            "threads each": threads,
            "global batch": contest.batch,
            "precision": precision,
            "images/s": round(contest.batch / statistics.median(taken), 1),
            "seconds an update": round(statistics.median(taken), 4),
            "seconds of the two gradient exchanges": round(exchange, 4),
            "rank": processes.rank,
        }


def timed(step: Callable[[], object], times: int) -> float:
    """Mean seconds of a call."""
    began = time.perf_counter()
    for _ in range(times):
        step()
    return (time.perf_counter() - began) / times


def main() -> None:
    """Measure, or derive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contest", choices=CONTESTS)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--derive", action="store_true")
    options = parser.parse_args()
    contest = CONTESTS[options.contest]
    if options.derive:
        print(json.dumps({"work": dataclasses.asdict(work_of(contest)), "machine": dataclasses.asdict(H200)}, indent=2))
        for row in derive(contest):
            print(json.dumps(row))
        return
    found = measure(contest, options.seconds, options.precision)
    if not found.pop("rank"):
        print(json.dumps(found))


if __name__ == "__main__":
    main()
