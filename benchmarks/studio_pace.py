"""What a studio costs a training: updates a second without one, with a hidden page, and with a page that watches.

    python benchmarks/studio_pace.py [--seconds 20] [--rounds 3] [--recipe digits]

One training runs all the time; the three alternate beside it. Printed are the ratios to "off", and the share of one processor
that the studio itself used.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from studio_process import Studio
from websockets.exceptions import ConnectionClosed

from gansmith.ground.files.runfolder import RunFolder, read_rows

WAYS = ("off", "hidden", "visible")


def main() -> int:
    """Train, alternate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recipe", default="digits")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = RunFolder(folder / "run")
        words = [
            sys.executable,
            "-m",
            "gansmith",
            "train",
            options.recipe,
            "--out",
            str(run.root),
            "--updates",
            "10000000",
        ]
        words += ["--quiet", "--set", "watch.stats_every=10", "--set", "watch.diagnose=0", "--set", "watch.judge=0"]
        training = subprocess.Popen(words)
        while len(list(read_rows(run.stats))) < 5:
            time.sleep(0.2)
        rates: dict[str, list[float]] = {way: [] for way in WAYS}
        used: dict[str, list[float]] = {way: [] for way in WAYS}
        try:
            for _ in range(options.rounds):
                for way in WAYS:
                    rate, share = measured(folder, run, way, options.seconds)
                    print(f"{way:8} {rate:8.2f} updates/s; the studio used {share:.3f} of a processor", flush=True)
                    rates[way].append(rate)
                    used[way].append(share)
        finally:
            training.send_signal(signal.SIGINT)
            training.wait()
    for way in WAYS:
        ratio = statistics.median(one / off for one, off in zip(rates[way], rates["off"], strict=True))
        print(
            f"{way:8} {statistics.median(rates[way]):8.2f} updates/s, {ratio:.3f} of off; the studio used "
            f"{statistics.median(used[way]):.3f} of a processor"
        )
    return 0


def measured(folder: Path, run: RunFolder, way: str, seconds: float) -> tuple[float, float]:
    """Updates a second, and processor seconds of the studio a second."""
    if way == "off":
        return pace(run, seconds), 0.0
    studio = Studio(folder)
    socket = studio.page("run")
    if way == "hidden":
        socket.send(json.dumps({"hidden": True}))
    reader = threading.Thread(target=drain, args=(socket,), daemon=True)
    reader.start()
    time.sleep(2)  # its start is no part of what is measured
    before, began = studio.seconds_used(), time.monotonic()
    rate = pace(run, seconds)
    share = (studio.seconds_used() - before) / (time.monotonic() - began)
    studio.process.kill()
    studio.process.wait()
    reader.join()
    return rate, share


def drain(socket) -> None:
    """A page that hears everything."""
    try:
        while True:
            socket.recv()
    except ConnectionClosed:
        return


def pace(run: RunFolder, seconds: float) -> float:
    """Updates a second in the next so many seconds, by the run's own clock."""
    first = list(read_rows(run.stats))[-1]
    time.sleep(seconds)
    last = list(read_rows(run.stats))[-1]
    return (last["update"] - first["update"]) / max(last["seconds"] - first["seconds"], 1e-9)


if __name__ == "__main__":
    sys.exit(main())
