"""Numbers out of a run's rows: columns, clocks, buckets, histograms over time. No drawing.

Rows come from files that a kill may have torn and that a diverged run fills with NaN, so nothing is trusted:
whatever is not a number becomes NaN here, and NaN is a gap in every curve.
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

AXES: dict[Axis, str] = {"update": "updates", "images_seen": "images seen", "seconds": "seconds"}
MEASURES: dict[Measure, str] = {"gradient": "gradient norm", "step": "step size"}
PLAYERS: tuple[Player, ...] = ("generator", "discriminator")


@dataclass(frozen=True)
class Line:
    """One line of a curve: the key of a row, its name in the legend, and whose it is (which chooses the colour)."""

    key: str
    label: str
    role: Role


@dataclass(frozen=True)
class Curve:
    """One chart: what it shows and how it is read."""

    title: str
    about: str
    lines: tuple[Line, ...]
    log: bool = False
    limits: tuple[float, float] | None = None  # fixed range of the y axis; None = as the data asks
    guide: float | None = None  # a horizontal line to compare with
    when_moving: bool = False  # the page leaves it out where every line is level


CURVES: dict[str, Curve] = {
    "losses": Curve(
        "Losses",
        "A game has no common loss to bring down: steady is good, a discriminator at zero is not.",
        (
            Line("loss.discriminator", "discriminator", "discriminator"),
            Line("loss.generator", "generator", "generator"),
            Line("loss.penalty", "penalty", "other"),
            Line("loss.classifier", "classifier", "other"),
        ),
    ),
    "probabilities": Curve(
        "What the discriminator believes",
        "Mean probability of being real, for real and for generated items. They meet at ½ where it can no longer tell.",
        (Line("probability.real", "real items", "real"), Line("probability.fake", "generated items", "fake")),
        limits=(0.0, 1.0),
        guide=0.5,
    ),
    "accuracies": Curve(
        "How often it is right",
        "Share of items that the discriminator puts on the right side. Both at 1 for long: it has won.",
        (Line("accuracy.real", "real items", "real"), Line("accuracy.fake", "generated items", "fake")),
        limits=(0.0, 1.0),
        guide=0.5,
    ),
    "verdicts": Curve(
        "Raw verdicts",
        "The discriminator's mean output, before any sigmoid.",
        (Line("verdict.real", "real items", "real"), Line("verdict.fake", "generated items", "fake")),
        guide=0.0,
    ),
    "augmentation": Curve(
        "Augmentation",
        "How often each operation changes a picture, and the mean sign of the verdicts on real items that decides it.",
        (Line("augment.probability", "probability", "other"), Line("augment.sign", "sign on real items", "real")),
        limits=(-1.0, 1.0),
    ),
    "gradients": Curve(
        "Gradient norms",
        "L2 norm of each player's whole gradient. A generator near zero learns nothing.",
        (
            Line("gradient.generator", "generator", "generator"),
            Line("gradient.discriminator", "discriminator", "discriminator"),
        ),
        log=True,
    ),
    "steps": Curve(
        "Step sizes",
        "How far an update moves each player: change of its weights over their size.",
        (
            Line("step.generator", "generator", "generator"),
            Line("step.discriminator", "discriminator", "discriminator"),
        ),
        log=True,
    ),
    "rates": Curve(
        "Learning rates",
        "As scheduled.",
        (
            Line("rate.generator", "generator", "generator"),
            Line("rate.discriminator", "discriminator", "discriminator"),
        ),
        when_moving=True,
    ),
    "speed": Curve(
        "Speed",
        "Real items given to the discriminator per second, watching included.",
        (Line("images_per_second", "images/s", "other"),),
    ),
}

SAMPLE_CURVES: dict[str, Curve] = {
    "sensitivity": Curve(
        "Sensitivity to the latents",
        "How much the pictures change when the latents do. Falling towards zero is a collapse.",
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


def clock(rows: Sequence[Row], axis: Axis) -> np.ndarray:
    """float64 (rows,): where each row stands on an axis; infinities become NaN.

    Rows without any update are counted from 0, so that a damaged log can still be looked at.
    """
    values = finite(column(rows, axis))
    if axis == "update" and len(rows) and np.isnan(values).all():
        return np.arange(len(rows), dtype=np.float64)
    return values


HUGE = 1e100  # beyond this the arithmetic of axes overflows


def finite(values: np.ndarray) -> np.ndarray:
    """The same values with NaN for what no axis can hold: infinities and sizes above HUGE."""
    return np.where(np.abs(values) <= HUGE, values, np.nan)


def layer_columns(rows: Sequence[Row], player: Player, measure: Measure) -> dict[str, np.ndarray]:
    """Layer -> float64 (rows,) of a player's measure, in the order data flows."""
    tables = [_layers(row, player) for row in rows]
    names = {name for table in tables for name in table}
    return {
        name: np.array([_measure(table.get(name), measure) for table in tables], np.float64)
        for name in sorted(names, key=_layer_order)
    }


