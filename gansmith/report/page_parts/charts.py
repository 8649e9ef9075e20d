"""The numbers behind the page's charts, thinned and rounded, as plain lists for JSON; the page's script draws them."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gansmith.report.page_parts.contents import Contents, clipped, plain
from gansmith.report.series import (
    AXES,
    CURVES,
    MEASURES,
    PLAYERS,
    SAMPLE_CURVES,
    VERDICTS,
    Axis,
    Counts,
    Curve,
    Line,
    Measure,
    Player,
    Row,
    bucketed,
    buckets,
    clock,
    column,
    common_range,
    finite,
    histogram,
    layer_columns,
    verdict_strip,
)
from gansmith.report.sheets import spread_out
from gansmith.report.wording import rule_of

POINTS = 700  # of a curve; longer logs are averaged, with their range as a band
LAYER_POINTS = 240
LAYERS = 24  # lines of a layer chart


@dataclass(frozen=True)
class Chart:
    """One chart: `table` goes to the script; title, about and summary are text for the reader."""

    name: str
    title: str
    about: str
    summary: str
    table: dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """Everything that the script draws of a run's numbers."""

    clocks: dict[str, dict[Axis, list[float | None]]]
    curves: list[Chart]
    layers: list[Chart]
    strip: dict[str, Any] | None
    last: dict[str, Any] | None
    marks: list[dict[str, Any]]


def drawing(contents: Contents) -> Drawing:
    """The charts of a run that have at least one number to show."""
    curves = [_curve(name, curve, contents.rows, "stats") for name, curve in _as_judged(contents.threshold).items()]
    curves += [_curve(name, curve, contents.sample_rows, "samples") for name, curve in SAMPLE_CURVES.items()]
    curves.append(_curve("judgements", _quality(contents.judgements), _by_metric(contents.judgements), "judged"))
    layers = [_layers(contents.rows, player, measure) for measure in MEASURES for player in PLAYERS]
    return Drawing(
        clocks(contents),
        [chart for chart in curves if chart is not None],
        [chart for chart in layers if chart is not None],
        strip(contents),
        last_histogram(contents),
        marks(contents),
    )


def _as_judged(threshold: float | None) -> dict[str, Curve]:
    """The curves over rows of stats, for a loss whose verdicts part at `threshold`."""
    verdicts = CURVES["verdicts"]
    about = f"{verdicts.about.removesuffix('.')}: {rule_of(threshold)}."
    curves = CURVES | {"verdicts": replace(verdicts, guide=threshold, about=about)}
    if threshold != 0:  # a sigmoid of these verdicts is no probability
        del curves["probabilities"]
    return curves


def clocks(contents: Contents) -> dict[str, dict[Axis, list[float | None]]]:
    """Where the points of each family of charts stand, by axis."""
    families = {
        "stats": (contents.rows, POINTS),
        "layers": (contents.rows, LAYER_POINTS),
        "samples": (contents.sample_rows, POINTS),
        "judged": (contents.judgements, POINTS),
    }
    return {name: _clock(rows, buckets(len(rows), points)) for name, (rows, points) in families.items()}


def marks(contents: Contents) -> list[dict[str, Any]]:
    """Where the doctor changed its mind, on every axis."""
    ruler = {axis: clock(contents.rows, axis) for axis in AXES}
    found: list[dict[str, Any]] = []
    for row in contents.findings:
        update = column([row], "update")[0]
        if math.isfinite(update):
            places = {axis: _carried(update, ruler["update"], values) for axis, values in ruler.items()}
            label = f"update {update:,.0f}: {plain(row.get('state'))}: {plain(row.get('text'))}"
            found.append({**places, "label": clipped(label, 200)})
    return found[-40:]


def strip(contents: Contents) -> dict[str, Any] | None:
    """Histograms of verdicts over time: shares as bytes 0..255 in base64, one row of bins after the other."""
    held = verdict_strip(contents.rows)
    if held is None:
        return None
    shares = {VERDICTS[key]: np.nan_to_num(table) for key, table in held.shares.items()}
    return {
        "low": _short(held.low, 12),
        "high": _short(held.high, 12),
        "bins": next(iter(shares.values())).shape[1],
        "clock": _clock(contents.rows, held.parts),
        "shares": {role: _as_bytes(table) for role, table in shares.items()},
    }


def last_histogram(contents: Contents) -> dict[str, Any] | None:
    """The newest histograms of the verdicts, as densities over their own edges."""
    found = {role: _newest(contents.rows, key) for key, role in VERDICTS.items()}
    limits = common_range(found.values())
    if limits is None:
        return None
    heaps = {
        role: {
            "edges": [_short(edge, 12) for edge in held.edges],
            "density": [_short(each) for each in held.counts / held.counts.sum() / np.diff(held.edges)],
        }
        for role, held in found.items()
        if held is not None
    }
    return {"low": _short(limits[0], 12), "high": _short(limits[1], 12), "heaps": heaps}


def _newest(rows: Sequence[Row], key: str) -> Counts | None:
    return next((each for row in reversed(rows) if (each := histogram(row, key)) is not None), None)


