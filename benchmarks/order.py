"""Do the distances know better from worse? Real items < a trained generator < the same half-trained < noise.

    python benchmarks/order.py --out DIR [--data FOLDER] [--only mnist fashion-mnist emoji] [--updates 600]

Every set is trained on once, shortly, with a checkpoint half-way; a stopped benchmark goes on where it was. FOLDER holds
mnist/, fashion-mnist/ and emoji/noto-emoji-64.zip; $GANSMITH_DATA by default. The table is printed, and written to
DIR/result.json.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gansmith
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.metrics.evaluation import Evaluation, evaluate
from gansmith.runs.evaluation import reference_for
from gansmith.training import checkpoint

DISTANCES = ("fd", "kid", "swd")
METRICS = ("frechet", "kid", "wasserstein", "manifold", "confidence")


@dataclass(frozen=True)
class Case:
    """A set, the recipe that learns it, and how many items are compared."""

    place: str
    recipe: str
    count: int
    settings: dict[str, Any] = field(default_factory=dict)


CASES = {
    "mnist": Case("mnist", "mnist", 5000),
    "fashion-mnist": Case("fashion-mnist", "fashion", 5000),
    "emoji": Case("emoji/noto-emoji-64.zip", "folder", 800, {"data.size": "32"}),
}


def trained(case: Case, data: Path, out: Path, updates: int) -> RunFolder:
    """The run with its two checkpoints, trained now or before."""
    folder, half = RunFolder(out), updates // 2
    if set(checkpoint.saved_updates(folder)) >= {half, updates}:
        return folder
    watch = {"watch.checkpoint_every": half, "watch.keep": 4, "watch.judge": 0.0, "watch.diagnose": 0.0}
    settings = watch | case.settings
    gansmith.train(case.recipe, data=str(data / case.place), out=out, updates=updates, settings=settings)
    return folder


def measured(case: Case, folder: RunFolder, updates: int) -> dict[str, Evaluation]:
    """The figures of both checkpoints; each brings those of real items and of noise with it."""
    recipe = folder.load_recipe()
    reference = reference_for(recipe.data, recipe.seed)
    found: dict[str, Evaluation] = {}
    for name, update in (("trained", updates), ("half-trained", updates // 2)):
        generator = gansmith.load(folder.root, checkpoint=str(update))
        items, labels = generator.sample(case.count, 0), generator.labels(case.count, None, 0)
        found[name] = evaluate(items, labels, reference, metrics=METRICS)
    return found


def told(name: str, found: dict[str, Evaluation]) -> list[dict[str, Any]]:
    """A row per figure: real, trained, half-trained, noise; `ordered` where the distances should be."""
    rows: list[dict[str, Any]] = []
    for figure in found["trained"].figures:
        half = found["half-trained"][figure.key]
        steps = [figure.floor, figure.value, half.value, figure.noise]
        ordered = steps == sorted(steps) if figure.key in DISTANCES and None not in steps else None
        rows.append({"set": name, "figure": figure.name, "items": figure.count, "steps": steps, "ordered": ordered})
    return rows


def main() -> None:
    """Train, measure, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GANSMITH_DATA", ".")))
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--updates", type=int, default=600)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    print("figure | items | real | trained | half-trained | noise | ordered")
    for name in options.only:
        case = CASES[name]
        folder = trained(case, options.data, options.out / name, options.updates)
        for row in told(name, measured(case, folder, options.updates)):
            rows.append(row)
            steps = " | ".join("" if value is None else f"{value:.4g}" for value in row["steps"])
            mark = {True: "yes", False: "NO", None: ""}[row["ordered"]]
            print(f"{row['figure']} | {row['items']:,} | {steps} | {mark}", flush=True)
    write_json(options.out / "result.json", {"updates": options.updates, "rows": rows})


if __name__ == "__main__":
    main()
