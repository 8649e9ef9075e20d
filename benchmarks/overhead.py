"""What a run costs beside its updates: the share of time outside `game.step`, and the growth of resident memory.

python benchmarks/overhead.py digits --updates 1500
python benchmarks/overhead.py mnist --data path/to/mnist --minutes 5
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.assemble import run as runs
from gansmith.assemble.setup import Budget, choose_recipe
from gansmith.ground.game import Game, Now
from gansmith.ground.runfolder import RunFolder
from gansmith.training.loop import Moment


class Stopwatch:
    """A game that is timed: every attribute is the inner game's but `step`."""

    def __init__(self, game: Game) -> None:
        self.game, self.seconds = game, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.game, name)

    def step(self, indices: np.ndarray, now: Now) -> None:
        """The inner game's update, timed."""
        began = time.perf_counter()
        self.game.step(indices, now)
        self.seconds += time.perf_counter() - began


class Memory:
    """A watcher that notes resident memory once a minute."""

    def __init__(self) -> None:
        self.minutes: dict[int, float] = {}
        self.seconds = 0.0

    def after(self, moment: Moment) -> None:
        """Note it when another minute has passed."""
        self.seconds = moment.seconds
        self.minutes.setdefault(int(moment.seconds // 60), resident_megabytes())


def resident_megabytes() -> float:
    """Resident memory of this process, where the system tells (Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * 4096 / 1e6


def main() -> None:
    """Train once and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--data")
    parser.add_argument("--updates", type=int)
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    recipe = choose_recipe(
        options.recipe, data=options.data, budget=Budget(updates=options.updates, minutes=options.minutes)
    )
    watches: list[Stopwatch] = []
    build = runs.build_game

    def build_timed(*arguments: Any) -> Any:
        watches.append(Stopwatch(build(*arguments)))
        return watches[0]

    runs.build_game = build_timed
    memory = Memory()
    with tempfile.TemporaryDirectory() as folder:
        runs.begin(recipe, RunFolder(Path(folder) / "run"), None, watching=[memory], say=lambda _: None)
    inside = watches[0].seconds
    print(
        json.dumps(
            {
                "recipe": recipe.name,
                "loop_seconds": round(memory.seconds, 2),
                "step_seconds": round(inside, 2),
                "share_outside_step": round(1 - inside / memory.seconds, 4),
                "resident_megabytes_by_minute": {minute: round(value, 1) for minute, value in memory.minutes.items()},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