def _curve(name: str, curve: Curve, rows: Sequence[Row], family: str) -> Chart | None:
    parts = buckets(len(rows), POINTS)
    lines: list[dict[str, Any]] = []
    said: list[str] = []
    for line in curve.lines:
        values = finite(column(rows, line.key))
        shown = values[np.isfinite(values)]
        if not shown.size:
            continue
        said.append(
            f"{line.label} {_say(shown[0])} to {_say(shown[-1])}, between {_say(shown.min())} and {_say(shown.max())}"
        )
        lines.append({"label": line.label, "role": line.role, **_points(values, parts)})
    if not lines or (curve.when_moving and not _moving(rows, curve)):
        return None
    table = {
        "clock": family,
        "log": curve.log,
        "limits": curve.limits,
        "guide": curve.guide,
        "lines": lines,
        "broken": _broken(rows, curve),
    }
    return Chart(name, curve.title, curve.about, f"{curve.title}: {'; '.join(said)}.", table)


def _by_metric(rows: Sequence[Row]) -> list[Row]:
    """Rows of judgements with each value under its metric's name."""
    return [row | {clipped(plain(row.get("metric")), 60): row.get("value")} for row in rows]


def _quality(rows: Sequence[Row]) -> Curve:
    """The curve of what was measured while training: one line per metric."""
    names = dict.fromkeys(clipped(plain(row.get("metric")), 60) for row in rows)
    lines = tuple(Line(name, name or "value", "generator") for name in list(names)[:8])
    return Curve("Quality", "Measured on samples while training; the best checkpoint is chosen by it.", lines)


def _moving(rows: Sequence[Row], curve: Curve) -> bool:
    shown = [values[np.isfinite(values)] for values in (column(rows, line.key) for line in curve.lines)]
    return any(values.size and values.min() < values.max() for values in shown)


def _layers(rows: Sequence[Row], player: Player, measure: Measure) -> Chart | None:
    columns = {name: finite(values) for name, values in layer_columns(rows, player, measure).items()}
    table = {name: values for name, values in columns.items() if np.isfinite(values).any()}
    if not table:
        return None
    names = [list(table)[index] for index in spread_out(len(table), LAYERS)]
    parts = buckets(len(rows), LAYER_POINTS)
    lines = [
        {
            "label": clipped(name, 40),
            "role": player,
            "shade": round((index + 1) / len(names), 3),
            "mean": _points(table[name], parts)["mean"],
        }
        for index, name in enumerate(names)
    ]
    title = f"{player.capitalize()}: {MEASURES[measure]} by layer"
    return Chart(
        f"{player}-{measure}",
        title,
        f"{len(table)} layers with weights, from pale (first) to full colour (last), numbered as in the network.",
        f"{title}, {len(table)} layers.",
        {"clock": "layers", "log": True, "limits": None, "guide": None, "lines": lines, "broken": []},
    )


def _points(values: np.ndarray, parts: Sequence[slice]) -> dict[str, list[float | None]]:
    mean, low, high = bucketed(finite(values), parts)
    found = {"mean": _list(mean)}
    if len(parts) < len(values):
        found |= {"low": _list(low), "high": _list(high)}
    return found


def _broken(rows: Sequence[Row], curve: Curve) -> list[dict[str, Any]]:
    """Where a line was first no number: null (as rows are written), NaN or infinity (as others write them).

    Lines that break in the same row share an entry.
    """
    places: dict[int, list[str]] = {}
    for line in curve.lines:
        first = next((i for i, row in enumerate(rows) if line.key in row and _is_broken(row[line.key])), None)
        if first is not None:
            places.setdefault(first, []).append(line.label)
    return [
        {axis: _short(clock(rows, axis)[index], 12) for axis in AXES} | {"label": ", ".join(labels)}
        for index, labels in sorted(places.items())
    ]


def _is_broken(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _clock(rows: Sequence[Row], parts: Sequence[slice]) -> dict[Axis, list[float | None]]:
    return {axis: _list(bucketed(clock(rows, axis), parts)[2], digits=12) for axis in AXES}


def _carried(update: float, updates: np.ndarray, values: np.ndarray) -> float | None:
    """Where an update stands on another axis, by straight lines between the rows."""
    known = np.isfinite(updates) & np.isfinite(values)
    if not known.any():
        return None
    order = np.argsort(updates[known], kind="stable")
    return _short(float(np.interp(update, updates[known][order], values[known][order])), 12)


def _as_bytes(shares: np.ndarray) -> str:
    scaled = np.sqrt(shares / max(float(shares.max()), 1e-12))
    return base64.b64encode(np.rint(255 * scaled).astype(np.uint8).tobytes()).decode("ascii")


def _list(values: np.ndarray, digits: int = 5) -> list[float | None]:
    return [_short(value, digits) for value in values.tolist()]


def _short(value: float, digits: int = 5) -> float | None:
    """A number rounded for JSON; None where it is not finite."""
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    if not math.isfinite(rounded):
        return float(value)
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _say(value: float) -> str:
    return f"{value:.3g}"
