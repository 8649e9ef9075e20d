"""Does it pay to start from a trained run? Two sets of 300 pictures, trained from `clothing` and from nothing.

    python benchmarks/starting.py FOLDER [--data SETS] [--only ARM ...] [--seeds 0 1 2] [--base 1800] [--updates 480]

Writes FOLDER/base, a run on 3,068 photos of clothes, then a run for each set, arm and seed, then the distances of their
samples after every eighth of the updates: to the whole set, of which the 300 pictures are a part. All runs of a set take
the same number of updates, as machines differ in pace. Each run is one thread. What is done is not done again: stop it,
and start it again, at any time. Prints a table, and writes FOLDER/result.json.

The rule, fixed before the first run: an arm is better if the mean of its distance over the seeds is below that of
`scratch` at every point.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.files.runfolder import RunFolder, read_rows, write_json
from gansmith.ground.files.whole import write_bytes
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.evaluation import evaluate
from gansmith.runs.evaluation import reference_for
from gansmith.trained.generator import load
from gansmith.training import checkpoint

FEW, POINTS, COUNT = 300, 8, 2000
SETS = {"emoji": "emoji/noto-emoji-64.zip", "signs": "sign-digits/sign-digits-100.zip"}
BASE = "clothing/clothing-128.zip"
ARMS: dict[str, list[str]] = {
    "scratch": [],
    "from": ["--from", "{base}"],
    "from, 1 layer frozen": ["--from", "{base}", "--freeze-d", "1"],
    "from, 2 layers frozen": ["--from", "{base}", "--freeze-d", "2"],
    "from, 3 layers frozen": ["--from", "{base}", "--freeze-d", "3"],
}


def few(source: Path, target: Path) -> None:
    """A zip of 300 pictures of a zip, drawn by a fixed seed."""
    with zipfile.ZipFile(source) as whole:
        names = sorted(name for name in whole.namelist() if name.endswith((".png", ".jpg")))
        drawn = np.random.default_rng(0).choice(len(names), FEW, replace=False)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as part:
            for index in sorted(drawn):
                part.writestr(names[index], whole.read(names[index]))
    write_bytes(target, made.getvalue())


def trained(folder: Path, updates: int, *words: str) -> None:
    """A run with a checkpoint at every point; begun, continued, or done already."""
    run = RunFolder(folder)
    if checkpoint.saved_updates(run)[-1:] == [updates]:
        return
    if run.recipe.is_file() and checkpoint.saved_updates(run):
        command = ["resume", str(folder)]
    else:
        every = f"watch.checkpoint_every={max(1, updates // POINTS)}"
        settings = ["data.size=64", "threads=1", "watch.judge=0", "watch.diagnose=0", "watch.keep=99", every]
        sets = [word for setting in settings for word in ("--set", setting)]
        command = ["train", "folder", "--updates", str(updates), "--out", str(folder), *words, *sets]
    print(f"{folder.name}: {' '.join(command)}", flush=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "gansmith", *command, "--quiet"], check=True, env=environment)


def distances(folder: Path, reference: Any) -> dict[int, float]:
    """The Frechet distance at every checkpoint of a run."""
    found: dict[int, float] = {}
    for update in checkpoint.saved_updates(RunFolder(folder)):
        made = load(folder, checkpoint=str(update)).sample(COUNT, seed=1)
        figures = evaluate(made, None, reference, metrics=("frechet",)).as_dict()["figures"]
        found[update] = next(figure["value"] for figure in figures if figure["key"] == "fd")
    return found


def main() -> None:
    """Train what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GANSMITH_DATA", "../shared/data")))
    parser.add_argument("--only", nargs="+", choices=[*ARMS], default=[*ARMS])
    parser.add_argument("--sets", nargs="+", choices=[*SETS], default=[*SETS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--base", type=int, default=1800, help="updates of the run on clothing")
    parser.add_argument("--updates", type=int, default=480)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    base, result = options.folder / "base", {}
    if any(ARMS[arm] for arm in options.only):
        trained(base, options.base, "--data", str(options.data / BASE))
    for name in options.sets:
        source, part = options.data / SETS[name], options.folder / f"{name}.zip"
        if not part.exists():
            few(source, part)
        for arm in options.only:
            for seed in options.seeds:
                words = [word.format(base=base) for word in ARMS[arm]]
                run = options.folder / f"{name}-{arm.replace(', ', '-').replace(' ', '-')}-{seed}"
                trained(run, options.updates, "--data", str(part), "--seed", str(seed), *words)
    for name in options.sets:
        reference = reference_for(DataSettings(source=str(options.data / SETS[name]), size="64", split="all"))
        result[name] = {"measured by": reference.features_name}
        for arm in options.only:
            runs = [
                options.folder / f"{name}-{arm.replace(', ', '-').replace(' ', '-')}-{seed}" for seed in options.seeds
            ]
            every = [distances(run, reference) for run in runs]
            pace = statistics.mean([*read_rows(RunFolder(run).stats)][-1]["seconds"] for run in runs)
            points = {update: [found[update] for found in every] for update in every[0]}
            result[name][arm] = {"seconds": round(pace, 1), "distances": points}
            means = "  ".join(f"{statistics.mean(values):7.2f}" for values in points.values())
            print(f"{name:6} {arm:22} {pace:6.0f} s  {means}", flush=True)
    write_json(options.folder / "result.json", result)


if __name__ == "__main__":
    main()
