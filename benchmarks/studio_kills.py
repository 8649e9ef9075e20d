"""Kills a training and its studio at random moments, and looks whether the page is told, everything goes on and nothing is lost.

    python benchmarks/studio_kills.py [--times 20] [--seed 0]

Each time the training (`ring` in NumPy) is killed with SIGKILL, and every other time the studio too, at a moment that is drawn.
Printed is how long it took until an open page was told. At the end the run is trained to its end, and its weights are compared
with those of a run that nobody killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from studio_process import SMALL, Studio, state_told
from websockets.exceptions import ConnectionClosed

from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.training import checkpoint

UPDATES = 200_000
LIMIT = 2.0  # seconds in which a page has to be told


def main() -> int:
    """Exit code 1 where something was told late, or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--after", type=int, default=2000, help="updates after the last kill")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run, told = RunFolder(folder / "killed"), []
        studio = Studio(folder)
        studio.ask(
            "POST", "/api/train", {"recipe": "ring", "settings": SMALL, "name": "killed", "updates": str(UPDATES)}
        )
        for number in range(options.times):
            socket = studio.page("killed")
            state_told(socket, "killed", ("training",))
            time.sleep(dice.uniform(0.0, 3.0))
            told.append(kill_training(socket, run))
            if number % 2:
                kill_studio(socket, studio)
                studio = Studio(folder)
                socket = studio.page()
                state_told(socket, "killed", ("paused",))
            socket.close()
            studio.ask("POST", "/api/runs/killed/resume", {})
            print(f"{number + 1:3}: told after {told[-1]:.2f} s, at update {newest(run):,}", flush=True)
        socket = studio.page()
        state_told(socket, "killed", ("training",))
        wanted = newest(run) + options.after
        while newest(run) < wanted:
            time.sleep(0.2)
        studio.ask("POST", "/api/runs/killed/ask", {"kind": "pause"})
        state_told(socket, "killed", ("paused",))
        at = checkpoint.saved_updates(run)[-1]
        studio.ask("POST", "/api/train", {"recipe": "ring", "settings": SMALL, "name": "whole", "updates": str(at)})
        state_told(socket, "whole", ("finished",))
        kill_studio(socket, studio)
        same = same_weights(run, RunFolder(folder / "whole"), at)
        rows = [row["update"] for row in read_rows(run.stats)]
        gaps = [b for a, b in zip(rows, rows[1:], strict=False) if b - a != 20]
    late = [seconds for seconds in told if seconds > LIMIT]
    print(
        f"told after {np.median(told):.2f} s in the middle, {max(told):.2f} s at most; {len(late)} of {len(told)} late"
    )
    print(f"weights after {at:,} updates equal, bit for bit: {same}; rows missing or double: {len(gaps)}")
    return 0 if same and not late and not gaps else 1


def kill_training(socket, run: RunFolder) -> float:
    """Seconds until a page was told."""
    os.kill(int(run.lock.read_text().split()[0]), signal.SIGKILL)
    began = time.monotonic()
    return state_told(socket, run.root.name, ("paused", "failed"))[0] - began


def kill_studio(socket, studio: Studio) -> None:
    """The page notices by its socket."""
    studio.process.kill()
    studio.process.wait()
    try:
        while True:
            json.dumps(str(socket.recv())[:1])
    except ConnectionClosed:
        return


def newest(run: RunFolder) -> int:
    """The newest update of a run's rows."""
    return max((row["update"] for row in read_rows(run.stats)), default=0)


def same_weights(one: RunFolder, other: RunFolder, update: int) -> bool:
    """Whether two runs have the same arrays after an update."""
    first, second = (checkpoint.load(run, update).state.arrays for run in (one, other))
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


if __name__ == "__main__":
    sys.exit(main())
