"""Errors planted one at a time, and whether the tests see them.

    python benchmarks/mutations.py --out DIR MODULE ... [--limit 60] [--most 200]

MODULE is a file or a folder of `gansmith/`. Each mutant changes one place: a comparison, an operator, a number, True and
False, `not`, `and` and `or`, `min` and `max`, or a term that is dropped. The module's own tests (TESTS) run on a copy of the
project; they are collected once, and each mutant is put into a process of its own. Rows are added to DIR/mutations.jsonl,
and what stands there is not run again. Survivors that change nothing that can be seen are listed in
mutations_equivalent.tsv with the reason. Needs a system with `fork`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from mutants import Mutant, mutants
from mutation_station import Station, limited, result_of

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("mutations_equivalent.tsv")
TESTS: dict[str, tuple[str, ...]] = {  # the first that a module begins with
    "gansmith/metrics/measures/agreement": ("metrics/test_judged.py",),
    "gansmith/metrics/measures/distances": ("metrics/test_manifold.py", "metrics/test_memorisation.py"),
    "gansmith/metrics/measures/diversity": ("metrics/test_judged.py",),
    "gansmith/metrics/measures/": ("metrics/test_{name}.py", "metrics/test_metric_referees.py"),
    "gansmith/metrics/intervals": ("metrics/test_judged.py",),
    "gansmith/metrics/order": ("metrics/test_metric_features.py", "metrics/test_wasserstein.py"),
    "gansmith/metrics/verdict": ("metrics/test_borders_of_verdict.py",),
    "gansmith/metrics/figures": ("metrics/test_table_by_hand.py",),
    "gansmith/metrics/table": ("metrics/test_table_by_hand.py", "metrics/test_grid.py"),
    "gansmith/metrics/evaluation": ("metrics/test_evaluation_by_hand.py",),
    "gansmith/metrics/reference": ("metrics/test_real_sets.py", "metrics/test_evaluation_by_hand.py"),
    "gansmith/metrics/real": ("metrics/test_real_sets.py",),
    "gansmith/metrics/linear_probe": ("metrics/test_probe_by_hand.py", "metrics/test_linear_probe.py"),
    "gansmith/metrics/feature_networks/inception": ("metrics/test_inception.py",),
    "gansmith/metrics/feature_networks/imagenet": ("metrics/test_imagenet_features.py",),
    "gansmith/metrics/feature_networks/likeness": ("metrics/test_choice_by_hand.py",),
    "gansmith/metrics/feature_networks/choice": ("metrics/test_choice_by_hand.py", "metrics/test_metric_features.py"),
    "gansmith/metrics/feature_networks/self_supervised": (
        "metrics/test_views_by_hand.py",
        "metrics/test_metric_features.py",
    ),
    "gansmith/metrics/feature_networks/": ("metrics/test_feature_networks_by_hand.py",),
    "gansmith/metrics/": ("metrics",),
    "gansmith/training/checkpoint": ("training/test_checkpoints.py",),
    "gansmith/data/order": ("data/test_order.py",),
    "gansmith/diagnosis/signals/samples": ("diagnosis/test_samples_by_hand.py", "diagnosis/test_signals.py"),
    "gansmith/diagnosis/signals/series": ("diagnosis/test_signals.py",),
    "gansmith/diagnosis/signals/": ("diagnosis/test_{name}.py", "diagnosis/test_probe.py"),
    "gansmith/diagnosis/ruleset/memory": ("diagnosis/test_borders_of_samples.py",),
    "gansmith/diagnosis/ruleset/outputs": ("diagnosis/test_borders_of_samples.py",),
    "gansmith/diagnosis/ruleset/table": ("diagnosis/test_rules.py",),
    "gansmith/diagnosis/ruleset/": ("diagnosis/test_borders.py", "diagnosis/test_borders_of_{name}.py"),
    "gansmith/diagnosis/probe": ("diagnosis/test_numbers_of_a_probe.py", "diagnosis/test_probe.py"),
    "gansmith/diagnosis/reference": ("diagnosis/test_known_by_hand.py", "diagnosis/test_probe.py"),
    "gansmith/diagnosis/pictures": ("diagnosis/test_picture_of_a_finding.py",),
    "gansmith/diagnosis/": ("diagnosis",),
    "gansmith/game/penalties": (
        "game/test_penalty_s_places.py",
        "game/test_penalties.py",
        "game/test_gradient_penalty.py",
    ),
    "gansmith/game/augment": ("game/test_augment.py", "game/test_augment_by_hand.py"),
    "gansmith/game/graphs": ("game/test_graphs.py",),
    "gansmith/game/statistics": ("game/test_packed_statistics.py",),
    "gansmith/game/player": ("game/test_turns_of_players.py", "game/test_steps.py", "game/test_micro_batches.py"),
    "gansmith/game/step": (
        "game/test_what_steps_add_up.py",
        "game/test_played_faults.py",
        "game/test_micro_batches.py",
        "game/test_steps.py",
        "game/test_game_losses.py",
        "game/test_feedbacks.py",
    ),
    "gansmith/game/limits": ("game/test_limits.py",),
    "gansmith/game/recipe_limits": ("game/test_limits.py",),
    "gansmith/game/faults": ("game/test_played_faults.py", "game/test_feedbacks.py", "game/test_steps.py"),
    "gansmith/game/probe/": ("game/test_trial_of_parts.py", "parts/test_planted_mistakes.py"),
    "gansmith/game/weights/rules": ("game/test_rules_of_steps.py",),
    "gansmith/game/weights/lazy": ("game/test_optimizer_of_a_player.py", "game/test_lazy.py"),
    "gansmith/game/weights/average": ("game/test_recalibration.py", "game/test_lazy.py", "game/test_steps.py"),
    "gansmith/game/weights/": ("game/test_optimizer_of_a_player.py", "nets/test_even_kernels.py", "game/test_lazy.py"),
    "gansmith/game/inputs/items": ("game/test_items.py",),
    "gansmith/game/inputs/": ("game/test_drawn_inputs.py", "game/test_inputs.py"),
    "gansmith/game/feedbacks": ("game/test_feedbacks.py", "game/test_steps.py"),
    "gansmith/game/": tuple(f"game/test_{name}.py" for name in ("whole_game", "played_faults", "steps", "contract")),
}
HEAVY = ("numpy", "torch", "scipy.stats", "sklearn.datasets", "PIL.Image", "torchmetrics")
ARGUMENTS = ("-q", "-x", "-p", "no:cacheprovider")


def tests_of(module: str) -> list[str]:
    """The test files of a module."""
    for prefix, names in TESTS.items():
        if module.startswith(prefix):
            found = [f"tests/{name.format(name=Path(module).stem)}" for name in names]
            return [name for name in found if (ROOT / name).exists()]
    raise SystemExit(f"{module}: no tests are named for it in TESTS")


def enter(copy: Path) -> None:
    """Make this process, a new one, one of the copy, and silent."""
    os.setsid()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    sys.path.insert(0, str(copy))


def run(copy: Path, tests: list[str], limit: float) -> str:
    """The result of the tests in a process that has imported nothing of the copy yet."""
    child = os.fork()
    if child == 0:
        enter(copy)
        limited(limit)
        os._exit(int(pytest.main([*ARGUMENTS, *tests])))
    return result_of(child)


@dataclass
class Module:
    """A module of the copy, and its mutants."""

    name: str
    copy: Path
    log: Path
    limit: float
    mutants: list[Mutant]

    def __post_init__(self) -> None:
        self.text, self.tests = (ROOT / self.name).read_text(encoding="utf-8"), tests_of(self.name)

    def changed(self, mutant: Mutant) -> str:
        """The text with the change."""
        source = self.text.encode()
        return (source[: mutant.start] + mutant.after.encode() + source[mutant.end :]).decode()

    def note(self, mutant: Mutant, result: str) -> None:
        """Add a row to the log."""
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps(self.row(mutant) | {"result": result}) + "\n")

    def row(self, mutant: Mutant) -> dict[str, Any]:
        """What the log says of a mutant, but for the result."""
        return mutant._asdict() | {"key": mutant.key, "text": self.text.splitlines()[mutant.line - 1].strip()}

    def run(self) -> None:
        """Run what the log does not hold: at a station first, and what no test saw there once more, all imported anew."""
        if not (wanted := self.left()):
            return
        child = os.fork()
        if child == 0:
            enter(self.copy)
            texts = [self.changed(mutant) for mutant in wanted]
            station = Station(Path(self.name), texts, self.limit, lambda at, result: self.note(wanted[at], result))
            pytest.main([*ARGUMENTS, *self.tests], plugins=[station])
            os._exit(not station.whole)
        if result_of(child) != "survived":
            raise SystemExit(f"{self.name}: its tests {self.tests} fail as they are")
        for mutant in self.left():
            (self.copy / self.name).write_text(self.changed(mutant), encoding="utf-8")
            known = told(self.row(mutant)) in excused()
            self.note(mutant, "survived" if known else run(self.copy, self.tests, self.limit))
        (self.copy / self.name).write_text(self.text, encoding="utf-8")

    def left(self) -> list[Mutant]:
        """The mutants that the log does not hold."""
        done = {row["key"] for row in rows_of(self.log)}
        return [mutant for mutant in self.mutants if mutant.key not in done]


def rows_of(log: Path) -> list[dict[str, Any]]:
    """The rows of a log, if there is one."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def modules_of(names: list[str]) -> list[str]:
    """The files of the named files and folders."""
    paths = [
        path
        for name in names
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]
    return [path.relative_to(ROOT).as_posix() for path in paths if path.name != "__init__.py"]


