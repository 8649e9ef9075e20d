"""Random kills over everything that writes: is each training resumed to the same bits, and is nothing ever lost?

    python benchmarks/kills.py [--count 1000] [--seed 0] [--only train compare ...] [--record kills.jsonl]

A case is a command that is struck at a random moment or before a random write (of the files that Python opens, renames and
removes), by a SIGKILL, SIGTERM, SIGHUP, one or two Ctrl-C, or the end of its output's reader; often once more while it is
resumed; then it is resumed in peace. Everything that matters of what it leaves is compared with the same command's that was
left alone. --record keeps the cases that are done, so that the same command goes on. Prints a table; exit code 1 where
something was lost. For POSIX systems.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="", GANSMITH_OFFLINE="1")  # before anything is imported

sys.path.insert(0, str(Path(__file__).parent))

import kill_jobs
from harm import HARMS, Blow, Ended, run
from kill_jobs import JOBS, Job

BLOWS = 3  # at most, one after the other, on the command and on what resumes it
AGAIN = 0.4  # how probable each further one is
UNFORESEEN = ("SIGKILL", "closed output")  # after these a run goes on from a checkpoint that was due
PAUSE = 0.1  # the longest time between two Ctrl-C, in seconds


@dataclass(frozen=True)
class Peace:
    """What a job leaves, and costs, where nothing disturbs it."""

    left: dict[str, Any]
    seconds: float
    writes: int


@dataclass
class Case:
    """What was done, and what became of it; "" where all is well."""

    index: int
    job: str
    blows: list[dict[str, Any]]
    codes: list[int]
    fault: str = ""
    words: str = ""


def in_peace(job: Job, home: Path) -> Peace:
    """Run a job undisturbed, twice: its own results must be the same, or nothing could be compared."""
    found = []
    for name in ("first", "second"):
        place = home / f"peace-{job.name}-{name}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        ended = run(job.begin(home, place), home / "words.txt", plant=job.plant)
        if ended.code:
            raise SystemExit(f"{job.name} fails undisturbed: {ended.said}")
        found.append((job.result(place), ended))
    (left, ended), (again, _) = found
    if faults := differences(left, again):
        raise SystemExit(f"{job.name} is not repeatable: {faults}")
    return Peace(left, ended.seconds, ended.writes)


def play(index: int, seed: int, job: Job, peace: Peace, home: Path) -> Case:
    """One case."""
    dice = random.Random(f"{seed} {index}")
    place = home / f"case-{job.name}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    case = Case(index, job.name, [], [])
    while len(case.blows) < BLOWS and (not case.blows or dice.random() < AGAIN):
        blow = drawn(dice, peace, first=not case.blows)
        case.blows.append(asdict(blow))
        ended = run(_next(job, home, place), home / "words.txt", blow, job.plant)
        if _is_bad(case, ended, struck=True):
            return case
    ended = run(_next(job, home, place), home / "words.txt", plant=job.plant)
    if not _is_bad(case, ended, struck=False):
        try:
            stops = sum(blow["harm"] not in UNFORESEEN for blow in case.blows)
            case.fault = differences(peace.left, job.result(place), stops)
        except Exception as error:  # whatever cannot be read is lost
            case.fault = f"lost: {type(error).__name__}: {error}"
    return case


def drawn(dice: random.Random, peace: Peace, *, first: bool) -> Blow:
    """A random blow within the time and the writes of a job."""
    harm = dice.choice(["SIGKILL", *HARMS])  # the hardest twice as often
    gap = dice.uniform(0, PAUSE)
    if dice.random() < 0.5:
        return Blow(harm, at_write=dice.randint(1, max(1, peace.writes if first else peace.writes // 2)), gap=gap)
    return Blow(harm, seconds=dice.uniform(0, peace.seconds), gap=gap)


def _next(job: Job, home: Path, place: Path) -> list[str]:
    """The command that begins, or goes on."""
    return job.resume(home, place) if job.is_begun(place) else job.begin(home, place)


def _is_bad(case: Case, ended: Ended, *, struck: bool) -> bool:
    """Note how a process ended; whether that is a fault."""
    case.codes.append(ended.code)
    unheard = struck and case.blows[-1]["harm"] == "closed output"
    over = ended.code == 1 and (unheard or "is finished at update" in ended.said)  # a blow that came too late
    if "Traceback" in ended.said:
        case.fault = "traceback"
    elif ended.code >= 999:
        case.fault = "hang"
    elif ended.left_alive:
        case.fault = "a process left behind"
    elif not over and ended.code not in ((0, 130, -1, -2, -9, -13, -15) if struck else (0,)):
        case.fault = f"exit code {ended.code}"
    case.words = ended.said[-2000:] if case.fault else ""
    return bool(case.fault)


def differences(wanted: dict[str, Any], found: dict[str, Any], stops: int = 0) -> str:
    """The names of what is missing or another; more than what is wanted may be there. "" where all is well.

    stops: how often a run saved and stopped between two rows of statistics. The row after each is a mean of fewer updates.
    """
    wrong = [name for name, value in wanted.items() if found.get(name) != value]
    means = [name for name in wrong if name.startswith("stats (") and name in found]
    wrong = [name for name in wrong if name not in means[:stops]]
    return f"differs: {', '.join(wrong[:6])}" if wrong else ""


def show(cases: list[Case]) -> None:
    """A table: for each job how many cases were struck in which way, and what became of them."""
    harms = list(HARMS)
    print(f"{'job':<12} {'cases':>6} " + " ".join(f"{harm:>13}" for harm in harms) + f" {'faults':>7}")
    for name in [*dict.fromkeys(case.job for case in cases), "all"]:
        of = [case for case in cases if name in ("all", case.job)]
        struck = Counter(blow["harm"] for case in of for blow in case.blows)
        faults = sum(bool(case.fault) for case in of)
        print(f"{name:<12} {len(of):>6} " + " ".join(f"{struck[harm]:>13}" for harm in harms) + f" {faults:>7}")
    for case in cases:
        if case.fault:
            print(f"case {case.index} ({case.job}): {case.fault}; {case.blows}; {case.words.strip()[-400:]}")


def main() -> int:
    """Play all cases that the record does not hold, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=1000, help="cases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=JOBS, default=list(JOBS), metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--record", type=Path, help="a .jsonl file that keeps the cases that are done")
    options = parser.parse_args()
    done = [Case(**json.loads(line)) for line in options.record.open()] if _exists(options.record) else []
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        home = Path(folder)
        os.environ["GANSMITH_CACHE"] = str(home / "cache")
        kill_jobs.make_world(home)
        turns = [name for name in options.only for _ in range(JOBS[name].weight)]
        peace: dict[str, Peace] = {}
        for index in range(len(done), options.count):
            job = JOBS[turns[index % len(turns)]]
            if job.name not in peace:
                peace[job.name] = in_peace(job, home)
            done.append(play(index, options.seed, job, peace[job.name], home))
            if options.record:
                with options.record.open("a") as file:
                    file.write(json.dumps(asdict(done[-1])) + "\n")
            if done[-1].fault:
                print(f"case {index} ({job.name}): {done[-1].fault}", file=sys.stderr, flush=True)
    show(done)
    return int(any(case.fault for case in done))


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


if __name__ == "__main__":
    sys.exit(main())
