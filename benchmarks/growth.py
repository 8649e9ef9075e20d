"""How cost grows: pictures a second and memory against batch, width and size of the pictures.

    python benchmarks/growth.py [--seconds 5] [--threads 2] [--only batch width size loops]

Every row is a process of its own, since memory is told as the most that was ever resident, less what was before the
networks were made. Random pictures; an update is the recipe's, its penalty and averaging included. The rows are played
`ROUNDS` times over, one after the other, and each keeps its best pace: other work on the machine only slows. Prints a
table, then JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 3
WARM_UP = 8  # updates
Row = dict[str, Any]


def widths(factor: float) -> dict[str, Any]:
    """The pair of `mnist`, all its layers wider or narrower."""
    scaled = [int(factor * width) for width in (128, 64)], [int(factor * width) for width in (32, 64, 128)]
    return {"generator.widths": scaled[0], "discriminator.widths": scaled[1]}


def stages(size: int) -> dict[str, Any]:
    """The pair that `folder` advises for pictures of size x size, which is a power of two."""
    features = [min(512, 32 * 2**stage) for stage in range(size.bit_length() - 3)]
    return {"generator.widths": features[::-1], "discriminator.widths": features, "data.batch": 32}


SERIES: dict[str, list[Row]] = {
    "batch": [
        {"of": "mnist", "shape": [1, 28, 28], "what": f"batch {batch}", "settings": {"data.batch": batch}}
        for batch in (8, 16, 32, 64, 128, 256, 512)
    ],
    "width": [
        {"of": "mnist", "shape": [1, 28, 28], "what": f"width x{factor:g}", "settings": widths(factor)}
        for factor in (0.5, 1, 2, 4)
    ],
    "size": [
        {"of": "folder", "shape": [3, size, size], "what": f"{size}x{size}", "settings": stages(size)}
        for size in (16, 32, 64, 128)
    ],
    "loops": [
        {"of": name, "plain": plain, "what": "a plain PyTorch loop" if plain else "Gansmith"}
        for name in ("dense-28", "dcgan-28", "dcgan-64")
        for plain in (True, False)
    ],
}


def resident() -> float:
    """The most megabytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def step_of(row: Row) -> tuple[Callable[[], None], int, float]:
    """An update of a row, its batch, and its operations a picture."""
    from gansmith import bench
    from gansmith.runs.choose_recipe import choose_recipe
    from gansmith.runs.setup import resolve_machine
    from gansmith.training import machine

    if "plain" in row:
        contest = bench.CONTESTS[row["of"]]
        recipe = bench.recipe_of(contest, machine.choose_precision("auto", "cpu"), "cpu")
        per_image = bench.operations_per_image(recipe, contest.item_shape)
        step = contest.plain(contest.batch, "cpu") if row["plain"] else bench.own_step(recipe, contest.item_shape)
        return step, contest.batch, per_image
    settings = {"data.labels": "none", "device": "cpu", "budget.minutes": 0.0, "budget.updates": 1}
    recipe = resolve_machine(choose_recipe(row["of"], data="digits", settings=settings | row["settings"]))
    shape = tuple(row["shape"])
    return bench.own_step(recipe, shape), recipe.data.batch, bench.operations_per_image(recipe, shape)


def measure(row: Row, seconds: float, threads: int) -> Row:
    """One row, in this process."""
    from gansmith.training import machine

    machine.use_threads(threads)
    before = resident()
    step, batch, per_image = step_of(row)
    for _ in range(WARM_UP):
        step()
    updates, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        step()
        updates += 1
    pace = updates * batch / (time.perf_counter() - began)
    return {
        "pictures a second": pace,
        "million operations a picture": per_image / 1e6,
        "billion operations a second": pace * per_image / 1e9,
        "megabytes": resident() - before,
    }


def main() -> None:
    """Play all rows, print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="a row and round")
    parser.add_argument("--threads", type=int, default=0, help="0 = all processors")
    parser.add_argument("--only", nargs="+", choices=SERIES, default=list(SERIES))
    parser.add_argument("--row", help=argparse.SUPPRESS)  # what a process of its own is told, as JSON
    options = parser.parse_args()
    if options.row:
        print(json.dumps(measure(json.loads(options.row), options.seconds, options.threads)))
        return
    rows = [row | {"series": name} for name in options.only for row in SERIES[name]]
    best: list[Row] = [{} for _ in rows]
    for _ in range(ROUNDS):
        for index, row in enumerate(rows):
            found = measured_alone(row, options.seconds, options.threads)
            if found["pictures a second"] > best[index].get("pictures a second", 0):
                best[index] = found
    print(f"{'':<32} {'pictures/s':>11} {'M operations':>13} {'G operations/s':>15} {'MB':>7}")
    for row, found in zip(rows, best, strict=True):
        pace, cost, reached, memory = found.values()
        print(f"{row['of'] + ', ' + row['what']:<32} {pace:>11,.0f} {cost:>13,.1f} {reached:>15,.0f} {memory:>7,.0f}")
    print(json.dumps([row | found for row, found in zip(rows, best, strict=True)]))


def measured_alone(row: Row, seconds: float, threads: int) -> Row:
    """One row, in a process of its own."""
    command = [sys.executable, __file__, "--row", json.dumps(row), "--seconds", str(seconds), "--threads", str(threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
