"""The history of a run: rows of stats and probes, in the order of their updates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.diagnosis.columns import Columns
from gansmith.diagnosis.probe import PROBED, Probe
from gansmith.diagnosis.reference import Reference
from gansmith.ground.recipes.settings import Recipe

Row = dict[str, Any]
RECENT = 8  # trained probes that are kept whole
GAME = ("loss.", "verdict.", "gradient.", "step.")  # how a row's numbers begin that must be finite
BROKEN = "not finite"  # 1 in rows where one of those is not
ENDS = tuple(f"{end} of {name}" for end in ("least", "most") for name in ("verdict.real", "verdict.fake"))
"""The ends of a row's histograms of outputs on real and on generated items."""
OF_PLAYERS = tuple(
    f"{what}.{player}" for what in ("loss", "gradient", "step", "rate") for player in ("discriminator", "generator")
)
OF_ITEMS = tuple(f"{what}.{kind}" for what in ("verdict", "probability", "accuracy") for kind in ("real", "fake"))
OF_ROWS = ("update", "images_seen", *OF_PLAYERS, *OF_ITEMS, *ENDS, BROKEN)
"""What rules read of rows."""


@dataclass
class History:
    """Rows and probes, and facts about the run. It keeps what rules read, and of long runs a part."""

    recipe: Recipe | None = None  # None: a run of another program
    real: dict[str, float] = field(default_factory=dict)  # numbers of real items, from `reference`
    count: int = 0  # training items; 0 = unknown
    classes: int = 0  # classes of the data, even if the players get no labels
    class_names: tuple[str, ...] = ()
    rows: Columns = field(default_factory=lambda: Columns(OF_ROWS))
    probes: Columns = field(default_factory=lambda: Columns(("update", *PROBED)))
    newest_row: Row = field(default_factory=dict)  # without its histograms and layers
    newest_probe: Probe | None = None
    recent: list[Probe] = field(default_factory=list)  # the newest trained probes
    counted: list[np.ndarray | None] = field(default_factory=list)
    """Of each kept probe, 4,000 at most: the samples of each class, how many are due, and how surely there are fewer than half of
    them, (3, K). None where classes were not counted."""

    @classmethod
    def of(cls, recipe: Recipe | None, known: Reference) -> History:
        """An empty history of a run with these real items."""
        return cls(recipe, dict(known.real), known.count, known.classes, known.class_names)

    def add_row(self, row: Row) -> None:
        """Add a row of stats."""
        self.newest_row = {name: value for name, value in row.items() if name not in ("layers", "histograms")}
        numbers = {name: _number(value) for name, value in self.newest_row.items()}
        broken = {BROKEN: float(bool(not_finite(self.newest_row)))}
        self.rows.add(numbers | dict(zip(ENDS, _output_ends(row), strict=True)) | broken)
        self.rows.thin()

    def add_probe(self, probe: Probe) -> None:
        """Add a probe."""
        self.newest_probe = probe
        if probe.update > 0:
            self.recent = [*self.recent, probe][-RECENT:]
        self.probes.add(probe.numbers | {"update": probe.update})
        self.counted.append(_counts(probe.shares))
        self.counted = [self.counted[place] for place in self.probes.thin()]

    @property
    def update(self) -> int:
        """The newest update."""
        row = int(_number(self.newest_row.get("update"))) if len(self.rows) else 0
        return max(row, self.newest_probe.update if self.newest_probe else 0)

    def series(self, name: str, last: int = 0) -> np.ndarray:
        """A number of the `last` rows, or of all; NaN where a row lacks it."""
        return self.rows.of(name)[-last:]

    def probed(self, name: str, last: int = 0) -> np.ndarray:
        """A number of the `last` trained probes, or of all; NaN where a probe lacks it."""
        return self.probes.of(name)[self.probes.of("update") > 0][-last:]

    def probe_updates(self, last: int = 0) -> np.ndarray:
        """The updates of the same probes."""
        return self.probed("update", last)

    def class_counts(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """The updates (n,) of the trained probes that counted several classes, and what they counted, (3, K) each."""
        counted = zip(self.probes.of("update").tolist(), self.counted, strict=True)
        found = [(update, each) for update, each in counted if update > 0 and each is not None]
        return np.array([update for update, _ in found]), [each for _, each in found]

    def row_numbers(self, *names: str) -> dict[str, float]:
        """Numbers of the newest row; NaN where it lacks them."""
        return {name: _number(self.newest_row.get(name)) for name in names}

    def probe_numbers(self, *names: str) -> dict[str, float]:
        """Numbers of the newest probe; NaN where it lacks them."""
        known = self.newest_probe.numbers if self.newest_probe else {}
        return {name: known.get(name, math.nan) for name in names}

    def newest_shares(self, name: str) -> np.ndarray:
        """Counts (K,) of the newest probe; empty where it lacks them."""
        return np.array(self.newest_probe.shares.get(name, []) if self.newest_probe else [])

    def untrained(self, name: str) -> float:
        """A number of the probe before the first update; NaN where there is none."""
        began = (self.probes.of("update")[:1] == 0).any()
        return float(self.probes.of(name)[0]) if began else math.nan

    def since_row(self, flags: np.ndarray) -> int:
        """The update of the first of the newest rows whose flags (rows,) are all true."""
        return _start(flags, self.series("update"))

    def since_probe(self, flags: np.ndarray) -> int:
        """The same of trained probes."""
        return _start(flags, self.probe_updates())


def lasts(flags: np.ndarray, count: int) -> bool:
    """Whether there are `count` flags or more, and the last `count` are true."""
    return len(flags) >= count and bool(flags[-count:].all())


def not_finite(row: Mapping[str, Any]) -> list[str]:
    """The names of a game's numbers in a row that are NaN or infinite; a file has null for both."""
    return [name for name, value in row.items() if name.startswith(GAME) and not _finite(value)]


def _finite(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _start(flags: np.ndarray, updates: np.ndarray) -> int:
    false = np.flatnonzero(~flags)
    first = false[-1] + 1 if len(false) else 0
    return int(updates[min(first, len(updates) - 1)])


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan


def _output_ends(row: Row) -> list[float]:
    """ENDS of a row; NaN without histograms."""
    try:
        edges = [row["histograms"][name]["edges"] for name in ("verdict.real", "verdict.fake")]
        return [float(each[end]) for end in (0, -1) for each in edges]
    except (KeyError, TypeError, ValueError, IndexError):
        return [math.nan] * len(ENDS)


def _counts(shares: Mapping[str, list[float]]) -> np.ndarray | None:
    """What a probe counted, (3, K); None of fewer than two classes."""
    found = [shares.get(name, []) for name in ("classes", "asked", "lacks")]
    sizes = {len(each) for each in found}
    return np.array(found, np.float64) if len(sizes) == 1 and min(sizes) > 1 else None