def _layers(row: Row, player: Player) -> dict[str, Any]:
    layers = row.get("layers")
    table = layers.get(player) if isinstance(layers, dict) else None
    return table if isinstance(table, dict) else {}


def _measure(layer: Any, measure: Measure) -> float:
    return number(layer.get(measure)) if isinstance(layer, dict) else math.nan


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
class Counts:
    """One checked histogram: edges float64 (B + 1,), rising; counts float64 (B,), not negative."""

    edges: np.ndarray
    counts: np.ndarray

    @property
    def cumulative(self) -> np.ndarray:
        """Share of the items below each edge, float64 (B + 1,), from 0 to 1."""
        return np.concatenate([[0.0], np.cumsum(self.counts / self.counts.sum())])


def histogram(row: Row, key: str) -> Counts | None:
    """The histogram under a key of a row, or None where it is missing, empty or makes no sense."""
    table = row.get("histograms")
    entry = table.get(key) if isinstance(table, dict) else None
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), list) for name in ("edges", "counts")):
        return None
    edges = np.array([number(value) for value in entry["edges"]], np.float64)
    counts = np.array([number(value) for value in entry["counts"]], np.float64)
    if len(counts) < 1 or len(edges) != len(counts) + 1 or not np.isfinite([*edges, *counts]).all():
        return None
    with np.errstate(over="ignore"):
        usable = (np.diff(edges) > 0).all() and counts.min() >= 0 and 0 < counts.sum() < math.inf
        return Counts(edges, counts) if usable and math.isfinite(edges[-1] - edges[0]) else None


def common_range(histograms: Iterable[Counts | None], tail: float = 0.002) -> tuple[float, float] | None:
    """(low, high) that holds all but a `tail` of each histogram on either side; None where there is no histogram."""
    ends = [np.interp((tail, 1 - tail), each.cumulative, each.edges) for each in histograms if each is not None]
    if not ends:
        return None
    low, high = float(min(end[0] for end in ends)), float(max(end[1] for end in ends))
    return (low, high) if high > low else None


def rebinned(source: Counts, low: float, high: float, bins: int) -> np.ndarray:
    """Shares float64 (bins,) of a histogram in equal bins from low to high; the outer bins take what lies outside."""
    edges = np.linspace(low, high, bins + 1)
    below = np.interp(edges, source.edges, source.cumulative)
    below[0], below[-1] = 0.0, 1.0
    return np.maximum(np.diff(below), 0.0)  # sums of shares may miss 1 by a rounding


@dataclass(frozen=True)
class Strip:
    """Histograms over time in common bins: shares float64 (times, bins), rows of NaN where there was none.

    `parts` are the slices of the rows that each time stands for.
    """

    low: float
    high: float
    parts: list[slice]
    shares: dict[str, np.ndarray]


VERDICTS: dict[str, Role] = {"verdict.real": "real", "verdict.fake": "fake"}


def verdict_strip(rows: Sequence[Row], *, bins: int = 48, times: int = 120) -> Strip | None:
    """The histograms of the verdicts on real and generated items over time; None where no row holds one."""
    found = {key: [histogram(row, key) for row in rows] for key in VERDICTS}
    limits = common_range(each for histograms in found.values() for each in histograms)
    if limits is None:
        return None
    parts = buckets(len(rows), times)
    shares: dict[str, np.ndarray] = {}
    for key, histograms in found.items():
        table = np.full((len(parts), bins), np.nan)
        for index, part in enumerate(parts):
            held = [rebinned(each, *limits, bins) for each in histograms[part] if each is not None]
            if held:
                table[index] = np.mean(held, axis=0)
        shares[key] = table
    return Strip(*limits, parts, shares)