def table(rows: list[dict[str, Any]]) -> str:
    """Mutants by module, and the survivors that nothing excuses."""
    lines = ["| module | mutants | killed | equivalent | survived |", "| --- | ---: | ---: | ---: | ---: |"]
    for module in sorted({row["module"] for row in rows}):
        own = [row for row in rows if row["module"] == module]
        count = Counter(
            "equivalent" if told(row) in excused() and row["result"] == "survived" else row["result"] for row in own
        )
        killed = count["killed"] + count["too slow"]
        lines.append(f"| {module} | {len(own)} | {killed} | {count['equivalent']} | {count['survived']} |")
    left = [row for row in rows if row["result"] == "survived" and told(row) not in excused()]
    return "\n".join([*lines, "", *(f"{told(row)}    (line {row['line']})" for row in left)])


@cache
def excused() -> set[str]:
    """The mutants that change nothing that can be seen, as `told` names them."""
    known = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    return {line.rpartition("\t")[0] for line in known if not line.startswith("#")}


def told(row: dict[str, Any]) -> str:
    """A mutant as the file of equivalent ones names it: module, the line's text, the change."""
    return "\t".join([row["module"], row["text"], f"{row['before'].strip()} -> {row['after'].strip()}"])


def main() -> int:
    """Plant, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=float, default=60.0, help="processor seconds for a mutant's tests")
    parser.add_argument("--most", type=int, default=10**9, help="mutants a module; a seeded choice")
    options = parser.parse_args()
    for name in HEAVY:  # once, for all the forks
        __import__(name)
    options.out.mkdir(parents=True, exist_ok=True)
    log, copy = options.out.absolute() / "mutations.jsonl", options.out.absolute() / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("gansmith", "tests", "docs", "benchmarks"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    modules = modules_of(options.modules)
    for name in modules:
        found = mutants(name, (ROOT / name).read_text(encoding="utf-8"))
        every = list({mutant.key: mutant for mutant in found}.values())
        chosen = random.Random(0).sample(every, min(options.most, len(every)))
        Module(name, copy, log, options.limit, sorted(chosen, key=lambda each: each.start)).run()
    rows = [row for row in rows_of(log) if row["module"] in modules]
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
