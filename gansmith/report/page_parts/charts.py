"""The numbers behind the page's charts, thinned and rounded, as plain lists for JSON; the page's script draws them."""

from __future__ import annotations

import base64
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gansmith.ground.errors import counted
from gansmith.report import series
from gansmith.report.page_parts.contents import Contents, clipped, plain
from gansmith.report.series import Axis, Curve, Line, Measure, Player, Row
from gansmith.report.sheets import spread_out
from gansmith.report.wording import meaning_of_logit

POINTS = 700  # of a curve; longer logs are averaged, with their range as a band
LAYER_POINTS = 240
LAYERS = 24  # lines of a layer chart
METRICS = 8  # lines of the quality chart
MARKS = 40  # changes of the diagnosis that are marked


@dataclass(frozen=True)
class Chart:
    """One chart: `table` goes to the script; title, about and summary are text for the reader."""

    name: str
    title: str
    about: str
    summary: str
    table: dict[str, Any]


@dataclass(frozen=True)
class Charts:
    """All charts that have at least one number to show; `table` is what the script draws of them."""

    curves: list[Chart]
    layers: list[Chart]
    table: dict[str, Any]


def charts(run: Contents) -> Charts:
    """The charts of a run."""
    measurements = [row | {_metric(row): row.get("value")} for row in run.measurements]
    curves = [_curve(name, curve, run.rows, "stats") for name, curve in _curves(run.threshold, run.probability).items()]
    curves += [_curve(name, curve, run.sample_rows, "samples") for name, curve in series.SAMPLE_CURVES.items()]
    curves.append(_curve("judgements", _quality(run.measurements), measurements, "judged"))
    curves.append(_curve("logged", _callbacks(run.logged), run.logged, "logged"))
    layers = [_layers(run.rows, player, measure) for measure in series.MEASURES for player in series.PLAYERS]
    curves, layers = ([chart for chart in family if chart is not None] for family in (curves, layers))
    rows_of = {"stats": run.rows, "layers": run.rows, "samples": run.sample_rows}
    rows_of |= {"judged": run.measurements, "logged": run.logged}
    table = {
        "clocks": {
            family: _clock(rows, series.buckets(len(rows), LAYER_POINTS if family == "layers" else POINTS))
            for family, rows in rows_of.items()
        },
        "charts": {chart.name: chart.table for chart in [*curves, *layers]},
        "strip": _strip(run.rows),
        "last": _last_histograms(run.rows),
        "marks": _marks(run),
    }
    return Charts(curves, layers, table)


def _curves(threshold: float | None, probability: bool) -> dict[str, Curve]:
    """The curves over rows of stats, for a loss with these facts (`losses.Loss`)."""
    logits = series.CURVES["verdicts"]
    about = f"{logits.about.removesuffix('.')}: {meaning_of_logit(threshold)}."
    curves = series.CURVES | {"verdicts": replace(logits, guide=threshold, about=about)}
    if not probability:
        del curves["probabilities"]
    return curves


def _marks(run: Contents) -> list[dict[str, Any]]:
    """Where the diagnosis changed, on every axis."""
    known = {axis: series.positions(run.rows, axis) for axis in series.AXES}
    found: list[dict[str, Any]] = []
    for row in run.findings:
        update = series.number(row.get("update"))
        if math.isfinite(update):
            places = {axis: _interpolated(update, known["update"], values) for axis, values in known.items()}
            label = f"update {update:,.0f}: {plain(row.get('state'))}: {plain(row.get('text'))}"
            found.append({**places, "label": clipped(label, 200)})
    return found[-MARKS:]


def _interpolated(update: float, updates: np.ndarray, values: np.ndarray) -> float | None:
    """Where an update stands on another axis, by linear interpolation between the rows."""
    known = np.isfinite(updates) & np.isfinite(values)
    if not known.any():
        return None
    order = np.argsort(updates[known], kind="stable")
    return _short(float(np.interp(update, updates[known][order], values[known][order])), 12)


