"""What a training, and other commands, keep of their pace where other processes use the processors.

python benchmarks/busy.py                            # about 20 minutes
python benchmarks/busy.py --case digits --seconds 5
python benchmarks/busy.py --case evaluate --case project

Each case runs beside 0, 1 and 3 processes that do nothing but compute, three ways: with all threads, as before threads
were fitted; with one; and with as many as are free, which is the default. The first updates, in which the number of
threads is found, count, and a command's start does. A pace is the median over rounds; all paces are told as shares of all
threads' quiet pace.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gansmith.ground.process.hardware import processors

CASES = {  # recipe, settings, updates a second about, by which a run's length is chosen
    "digits": (("digits",), 25.0),
    "mnist": (("mnist", "--data", "{mnist}"), 18.0),
    "folder-64": (("folder", "--data", "{pictures}", "--set", "data.size=64", "--set", "augment.name=mirror"), 5.0),
    "numpy": (("article-001-plain", "--engine", "numpy", "--data", "digits"), 30.0),
}
COMMANDS = {  # on a short run of `mnist`; their pace is how often they end in a second, start-up included
    "evaluate": ("evaluate", "{run}", "--json"),
    "project": ("explore", "{run}", "project", "--count", "4", "--steps", "100", "--json"),
}
WAYS = {"all threads": str(processors()), "one thread": "1", "as many as are free": "0"}
HOGS = (0, 1, 3)
HOG = "while True: pass"


Pace = Callable[[str], float]
"""The pace with a number of threads, as WAYS writes it."""


def gansmith(words: tuple[str, ...], threads: str = "0") -> None:
    """A command in a process of its own; threads: 0 = its own choice, else as OMP_NUM_THREADS says."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if threads != "0":
        environment["OMP_NUM_THREADS"] = threads
    command = [sys.executable, "-m", "gansmith", *words]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def train(words: tuple[str, ...], updates: int, out: Path, *settings: str) -> None:
    """A training without its watchers."""
    quiet = ("watch.judge=0", "watch.diagnose=0", "watch.samples=4", "watch.samples_every=100000")
    chosen = [word for setting in (*quiet, *settings) for word in ("--set", setting)]
    gansmith(("train", *words, "--out", str(out), "--updates", str(updates), "--quiet", *chosen))


def training(words: tuple[str, ...], updates: int, place: Path) -> Pace:
    """Pictures a second of a training's loop."""

    def pace(threads: str) -> float:
        out = Path(tempfile.mkdtemp(dir=place)) / "run"
        train(words, updates, out, "data.labels=none", f"threads={threads}")
        last = json.loads((out / "stats.jsonl").read_text(encoding="utf-8").splitlines()[-1])
        return last["images_seen"] / last["seconds"]

    return pace


def command(words: tuple[str, ...]) -> Pace:
    """How often a command ends in a second."""
    gansmith(words)  # what is kept for the next time, is kept now

    def pace(threads: str) -> float:
        began = time.perf_counter()
        gansmith(words, threads)
        return 1 / (time.perf_counter() - began)

    return pace


def beside(hogs: int, pace: Pace) -> dict[str, float]:
    """The pace of each way, one after the other, beside so many busy processes."""
    others = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(hogs)]
    try:
        return {way: pace(threads) for way, threads in WAYS.items()}
    finally:
        for other in others:
            other.kill()
            other.wait()


def pace_of(case: str, seconds: float, place: Path) -> Pace:
    """Of a case by its name."""
    mnist = os.environ.get("GANSMITH_DATA", "../shared/data") + "/mnist"
    run, pictures = place / "run", place / "pictures.npz"
    paths = {"mnist": mnist, "pictures": str(pictures), "run": str(run)}
    if case in COMMANDS:
        if not run.exists():
            train(("mnist", "--data", mnist), 50, run)
        return command(tuple(word.format(**paths) for word in COMMANDS[case]))
    if not pictures.exists():
        np.savez(pictures, images=np.random.default_rng(0).integers(0, 256, (512, 64, 64, 3), dtype=np.uint8))
    words, speed = CASES[case]
    return training(tuple(word.format(**paths) for word in words), max(20, round(speed * seconds)), place)


def main() -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=[*CASES, *COMMANDS], help="only these")
    parser.add_argument("--seconds", type=float, default=8.0, help="about so long a training, on a quiet machine")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for case in options.case or [*CASES, *COMMANDS]:
            pace = pace_of(case, options.seconds, Path(name))
            rounds = [{hogs: beside(hogs, pace) for hogs in HOGS} for _ in range(options.rounds)]
            paces = {h: {way: statistics.median(each[h][way] for each in rounds) for way in WAYS} for h in HOGS}
            today = paces[0]["all threads"]
            unit = "commands a minute" if case in COMMANDS else "pictures a second"
            print(f"{case}: all threads, quiet: {today * (60 if case in COMMANDS else 1):,.1f} {unit}", flush=True)
            for hogs in HOGS:
                shares = {way: paces[hogs][way] / today for way in WAYS}
                print(
                    f"  beside {hogs} busy: " + ", ".join(f"{way} {share:.2f}" for way, share in shares.items()),
                    flush=True,
                )
                found |= {f"{case}, beside {hogs}": shares}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
