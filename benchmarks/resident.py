"""Whether a long training grows: resident memory over many updates, of the whole process.

    python benchmarks/resident.py [--updates 100000] [--recipe ring] [--engine torch]

Trains with everything that a run does beside its updates (rows, sheets, checkpoints, the doctor), and reads the process's
resident memory every thousandth part. Prints megabytes at tenths of the way, and how many percent the last third's median is
above the median of the third before it; the first hundredth, in which libraries are loaded, does not count. For Linux.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="")

PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident() -> float:
    """Megabytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


class Reader:
    """A watcher that reads the memory."""

    def __init__(self, every: int) -> None:
        self.every, self.seen = every, list[tuple[int, float]]()

    def after(self, event: Any) -> None:
        """Every so many updates."""
        if event.update % self.every == 0:
            self.seen.append((event.update, resident()))


def main() -> None:
    """Train, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--recipe", default="ring")
    parser.add_argument("--engine", default="torch", choices=("torch", "numpy"))
    options = parser.parse_args()
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.runs.choose_recipe import Budget, choose_recipe
    from gansmith.runs.run import begin

    settings = ["threads=1", "generator.widths=[8]", "discriminator.widths=[8]", "data.batch=32", "watch.samples=16"]
    recipe = choose_recipe(
        options.recipe, budget=Budget(updates=options.updates), engine=options.engine, settings=settings
    )
    reader, began = Reader(max(1, options.updates // 1000)), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        begin(recipe, RunFolder(Path(folder, "run")), watching=[reader])
    late = [megabytes for update, megabytes in reader.seen if update > options.updates // 100]
    tenth = max(1, len(reader.seen) // 10)
    print(f"{options.recipe}, {options.engine}: {reader.seen[-1][0]:,} updates in {time.perf_counter() - began:.0f} s")
    print(", ".join(f"{update:,}: {megabytes:.1f} MB" for update, megabytes in reader.seen[::tenth]))
    third = len(late) // 3
    before, after = statistics.median(late[third : 2 * third]), statistics.median(late[2 * third :])
    print(f"the last third is {100 * (after / before - 1):+.2f}% above the one before it")


if __name__ == "__main__":
    main()