def _strip(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Histograms of logits over time: shares as bytes 0..255 in base64, one row of bins after the other."""
    strip = series.logit_strip(rows)
    if strip is None:
        return None
    return {
        "low": _short(strip.low, 12),
        "high": _short(strip.high, 12),
        "bins": strip.shares["real"].shape[1],
        "clock": _clock(rows, strip.parts),
        "shares": {role: _as_bytes(np.nan_to_num(table)) for role, table in strip.shares.items()},
    }


def _last_histograms(rows: Sequence[Row]) -> dict[str, Any] | None:
    """The newest histograms of the logits, as densities over their own edges."""
    found = {
        role: next((each for row in reversed(rows) if (each := series.histogram(row, key)) is not None), None)
        for role, key in series.LOGITS.items()
    }
    limits = series.common_range(found.values())
    if limits is None:
        return None
    heaps = {
        role: {
            "edges": _list(held.edges, 12),
            "density": _list(held.counts / held.counts.sum() / np.diff(held.edges)),
        }
        for role, held in found.items()
        if held is not None
    }
    return {"low": _short(limits[0], 12), "high": _short(limits[1], 12), "heaps": heaps}


def _curve(name: str, curve: Curve, rows: Sequence[Row], family: str) -> Chart | None:
    parts = series.buckets(len(rows), POINTS)
    lines: list[dict[str, Any]] = []
    summaries: list[str] = []
    moving = False
    for line in curve.lines:
        values = series.finite(series.column(rows, line.key))
        shown = values[np.isfinite(values)]
        if shown.size:
            moving = moving or shown.min() < shown.max()
            first, last, least, greatest = (f"{v:.3g}" for v in (shown[0], shown[-1], shown.min(), shown.max()))
            summaries.append(f"{line.label} {first} to {last}, between {least} and {greatest}")
            mean, low, high = map(_list, series.bucketed(values, parts))
            band = {"low": low, "high": high} if len(parts) < len(values) else {}
            lines.append({"label": line.label, "role": line.role, "mean": mean, **band})
    if not lines or (curve.when_moving and not moving):
        return None
    table = {
        "clock": family,
        "log": curve.log,
        "limits": curve.limits,
        "guide": curve.guide,
        "lines": lines,
        "broken": _broken(rows, curve),
    }
    return Chart(name, curve.title, curve.about, f"{curve.title}: {'; '.join(summaries)}.", table)


def _metric(row: Row) -> str:
    return clipped(plain(row.get("metric")), 60)


def _quality(rows: Sequence[Row]) -> Curve:
    """The curve of what was measured while training: one line per metric."""
    names = list(dict.fromkeys(map(_metric, rows)))[:METRICS]
    lines = tuple(Line(name, name or "value", "generator") for name in names)
    return Curve("Quality", "Measured on samples while training; the best checkpoint is chosen by it.", lines)


def _callbacks(rows: Sequence[Row]) -> Curve:
    """The curve of what callbacks logged: one line per name."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in series.AXES][:METRICS]
    lines = tuple(Line(name, name or "value", "generator") for name in names)
    return Curve("Logged", "Numbers that callbacks logged.", lines)


def _layers(rows: Sequence[Row], player: Player, measure: Measure) -> Chart | None:
    columns = {name: series.finite(values) for name, values in series.layer_columns(rows, player, measure).items()}
    table = {name: values for name, values in columns.items() if np.isfinite(values).any()}
    if not table:
        return None
    names = [list(table)[index] for index in spread_out(len(table), LAYERS)]
    parts = series.buckets(len(rows), LAYER_POINTS)
    lines = [
        {
            "label": clipped(name, 40),
            "role": player,
            "shade": round((index + 1) / len(names), 3),
            "mean": _list(series.bucketed(table[name], parts)[0]),
        }
        for index, name in enumerate(names)
    ]
    title = f"{player.capitalize()}: {series.MEASURES[measure]} by layer"
    return Chart(
        f"{player}-{measure}",
        title,
        f"{counted(len(table), 'layer')} with weights, from pale (first) to full colour (last), numbered as in the network.",
        f"{title}, {counted(len(table), 'layer')}.",
        {"clock": "layers", "log": True, "limits": None, "guide": None, "lines": lines, "broken": []},
    )


def _broken(rows: Sequence[Row], curve: Curve) -> list[dict[str, Any]]:
    """Where a line first has no number: null (as rows are written), NaN or infinity (as others write them).

    Lines that break in the same row share an entry.
    """
    places: dict[int, list[str]] = {}
    for line in curve.lines:
        broken = (
            i for i, row in enumerate(rows) if line.key in row and not math.isfinite(series.number(row[line.key]))
        )
        for first in itertools.islice(broken, 1):
            places.setdefault(first, []).append(line.label)
    return [
        {axis: _short(series.positions(rows, axis)[index], 12) for axis in series.AXES} | {"label": ", ".join(labels)}
        for index, labels in sorted(places.items())
    ]


def _clock(rows: Sequence[Row], parts: Sequence[slice]) -> dict[Axis, list[float | None]]:
    return {axis: _list(series.bucketed(series.positions(rows, axis), parts)[2], digits=12) for axis in series.AXES}


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
