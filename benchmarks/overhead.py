"""What a run costs beside its updates: the share of time outside `game.step`, and the growth of resident memory.

    python benchmarks/overhead.py digits --updates 1500
    python benchmarks/overhead.py mnist --data path/to/mnist --minutes 5 --set data.batch=64

Each part beside the updates is named with its share of the loop's time, and with the memory that it kept after the first minute.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs import drive
from gansmith.runs import run as runs
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.training.loop import UpdateEvent

LONG = 1e-3  # seconds: shorter calls are not asked for their memory, as the asking would take a part of what is timed


class Ledger:
    """Seconds and lasting megabytes of the parts of a run, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.megabytes: dict[str, float] = {}
        self.held = resident_megabytes()

    def timed(self, name: str, part: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, written down under a name."""
        self.seconds[name] = self.megabytes[name] = 0.0

        def call(*arguments: Any) -> Any:
            began = time.perf_counter()
            result = part(*arguments)
            taken = time.perf_counter() - began
            self.seconds[name] += taken
            if taken > LONG:
                held, self.held = self.held, resident_megabytes()
                self.megabytes[name] += self.held - held
            return result

        return call


class Timed:
    """An object of which one method is timed; all else is as it was."""

    def __init__(self, inner: Any, method: str, call: Callable[..., Any]) -> None:
        self.inner = inner
        setattr(self, method, call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Memory:
    """A watcher that notes resident memory: at the first update of each minute, and the most within it.

    What is allocated for a event, and given back by the system's allocator when it pleases, makes the former swing by
    some megabytes. What the first minute takes is no growth.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.minutes: dict[int, float] = {}
        self.most: dict[int, float] = {}
        self.seconds, self.updates = 0.0, 0

    def after(self, event: UpdateEvent) -> None:
        """Note it; when another minute has passed, under that minute."""
        self.seconds, self.updates = event.seconds, event.update
        minute, now = int(event.seconds // 60), self.ledger.held
        self.most[minute] = max(self.most.get(minute, 0.0), now)
        if minute not in self.minutes:
            self.minutes[minute] = now
            if minute == 1:
                self.ledger.megabytes = dict.fromkeys(self.ledger.megabytes, 0.0)


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
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    recipe = choose_recipe(
        options.recipe,
        data=options.data,
        budget=Budget(updates=options.updates, minutes=options.minutes),
        settings=options.set,
    )
    ledger = Ledger()
    memory = Memory(ledger)
    measure(recipe, ledger, memory)
    inside = ledger.seconds["step"]
    shares = {name: round(seconds / memory.seconds, 4) for name, seconds in ledger.seconds.items()}
    print(
        json.dumps(
            {
                "recipe": recipe.name,
                "batch": recipe.data.batch,
                "updates": memory.updates,
                "loop_seconds": round(memory.seconds, 2),
                "step_seconds": round(inside, 2),
                "share_outside_step": round(1 - inside / memory.seconds, 4),
                "shares": dict(sorted(shares.items(), key=lambda entry: -entry[1])),
                "megabytes_kept_since_minute_1": {name: round(value, 1) for name, value in ledger.megabytes.items()},
                "resident_megabytes_by_minute": {minute: round(value, 1) for minute, value in memory.minutes.items()},
                "most_resident_megabytes_by_minute": {at: round(value, 1) for at, value in memory.most.items()},
            },
            indent=2,
        )
    )


def measure(recipe: Recipe, ledger: Ledger, memory: Memory) -> None:
    """Train once, every part of the loop on the ledger."""
    train = drive.loop.train

    def watched(game: Any, order: Any, clock: Any, watchers: list[Any], save: Any, **rest: Any) -> Any:
        for method in ("step", "report"):
            game = Timed(game, method, ledger.timed(method, getattr(game, method)))
        named: list[Any] = [Timed(each, "after", ledger.timed(type(each).__name__, each.after)) for each in watchers]
        order = Timed(order, "turns", ledger.timed("order", order.turns))
        return train(game, order, clock, named, ledger.timed("save", save), **rest)

    drive.loop.train = watched
    with tempfile.TemporaryDirectory() as folder:
        runs.begin(recipe, RunFolder(Path(folder) / "run"), watching=[memory], say=lambda _: None)


if __name__ == "__main__":
    main()
