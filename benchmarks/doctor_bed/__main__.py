"""Play situations and judge the doctor: see the package's words."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from .data import PICTURES
from .halves import SEALED, SITUATIONS, WORK, situations_of
from .judge import judged, table
from .play import Play, plays, record


def record_all(todo: list[Play], out: Path, jobs: int) -> None:
    """Play in `jobs` processes, each with a run of neighbours, which share their data. Says how many, never which."""
    began = time.monotonic()
    size = max(1, min(24, -(-len(todo) // jobs)))
    keys = [(play.situation.name, play.data_set, play.seed) for play in todo]  # situations hold functions: not pickled
    parts = [keys[start : start + size] for start in range(0, len(keys), size)]
    done = 0

    def say(count: int) -> None:
        print(f"{count} of {len(todo)} played, {time.monotonic() - began:.0f} s", flush=True)

    if jobs == 1:
        for part in parts:
            done += _record_some(part, out)
            say(done)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        for count in pool.map(_record_some, parts, [out] * len(parts)):
            done += count
            say(done)


def _record_some(keys: list[tuple[str, str, int]], out: Path) -> int:
    by_name = {situation.name: situation for situation in SITUATIONS}
    for name, data_set, seed in keys:
        play = Play(by_name[name], data_set, seed)
        record(play, out / play.name)
    return len(keys)


def main() -> None:
    """Record or judge a half."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor_bed")
    parser.add_argument("what", choices=("record", "judge"))
    parser.add_argument("--half", choices=(WORK, SEALED), required=True)
    parser.add_argument("--out", type=Path, required=True, help="a folder for the histories, one a run's folder")
    parser.add_argument("--data-set", nargs="+", choices=PICTURES, default=list(PICTURES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="situations of this half, by name or family")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="record: play what is there too, with today's prober")
    parser.add_argument("--open", action="store_true", help="judge: open the sealed half; done once, at the end")
    options = parser.parse_args()
    if options.what == "judge" and options.half == SEALED and not options.open:
        parser.error("the sealed half is judged once, when the rules are finished: add --open then")
    some = [it for it in situations_of(options.half) if not options.only or {it.name, it.family} & {*options.only}]
    if not some:
        parser.error(f"no situation of the half {options.half} is named {', '.join(options.only)}")
    todo = plays(some, options.data_set, options.seeds)
    options.out.mkdir(parents=True, exist_ok=True)
    missing = [play for play in todo if options.again or not (options.out / play.name).exists()]
    if options.what == "record":
        record_all(missing, options.out, options.jobs)
        return
    if missing:
        parser.error(f"{len(missing)} of {len(todo)} histories are not in {options.out}: record them first")
    verdicts = [judged(play, options.out / play.name) for play in sorted(todo, key=lambda p: some.index(p.situation))]
    print(table(verdicts))
    result = json.dumps([dataclasses.asdict(verdict) for verdict in verdicts], indent=1)
    (options.out / f"result-{options.half}.json").write_text(result, encoding="utf-8")


if __name__ == "__main__":
    main()
