"""What has been seen of a run so far: rows of stats and probes, in the order of their updates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.diagnosis.probe import Probe
from gansmith.ground.recipes.settings import Recipe

Row = dict[str, Any]
WITHIN_MEMORY = 4000  # rows, and probes, kept; of longer runs every second old one is forgotten


@dataclass
class History:
    """Rows and probes, and what is known beside them."""

    recipe: Recipe | None = None  # None: a foreign run
    real: dict[str, float] = field(default_factory=dict)  # what real items show, from `reference`
    count: int = 0  # training items; 0 = unknown
    classes: int = 0  # classes of the data, whether the players are told of them or not
    class_names: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)

    def add_row(self, row: Row) -> None:
        """A row of stats; its layers are not kept."""
        self.rows.append({name: value for name, value in row.items() if name != "layers"})
        _thin(self.rows)

    def add_probe(self, probe: Probe) -> None:
        """A probe."""
        self.probes.append(probe)
        _thin(self.probes)

    @property
    def update(self) -> int:
        """The newest update seen."""
        row = int(_number(self.rows[-1].get("update"))) if self.rows else 0
        return max(row, self.probes[-1].update if self.probes else 0)

    @property
    def labelled(self) -> bool:
        """Whether the players see labels."""
        return self.recipe is not None and self.recipe.data.labels == "classes"

    def series(self, name: str, last: int | None = None) -> np.ndarray:
        """A number of the last rows, NaN where a row lacks it."""
        return np.array([_number(row.get(name)) for row in (self.rows[-last:] if last else self.rows)], np.float64)

    def updates(self, last: int | None = None) -> np.ndarray:
        """The updates of the last rows."""
        return self.series("update", last)

    def probed(self, name: str, last: int | None = None) -> np.ndarray:
        """A number of the last probes that were taken after training began, NaN where a probe lacks it."""
        probes = self.trained_probes[-last:] if last else self.trained_probes
        return np.array([probe.numbers.get(name, math.nan) for probe in probes], np.float64)

    def probe_updates(self, last: int | None = None) -> np.ndarray:
        """The updates of the same probes."""
        probes = self.trained_probes[-last:] if last else self.trained_probes
        return np.array([probe.update for probe in probes], np.float64)

    @property
    def trained_probes(self) -> list[Probe]:
        """Probes of networks that have moved: all but the one before the first update."""
        return [probe for probe in self.probes if probe.update > 0]

    def row(self, name: str) -> float:
        """A number of the newest row; NaN where there is none."""
        return _number(self.rows[-1].get(name)) if self.rows else math.nan

    def probe(self, name: str) -> float:
        """A number of the newest probe; NaN where there is none."""
        return self.probes[-1].numbers.get(name, math.nan) if self.probes else math.nan

    def untrained(self, name: str) -> float:
        """A number of the probe before the first update; NaN where nobody looked then."""
        first = self.probes[0] if self.probes else None
        return first.numbers.get(name, math.nan) if first is not None and first.update == 0 else math.nan

    def verdict_range(self, row: Row) -> tuple[float, float] | None:
        """The least and the largest verdict of a row, real and generated together; None without histograms."""
        edges: list[float] = []
        histograms = row.get("histograms")
        for name in ("verdict.real", "verdict.fake"):
            table = histograms.get(name) if isinstance(histograms, dict) else None
            found = table.get("edges") if isinstance(table, dict) else None
            if not isinstance(found, list) or len(found) < 2:
                return None
            edges += [_number(found[0]), _number(found[-1])]
        return min(edges), max(edges)

    def since(self, flags: Iterable[bool], updates: np.ndarray) -> int:
        """The update at which the unbroken run of true flags that reaches the end began."""
        began = int(updates[-1]) if len(updates) else 0
        for flag, update in zip(reversed(list(flags)), reversed(updates.tolist()), strict=False):
            if not flag:
                break
            began = int(update)
        return began


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan


def _thin(entries: list[Any]) -> None:
    """Keep memory, and the time of a look, bounded."""
    if len(entries) > WITHIN_MEMORY:
        half = WITHIN_MEMORY // 2
        entries[:half] = entries[:half:2]
