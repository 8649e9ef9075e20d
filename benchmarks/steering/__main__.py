"""How well a generator can be steered, in the figures that docs/notebook/steering.md quotes.

    python benchmarks/steering RUN [--data SOURCE] [--space z] [--only styles control ...] [--out FILE.json] [--plot FILE.png]

RUN is a run of `mnist` or `glyphs`, or of pictures of one's own; SOURCE is its data (default: the run's own). With --out,
every case is stored as soon as it is measured, and is not measured again: a stopped benchmark goes on where it was. On
`glyphs` a reader that knows the truth measures thickness and slant besides.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import searching
import sensing
import styling

from bench import Bench, Values
from gansmith.data.store import open_store
from gansmith.explore.session import plain
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.settings import DataSettings
from gansmith.report.error_curves import write_error_curves
from gansmith.trained.generator import load
from gansmith.trained.styled import in_space


class Section(NamedTuple):
    """A part of the benchmark: its cases, each of which can be measured alone, and the function that does."""

    cases: Callable[[Bench], list[str]]
    measure: Callable[[Bench, str], Values]


SECTIONS: dict[str, Section] = {
    "styles": Section(styling.by_draw, styling.style),
    "control": Section(styling.by_seed, styling.steer),
    "apart": Section(styling.by_seed, styling.apart),
    "columns": Section(styling.by_seed, styling.columns),
    "project": Section(styling.by_seed, searching.project),
    "inpaint": Section(searching.masks_and_seeds, searching.complete),
    "sense": Section(sensing.counts_and_seeds, sensing.measure),
    "noise": Section(sensing.noises_and_seeds, sensing.hear),
    "learned": Section(sensing.learned_counts, sensing.learn),
    "upscale": Section(searching.factors_and_seeds, searching.enlarge),
    "time": Section(searching.jobs, searching.clock),
}
Raw = dict[str, dict[str, Values]]  # {section: {case: {figure: values}}}


def summarise(cases: Mapping[str, Values]) -> dict[str, dict[str, float]]:
    """Each figure's mean over all draws, half its 95% interval, the least case's mean, and the number of draws."""
    told: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(name for values in cases.values() for name in values):
        parts = [np.array(values[name], np.float64) for values in cases.values() if name in values]
        whole = np.concatenate(parts)
        bar = 1.96 * whole.std(ddof=1) / len(whole) ** 0.5 if len(whole) > 1 else 0.0
        least = min(float(part.mean()) for part in parts)
        told[name] = {"mean": float(whole.mean()), "bar": float(bar), "least": least, "draws": len(whole)}
    return plain(told)


def measure(bench: Bench, name: str, raw: Raw, keep: Callable[[], None], seconds: float) -> None:
    """All cases of a section that are not there yet, until the time is up."""
    cases = raw.setdefault(name, {})
    for case in SECTIONS[name].cases(bench):
        if case in cases or time.perf_counter() > seconds:
            continue
        start = time.process_time()
        cases[case] = plain(SECTIONS[name].measure(bench, case))
        print(f"{name} {case}: {time.process_time() - start:.1f} s of processor", flush=True)
        keep()


def tell(name: str, cases: Mapping[str, Values]) -> None:
    """Print a section."""
    summary = summarise(cases)
    print(f"\n## {name}")
    for key, row in summary.items():
        print(f"  {key:<70} {row['mean']:.4g} ± {row['bar']:.2g}   least {row['least']:.4g}   of {row['draws']}")
    if name == "sense":
        for count, told in sensing.times_fewer(summary).items():
            print(f"  at {count} the generator errs as little as LASSO with   {told}")


def main() -> None:
    """Run the sections that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data")
    parser.add_argument("--space", default="auto", choices=("auto", "z", "w"), help="as for `gansmith explore`")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--draws", type=int, default=20, help="pictures a seed; independent surveys")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200, help="of each search")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no case after this long")
    parser.add_argument("--out", type=Path, help="store figures here; cases that it holds are not measured again")
    parser.add_argument("--plot", type=Path, help="draw the sections sense and noise")
    asked = parser.parse_args()
    raw: Raw = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out and asked.out.exists() else {}
    bench = open_bench(asked)

    def keep() -> None:
        if asked.out:
            asked.out.write_text(json.dumps(raw, ensure_ascii=False) + "\n", encoding="utf-8")

    until = time.perf_counter() + asked.seconds
    for name in asked.only:
        measure(bench, name, raw, keep, until)
        if raw[name]:
            tell(name, raw[name])
    if asked.plot:
        write_error_curves(sensing.points(raw), asked.plot)


def open_bench(asked: Any) -> Bench:
    """The run and its data; its training pictures where it has no test pictures."""
    generator = in_space(load(asked.run), asked.space)
    _, height, width = generator.item_shape
    source = asked.data or generator.recipe.data.source

    def part(split: str) -> Any:
        return open_store(
            DataSettings(source=source, split=split, size=f"{width}x{height}"),  # pyright: ignore[reportArgumentType]
            generator.recipe.seed,
        )

    train = part("train")
    test = part("test") if "test" in train.splits else train
    return Bench(RunFolder(asked.run), generator, train, test, asked.draws, asked.seeds, asked.steps)


if __name__ == "__main__":
    main()
