"""The history of a run: rows of stats and probes, in the order of their updates."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.diagnosis.probe import Probe
from gansmith.diagnosis.reference import Reference
from gansmith.ground.recipes.settings import Recipe

Row = dict[str, Any]
RANGES = "ranges of verdicts"  # in a row of a history: the smallest and largest output on real and on generated items
WITHIN_MEMORY = 4000  # rows, and probes, kept; of longer runs every second old one is dropped


@dataclass
class History:
    """Rows and probes, and facts about the run."""

    recipe: Recipe | None = None  # None: a run of another program
    real: dict[str, float] = field(default_factory=dict)  # numbers of real items, from `reference`
    count: int = 0  # training items; 0 = unknown
    classes: int = 0  # classes of the data, even if the players get no labels
    class_names: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)

    @classmethod
    def of(cls, recipe: Recipe | None, known: Reference) -> History:
        """An empty history of a run with these real items."""
        return cls(recipe, dict(known.real), known.count, known.classes, known.class_names)

    def add_row(self, row: Row) -> None:
        """Add a row of stats without what needs room: of its histograms the ends stay, of its layers nothing."""
        kept = {name: value for name, value in row.items() if name not in ("layers", "histograms")}
        self.rows.append(kept | {RANGES: _output_ranges(row)})
        _thin(self.rows)

    def add_probe(self, probe: Probe) -> None:
        """Add a probe."""
        self.probes.append(probe)
        _thin(self.probes)

    @property
    def update(self) -> int:
        """The newest update."""
        row = int(_number(self.rows[-1].get("update"))) if self.rows else 0
        return max(row, self.probes[-1].update if self.probes else 0)

    @property
    def trained_probes(self) -> list[Probe]:
        """All probes but the one before the first update."""
        return [probe for probe in self.probes if probe.update > 0]

    def series(self, name: str, last: int = 0) -> np.ndarray:
        """A number of the `last` rows, or of all; NaN where a row lacks it."""
        return np.array([_number(row.get(name)) for row in self.rows[-last:]], np.float64)

    def probed(self, name: str, last: int = 0) -> np.ndarray:
        """A number of the `last` trained probes, or of all; NaN where a probe lacks it."""
        return np.array([probe.numbers.get(name, math.nan) for probe in self.trained_probes[-last:]], np.float64)

    def probe_updates(self, last: int = 0) -> np.ndarray:
        """The updates of the same probes."""
        return np.array([probe.update for probe in self.trained_probes[-last:]], np.float64)

    def row_numbers(self, *names: str) -> dict[str, float]:
        """Numbers of the newest row; NaN where it lacks them."""
        return {name: _number(self.rows[-1].get(name)) if self.rows else math.nan for name in names}

    def probe_numbers(self, *names: str) -> dict[str, float]:
        """Numbers of the newest probe; NaN where it lacks them."""
        return {name: self.probes[-1].numbers.get(name, math.nan) if self.probes else math.nan for name in names}

    def untrained(self, name: str) -> float:
        """A number of the probe before the first update; NaN where there is none."""
        first = self.probes[0].numbers if self.probes and self.probes[0].update == 0 else {}
        return first.get(name, math.nan)

    def since_row(self, flags: np.ndarray) -> int:
        """The update of the first of the newest rows whose flags (rows,) are all true."""
        return _start(flags, self.series("update"))

    def since_probe(self, flags: np.ndarray) -> int:
        """The same of trained probes."""
        return _start(flags, self.probe_updates())


def lasts(flags: np.ndarray, count: int) -> bool:
    """Whether there are `count` flags or more, and the last `count` are true."""
    return len(flags) >= count and bool(flags[-count:].all())


def _start(flags: np.ndarray, updates: np.ndarray) -> int:
    false = np.flatnonzero(~flags)
    first = false[-1] + 1 if len(false) else 0
    return int(updates[min(first, len(updates) - 1)])


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan


def _output_ranges(row: Row) -> list[tuple[float, float]]:
    """The ends of the histograms of outputs on real and on generated items; [] without histograms."""
    try:
        edges = [row["histograms"][name]["edges"] for name in ("verdict.real", "verdict.fake")]
        return [(float(each[0]), float(each[-1])) for each in edges]
    except (KeyError, TypeError, ValueError, IndexError):
        return []


def _thin(entries: list[Any]) -> None:
    """Limit the memory of long runs, and the time that the rules need."""
    if len(entries) > WITHIN_MEMORY:
        half = WITHIN_MEMORY // 2
        entries[:half] = entries[:half:2]
