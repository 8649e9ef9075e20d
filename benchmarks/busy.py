"""What a training keeps of its pace where other processes use the processors.

python benchmarks/busy.py                            # about 12 minutes
python benchmarks/busy.py --case digits --seconds 5

Each case trains beside 0, 1 and 3 processes that do nothing but compute, three ways: with all threads, as before threads
were fitted; with one; and with as many as are free, which is the default. The first updates, in which the number of
threads is found, count. A pace is the median over rounds; all paces are told as shares of all threads' quiet pace.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from gansmith.ground.process.hardware import processors

CASES = {  # recipe, settings, updates a second about, by which a run's length is chosen
    "digits": (("digits",), 25.0),
    "mnist": (("mnist", "--data", "{mnist}"), 18.0),
    "folder-64": (("folder", "--data", "{pictures}", "--set", "data.size=64", "--set", "augment.name=mirror"), 5.0),
    "numpy": (("article-001-plain", "--engine", "numpy", "--data", "digits"), 30.0),
}
WAYS = {"all threads": str(processors()), "one thread": "1", "as many as are free": "0"}
HOGS = (0, 1, 3)
HOG = "while True: pass"


def pace(arguments: tuple[str, ...], updates: int, threads: str, out: Path) -> float:
    """Pictures a second of a training's loop, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "gansmith",
        "train",
        *arguments,
        "--out",
        str(out),
        "--updates",
        str(updates),
        "--quiet",
    ]
    for setting in (
        "watch.judge=0",
        "watch.diagnose=0",
        "watch.samples=4",
        "watch.samples_every=100000",
        "data.labels=none",
    ):
        command += ["--set", setting]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    subprocess.run([*command, "--set", f"threads={threads}"], check=True, env=environment, stdout=subprocess.DEVNULL)
    last = json.loads((out / "stats.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return last["images_seen"] / last["seconds"]


def beside(hogs: int, measure: list[tuple[str, tuple[str, ...], int, str]], place: Path) -> dict[str, float]:
    """The pace of each way, one after the other, beside so many busy processes."""
    others = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(hogs)]
    try:
        return {
            way: pace(arguments, updates, threads, Path(tempfile.mkdtemp(dir=place)) / "run")
            for way, arguments, updates, threads in measure
        }
    finally:
        for other in others:
            other.kill()
            other.wait()


def main() -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=list(CASES), help="only these")
    parser.add_argument("--seconds", type=float, default=8.0, help="about so long a training, on a quiet machine")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        pictures = np.random.default_rng(0).integers(0, 256, (512, 64, 64, 3), dtype=np.uint8)
        np.savez(place / "pictures.npz", images=pictures)
        paths = {
            "mnist": os.environ.get("GANSMITH_DATA", "../shared/data") + "/mnist",
            "pictures": str(place / "pictures.npz"),
        }
        for case in options.case or CASES:
            words, speed = CASES[case]
            arguments = tuple(word.format(**paths) for word in words)
            updates = max(20, round(speed * options.seconds))
            measure = [(way, arguments, updates, threads) for way, threads in WAYS.items()]
            rounds = [{hogs: beside(hogs, measure, place) for hogs in HOGS} for _ in range(options.rounds)]
            paces = {h: {way: statistics.median(each[h][way] for each in rounds) for way in WAYS} for h in HOGS}
            today = paces[0]["all threads"]
            print(f"{case}: all threads, quiet: {today:,.0f} pictures a second", flush=True)
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
