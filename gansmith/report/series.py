"""Numbers out of a run's rows: columns, axes, averages, histograms over time. No drawing.

Rows come from files that a killed process may have damaged and that a diverged run fills with NaN. Whatever is not a
number becomes NaN here, and NaN is a gap in every curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

Row = dict[str, Any]
Axis = Literal["update", "images_seen", "seconds"]
Role = Literal["real", "fake", "generator", "discriminator", "other"]
Player = Literal["generator", "discriminator"]
Measure = Literal["gradient", "step"]

AXES: dict[Axis, str] = {"update": "updates", "images_seen": "items seen", "seconds": "seconds"}
MEASURES: dict[Measure, str] = {"gradient": "gradient norm", "step": "step size"}
PLAYERS: tuple[Player, ...] = ("generator", "discriminator")


@dataclass(frozen=True)
class Line:
    """One line of a curve: its key in a row, its name in the legend, and its role, which chooses the colour."""

    key: str
    label: str
    role: Role


@dataclass(frozen=True)
class Curve:
    """One chart: what it shows and how to read it."""

    title: str
    about: str
    lines: tuple[Line, ...]
    log: bool = False
    limits: tuple[float, float] | None = None  # fixed range of the y axis; None = the range of the data
    guide: float | None = None  # a horizontal line to compare with
    when_moving: bool = False  # the page leaves the chart out where every line is level


def _players(key: str) -> tuple[Line, ...]:
    return tuple(Line(f"{key}.{player}", player, player) for player in PLAYERS)


def _items(key: str) -> tuple[Line, ...]:
    return Line(f"{key}.real", "real items", "real"), Line(f"{key}.fake", "generated items", "fake")


CURVES: dict[str, Curve] = {
    "losses": Curve(
        "Losses",
        "A game has no common loss that falls: steady is good, a discriminator at zero is not.",
        (
            *reversed(_players("loss")),
            Line("loss.penalty", "penalty", "other"),
            Line("loss.classifier", "classifier", "other"),
        ),
    ),
    "probabilities": Curve(
        "What the discriminator believes",
        "Mean probability of being real, for real and for generated items. They meet at ½ where it can no longer tell.",
        _items("probability"),
        limits=(0.0, 1.0),
        guide=0.5,
    ),
    "accuracies": Curve(
        "How often it is right",
        "Share of items that the discriminator puts on the right side. Both at 1 for long: it has won.",
        _items("accuracy"),
        limits=(0.0, 1.0),
        guide=0.5,
    ),
    "verdicts": Curve("Mean logits", "The discriminator's mean output, before any sigmoid.", _items("verdict")),
    "augmentation": Curve(
        "Augmentation",
        "How often each operation changes an item, and the mean sign of the logits of real items that decides it.",
        (Line("augment.probability", "probability", "other"), Line("augment.sign", "sign on real items", "real")),
        limits=(-1.0, 1.0),
    ),
    "gradients": Curve(
        "Gradient norms",
        "L2 norm of each player's whole gradient. A generator near zero learns nothing.",
        _players("gradient"),
        log=True,
    ),
    "steps": Curve(
        "Step sizes",
        "How far an update moves each player: change of its weights over their size.",
        _players("step"),
        log=True,
    ),
    "rates": Curve("Learning rates", "As scheduled.", _players("rate"), when_moving=True),
    "speed": Curve(
        "Speed",
        "Real items given to the discriminator per second, pauses for samples and measurements included.",
        (Line("images_per_second", "items/s", "other"),),
    ),
}

SAMPLE_CURVES: dict[str, Curve] = {
    "sensitivity": Curve(
        "Sensitivity to the latents",
        "How much the items change when the latents do. Falling towards zero is a collapse.",
        (Line("sensitivity", "spread over latents", "generator"),),
    ),
}


def number(value: Any) -> float:
    """A JSON value as a float; NaN for everything that is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def column(rows: Sequence[Row], key: str) -> np.ndarray:
    """float64 (rows,): the values under a key; NaN where missing or no number, infinities kept."""
    return np.array([number(row.get(key)) for row in rows], np.float64)


def positions(rows: Sequence[Row], axis: Axis) -> np.ndarray:
    """float64 (rows,): where each row stands on an axis; infinities become NaN.

    If no row has an update, the rows are counted from 0, so that a damaged log can still be drawn.
    """
    values = finite(column(rows, axis))
    if axis == "update" and len(rows) and np.isnan(values).all():
        return np.arange(len(rows), dtype=np.float64)
    return values


HUGE = 1e100  # beyond this the arithmetic of axes overflows


def finite(values: np.ndarray) -> np.ndarray:
    """The same values, with NaN for infinities and for sizes above HUGE."""
    return np.where(np.abs(values) <= HUGE, values, np.nan)


def layer_columns(rows: Sequence[Row], player: Player, measure: Measure) -> dict[str, np.ndarray]:
    """Layer -> float64 (rows,) of a player's measure, in the order data flows."""
    tables = [_table(_table(row, "layers"), player) for row in rows]
    names = sorted({name for table in tables for name in table}, key=_layer_order)
    return {name: np.array([number(_table(table, name).get(measure)) for table in tables]) for name in names}


