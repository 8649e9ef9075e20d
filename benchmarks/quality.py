"""How good do the recipes get, and how soon: distances as multiples of their floor, after budgets of seconds.

    python benchmarks/quality.py --out DIR [--data FOLDER] [--only NAME ...] [--seeds 0 1 2] [--threads 2] [--pace N]

Each budget is a training of its own, since rates fall towards its end. A budget of seconds is played as the pictures that
this machine takes in so long: --pace N a second, or measured at the start. So seeds may be trained side by side, a thread
each, and give what they would give alone. The judge is fresh: a classifier trained on the same pictures in another order,
which no choice of settings has seen. What is done is not done again. The table is printed, and written to DIR/result.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import gansmith
from gansmith.data import cache
from gansmith.ground import pixels
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.reference import Reference, reference
from gansmith.runs.evaluation import real_items
from gansmith.runs.run import resume

COUNT = 5000
TRIED = 20.0  # seconds of training in which a pace is measured
METRICS = ("frechet", "classes", "modes", "agreement", "memorisation")


@dataclass(frozen=True)
class Case:
    """A recipe on a set, trained for so many seconds."""

    recipe: str
    data: str
    seconds: tuple[float, ...]
    settings: dict[str, Any] = field(default_factory=dict)


CLUSTERS = {"data.labels": "clusters"}
CASES = {
    "mnist": Case("mnist", "mnist", (30, 60, 120, 600)),
    "mnist, float32": Case("mnist", "mnist", (60,), {"precision.name": "float32"}),
    "mnist, exact slopes": Case("mnist", "mnist", (60,), {"regularizer.sigma": 0.0}),
    "mnist, groups": Case("mnist", "mnist", (60, 120, 600), CLUSTERS),
    "mnist, no labels": Case("mnist", "mnist", (120,), {"data.labels": "none"}),
    "the tutorial's network": Case("article-000-dcgan", "mnist", (30, 60, 120, 600), {"data.batch": 64}),
    "fashion": Case("fashion", "fashion-mnist", (120, 600)),
    "fashion, groups": Case("fashion", "fashion-mnist", (120, 600), CLUSTERS),
}


def fresh(data: Path) -> Reference:
    """The set with its training pictures in another order: another classifier is trained on them."""
    real = real_items(DataSettings(source=str(data)))
    order = np.random.default_rng(2026).permutation(len(real.items))
    assert real.labels is not None
    items, labels = np.asarray(real.items)[order], np.asarray(real.labels)[order]
    real = dataclasses.replace(
        real, name=f"{real.name}-reordered", fingerprint=f"{real.fingerprint}-2026", items=items, labels=labels
    )
    return reference(real, cache.folder() / "metrics")


def pace(case: Case, data: Path, out: Path, threads: int) -> float:
    """Pictures a second of a training, watchers included."""
    known = out / "pace.json"
    if not known.exists():
        began = time.perf_counter()
        settings = case.settings | {"threads": threads}
        run = gansmith.train(
            case.recipe, data=str(data), minutes=TRIED / 60, settings=settings, out=out / f"pace-{began:.0f}"
        )
        write_json(known, {"pace": run.stats[-1]["images_seen"] / run.stats[-1]["seconds"]})
    return json.loads(known.read_text(encoding="utf-8"))["pace"]


def trained(case: Case, data: Path, out: Path, images: int, seed: int, threads: int) -> RunFolder:
    """The run, trained now or before, or gone on with."""
    folder = RunFolder(out)
    if not folder.report.exists():
        settings = {"watch.judge": 0.0, "watch.diagnose": 0.0, "threads": threads} | case.settings
        if folder.recipe.exists():
            resume(out)
        else:
            gansmith.train(case.recipe, data=str(data), images=images, seed=seed, settings=settings, out=out)
    return folder


def measured(folder: RunFolder, judge: Reference) -> dict[str, Any]:
    """A row of figures, and a sheet of a hundred samples beside the run."""
    generator = gansmith.load(folder.root)
    asked = generator.labels(COUNT, None, 0)
    items = generator.sample(COUNT, 0)
    pixels.write_png(folder.root / "hundred.png", pixels.grid(items[:100], 10, zoom=2))
    found = evaluate(items, None if generator.labelling.counts else asked, judge, metrics=METRICS)
    distance = found["fd"]
    agreed = [one.agreement for one in found.classes if one.agreement is not None]
    return {
        "fd": distance.value,
        "floor": distance.floor,
        "noise": distance.noise,
        "times the floor": distance.value / distance.floor if distance.floor else None,
        "agreement": found["agreement"].value if agreed else None,
        "least agreement": min(agreed, default=None),
        "copies": found["copies"].value,
        "copies of real items": found["copies"].floor,
    }


def all_rows(out: Path) -> list[dict[str, Any]]:
    """What all calls have measured."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(out.glob("*/*/figures.json"))]


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Distances against seconds, a line a case through its medians, every seed a dot; cases of one budget are left out."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="seconds of two processor cores")
    axes.set_ylabel("distance, times that of real pictures")
    for name in dict.fromkeys(row["case"] for row in rows):
        of = [row for row in rows if row["case"] == name]
        seconds = sorted({row["seconds"] for row in of})
        if len(seconds) == 1:
            continue
        middle = [statistics.median(row["times the floor"] for row in of if row["seconds"] == each) for each in seconds]
        (line,) = axes.plot(seconds, middle, marker="s", label=name)
        axes.plot([row["seconds"] for row in of], [row["times the floor"] for row in of], ".", color=line.get_color())
    ticks = sorted({row["seconds"] for row in rows})
    axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
    axes.set_xticks([], minor=True)
    axes.axhline(1, color="grey", linewidth=1)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=100)


def main() -> None:
    """Train what is missing, measure, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GANSMITH_DATA", ".")))
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seconds", type=float, nargs="+", help="only these budgets")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=0, help="of a training; 0 = all processors")
    parser.add_argument("--pace", type=float, help="pictures a second of the machine, as all cases of the call have it")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw all that is done, and train nothing")
    options = parser.parse_args()
    if options.plot:
        draw(all_rows(options.out), options.plot)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        case = CASES[name]
        place, data = options.out / name.replace(", ", "-").replace(" ", "-").replace("'", ""), options.data / case.data
        place.mkdir(exist_ok=True)
        speed, judge = options.pace or pace(case, data, place, options.threads), fresh(data)
        for seconds in [each for each in case.seconds if not options.seconds or each in options.seconds]:
            rows: list[dict[str, Any]] = []
            for seed in options.seeds:
                out = place / f"{seconds:g}s-{seed}"
                row, images = out / "figures.json", round(seconds * speed)
                if not row.exists():
                    found = measured(trained(case, data, out, images, seed, options.threads), judge)
                    write_json(row, {"case": name, "seed": seed, "seconds": seconds, "images": images} | found)
                rows.append(json.loads(row.read_text(encoding="utf-8")))
            told = [f"{one['times the floor']:.2f}" for one in rows]
            middle = statistics.median(one["times the floor"] for one in rows)
            agreed = [f"{one['agreement']:.3f} ({one['least agreement']:.3f})" for one in rows if one["agreement"]]
            print(
                f"{name:<24} {seconds:>5g} s  {middle:>7.2f} x floor  ({', '.join(told)})  {', '.join(agreed)}",
                flush=True,
            )
    write_json(options.out / "result.json", {"rows": all_rows(options.out)})


if __name__ == "__main__":
    main()
