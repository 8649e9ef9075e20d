"""Train with a planted fault and `--remedy auto`, and see what becomes of it.

    python benchmarks/rescue.py --out DIR [--seeds 0] [--only NAME ...] [--updates 900]

Each training begins faulty. The doctor names the fault, goes back, changes one setting, and trains on; the line says
what was named and changed, and what `gansmith diagnose` makes of the finished run. A training that is in DIR already is
not repeated, so a stopped benchmark goes on where it was. The table is printed, and written to DIR/result.json.
"""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planted_faults import FAULTS, Case, poison, setup_of

import gansmith
from gansmith.diagnosis.findings import written
from gansmith.ground.files.runfolder import RunFolder, read_rows, write_json
from gansmith.runs.diagnose import diagnose
from gansmith.training.events import UpdateEvent

RESCUED = (
    "stacked, never frozen",
    "D never trained",
    "sigmoid as logits",
    "[0,1] under tanh",
    "rate x 100",
    "rate / 100",
    "NaN at 200",
)
"""Faults that a setting makes, so that a setting can mend them; and NaN."""
UPDATES = 900


class Poison:
    """A watcher that puts NaN into the discriminator after update 200, once."""

    done = False

    def after(self, event: UpdateEvent) -> None:
        """Strike."""
        if event.update == 200 and not self.done:
            self.done = True
            poison(event.game, event.update)


@dataclass(frozen=True)
class Rescue:
    """What became of one training."""

    case: str
    seed: int
    named: str  # the alarm that was acted on
    changes: list[str]  # one line each
    at: int  # update of the last change
    back_to: int
    left: str  # the leading finding of the finished run
    alarms: list[str]  # that stand at its end
    quality: tuple[float, float]  # sliced Wasserstein distance over the data's spread: untrained, and at the end
    rescued: bool


def rescue(case: Case, seed: int, data: Path, out: Path, updates: int = UPDATES) -> Rescue:
    """Train a case with `--remedy auto`, unless its run is there; then read what it left."""
    folder = RunFolder(out)
    if not out.is_dir():
        part = out.with_name(f"{out.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        recipe = setup_of(case, "digits", seed, data).recipe
        settings: dict[str, Any] = {
            "watch.remedy": "auto",
            "watch.diagnose": 0.5,  # a look every 50 updates, however small the networks
            "watch.judge": 0.0,
            "watch.checkpoint_every": 100,
        }
        watching = [Poison()] if case.after is poison else []
        run = gansmith.train(recipe, out=part, updates=updates, settings=settings, watching=watching)
        if run.ended == "interrupted":
            raise KeyboardInterrupt
        part.rename(out)
    return outcome(case.name, seed, folder)


def outcome(case: str, seed: int, folder: RunFolder) -> Rescue:
    """What the run's files say."""
    found, changes = diagnose(folder.root), list(read_rows(folder.changes))
    lines = [
        ", ".join(f"{name} {written(old)} -> {written(new)}" for name, (old, new) in change["change"].items())
        for change in changes
    ]
    last = changes[-1] if changes else {"at": 0, "back_to": 0, "reason": "nothing"}
    alarms = [finding.state for finding in (found.leading, *found.others) if finding.is_alarm]
    probes = [row["numbers"].get("quality", float("nan")) for row in read_rows(folder.probes) if "numbers" in row]
    named = str(last["reason"]).split(" since update")[0].split(":")[0]
    return Rescue(
        case, seed, named, lines, last["at"], last["back_to"], found.leading.state, alarms, (probes[0], probes[-1]),
        bool(changes) and not alarms,
    )  # fmt: skip


def table(rescues: list[Rescue]) -> str:
    """A line for each training."""
    lines = [f"{'planted':<24}{'seed':>4}  what was done, and what became of it"]
    lines += [
        f"{r.case:<24}{r.seed:>4}  {r.named} -> {' | '.join(r.changes) or 'no change'} (at {r.at}, back to "
        f"{r.back_to}) -> {r.left}, quality {r.quality[1]:.2f} (untrained {r.quality[0]:.2f})"
        f"{'' if r.rescued else ' NOT RESCUED'}"
        for r in rescues
    ]
    return "\n".join([*lines, f"rescued {sum(r.rescued for r in rescues)}/{len(rescues)}"])


def main() -> None:
    """Train what is missing, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder for the runs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", nargs="*", default=RESCUED, help="names of cases")
    parser.add_argument("--updates", type=int, default=UPDATES)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GANSMITH_DATA", "../shared/data")))
    options = parser.parse_args()
    cases = [case for case in FAULTS if case.name in options.only]
    options.out.mkdir(parents=True, exist_ok=True)
    rescues: list[Rescue] = []
    for seed in options.seeds:
        for case in cases:
            words = "".join(letter if letter.isalnum() else "-" for letter in case.name)
            rescues.append(rescue(case, seed, options.data, options.out / f"{words}-{seed}", options.updates))
            print(table(rescues[-1:]).splitlines()[1], flush=True)
    print(table(rescues))
    write_json(options.out / "result.json", [asdict(each) for each in rescues])


if __name__ == "__main__":
    main()