def _table(table: Row, key: str) -> dict[str, Any]:
    """The table under a key; empty where there is none."""
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _layer_order(name: str) -> tuple[int, str]:
    return (int(name), name) if name.isdecimal() and len(name) < 10 else (10**10, name)


def buckets(count: int, limit: int) -> list[slice]:
    """At most `limit` neighbouring slices that cover 0 .. count - 1, of lengths that differ by one at most."""
    edges = np.linspace(0, count, min(count, limit) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def bucketed(values: np.ndarray, parts: Sequence[slice]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, least and greatest finite value in each bucket, each float64 (buckets,); NaN where there is none."""
    mean, low, high = (np.full(len(parts), np.nan) for _ in range(3))
    for index, part in enumerate(parts):
        kept = values[part][np.isfinite(values[part])]
        if kept.size:
            low[index], high[index] = kept.min(), kept.max()
            mean[index] = min(max(float(np.mean(kept / kept.size) * kept.size), low[index]), high[index])
    return mean, low, high


def last_finite(rows: Sequence[Row], key: str) -> float | None:
    """The newest finite value under a key, if there is any."""
    values = column(rows, key)
    values = values[np.isfinite(values)]
    return float(values[-1]) if values.size else None


@dataclass(frozen=True)
class LoggedHistogram:
    """One checked histogram: edges float64 (B + 1,), rising; counts float64 (B,), not negative."""

    edges: np.ndarray
    counts: np.ndarray

    @property
    def cumulative(self) -> np.ndarray:
        """Share of the items below each edge, float64 (B + 1,), from 0 to 1."""
        return np.concatenate([[0.0], np.cumsum(self.counts / self.counts.sum())])


def histogram(row: Row, key: str) -> LoggedHistogram | None:
    """The histogram under a key of a row, or None where it is missing, empty or makes no sense."""
    entry = _table(_table(row, "histograms"), key)
    if not all(isinstance(entry.get(name), list) for name in ("edges", "counts")):
        return None
    edges, counts = (np.array([number(value) for value in entry[name]], np.float64) for name in ("edges", "counts"))
    if len(counts) < 1 or len(edges) != len(counts) + 1 or not np.isfinite([*edges, *counts]).all():
        return None
    with np.errstate(over="ignore"):
        usable = (np.diff(edges) > 0).all() and counts.min() >= 0 and 0 < counts.sum() < math.inf
        return LoggedHistogram(edges, counts) if usable and math.isfinite(edges[-1] - edges[0]) else None


TAIL = 0.002  # share of a histogram that may lie outside the common range, on either side


def common_range(histograms: Iterable[LoggedHistogram | None]) -> tuple[float, float] | None:
    """(low, high) that holds all but a `TAIL` of each histogram on either side; None where there is no histogram."""
    ends = [np.interp((TAIL, 1 - TAIL), each.cumulative, each.edges) for each in histograms if each is not None]
    if not ends:
        return None
    low, high = float(min(end[0] for end in ends)), float(max(end[1] for end in ends))
    return (low, high) if high > low else None


def rebinned(source: LoggedHistogram, low: float, high: float, bins: int) -> np.ndarray:
    """Shares float64 (bins,) of a histogram in equal bins from low to high; the outer bins take what lies outside."""
    edges = np.linspace(low, high, bins + 1)
    below = np.interp(edges, source.edges, source.cumulative)
    below[0], below[-1] = 0.0, 1.0
    return np.maximum(np.diff(below), 0.0)  # rounding could give a share just below 0


@dataclass(frozen=True)
class Strip:
    """Histograms over time in common bins.

    `parts` are the slices of the rows, one for each time. `shares` has float64 (times, bins) for each role; a row is
    NaN where no histogram was logged.
    """

    low: float
    high: float
    parts: list[slice]
    shares: dict[Role, np.ndarray]


LOGITS: dict[Role, str] = {"real": "verdict.real", "fake": "verdict.fake"}
"""The keys of the logits' histograms."""

STRIP_TIMES = 120  # at most


def logit_strip(rows: Sequence[Row], bins: int = 48) -> Strip | None:
    """The histograms of the logits of real and generated items over time; None where no row holds one."""
    found: dict[Role, list[LoggedHistogram | None]] = {
        role: [histogram(row, key) for row in rows] for role, key in LOGITS.items()
    }
    limits = common_range(each for histograms in found.values() for each in histograms)
    if limits is None:
        return None
    parts = buckets(len(rows), STRIP_TIMES)
    shares: dict[Role, np.ndarray] = {}
    for role, histograms in found.items():
        shares[role] = np.full((len(parts), bins), np.nan)
        for index, part in enumerate(parts):
            held = [rebinned(each, *limits, bins) for each in histograms[part] if each is not None]
            if held:
                shares[role][index] = np.mean(held, axis=0)
    return Strip(*limits, parts, shares)
