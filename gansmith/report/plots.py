"""Still pictures of a run's numbers: an overview of one run, and curves compared over seeds.

Everything is drawn on matplotlib figure objects: no pyplot and no global style, so it is safe in any thread. Figures
have a white background.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gansmith.report import series
from gansmith.report.series import Curve, Role, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, RULE = "#22262b", "#6b7280", "#e3e5e8"
COLOURS: dict[Role, str] = {
    "real": "#0b7f78",
    "fake": "#cf5f0e",
    "generator": "#cf5f0e",
    "discriminator": "#2a5fd0",
    "other": "#6b7280",
}
COMPARED = ("#2a5fd0", "#cf5f0e", "#0b7f78", "#8a4fbf", "#b0891b", "#c23b6b", "#5a6472", "#5b8c1f")
ITEMS: dict[Role, str] = {"real": "real items", "fake": "generated items"}
POINTS = 400  # of a line at most; more are averaged, with their range as a band
SPREAD_POINTS = 300  # of a median over seeds


def overview(rows: Sequence[Row], *, probability: bool = False) -> bytes:
    """A PNG of losses, verdicts, gradient norms and logits over the updates; empty charts say so.

    probability: the verdicts are probabilities (`losses.Loss.probability`); otherwise how often they are right is drawn.
    """
    figure = _figure(11, 6.2)
    axes = figure.subplots(2, 2)
    for place, name in zip(
        axes.flat, ("losses", "probabilities" if probability else "accuracies", "gradients"), strict=False
    ):
        draw_curve(place, rows, series.CURVES[name])
    draw_strip(axes[1, 1], rows)
    return _saved(figure, "png")


def curves_with_spread(runs_of: Mapping[str, Sequence[Sequence[Row]]], key: str, title: str) -> bytes:
    """An SVG with one line per name over several runs of it: the median over the seeds, with the range as a band.

    `runs_of` maps a name to its runs' rows. Each run is interpolated at common places of the axis, and only where every
    run of that name has values.
    """
    figure = _figure(7.2, 3.8)
    axes = figure.add_subplot()
    _frame(axes, title)
    for index, (name, runs) in enumerate(runs_of.items()):
        spread = spread_over_seeds(runs, key)
        if spread is not None:
            places, low, median, high = spread
            colour = COMPARED[index % len(COMPARED)]
            label = f"{_short(name)} ({len(runs)} seed{'' if len(runs) == 1 else 's'})"
            axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(places, median, color=colour, linewidth=1.4, label=label)
    _finish(axes, legend=bool(axes.lines))
    return _saved(figure, "svg")


def spread_over_seeds(
    runs: Sequence[Sequence[Row]], key: str, points: int = SPREAD_POINTS
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Updates, and the least, median and greatest value over the runs there; float64 (points,) each.

    None where the runs share no stretch of updates.
    """
    lines: list[tuple[np.ndarray, np.ndarray]] = []
    for rows in runs:
        place, value = series.positions(rows, "update"), series.finite(series.column(rows, key))
        kept = np.isfinite(place) & np.isfinite(value)
        order = np.argsort(place[kept], kind="stable")
        lines.append((place[kept][order], value[kept][order]))
    if not lines or any(not len(place) for place, _ in lines):
        return None
    start, end = max(place[0] for place, _ in lines), min(place[-1] for place, _ in lines)
    if end < start:
        return None
    grid = np.linspace(start, end, points)
    values = np.array([np.interp(grid, place, value) for place, value in lines])
    return grid, values.min(axis=0), np.median(values, axis=0), values.max(axis=0)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure  # takes half a second, so it waits until something is drawn

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _saved(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
    return buffer.getvalue()


def _frame(axes: Axes, title: str, *, log: bool = False) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    axes.set_xlabel(series.AXES["update"], fontsize=8, color=QUIET)
    if log:
        from matplotlib.ticker import LogFormatter

        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.5)))
    axes.tick_params(which="both", labelsize=8, colors=QUIET, length=0)
    axes.grid(True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def _short(name: str, most: int = 60) -> str:
    """A name that leaves room for the curves. Variants begin alike, so the middle is left out."""
    return name if len(name) <= most else f"{name[: most // 3]} … {name[3 + most // 3 - most :]}"


def _finish(axes: Axes, *, legend: bool) -> None:
    if legend:
        axes.legend(loc="upper right", fontsize=8, labelcolor=INK, facecolor="white", framealpha=0.8, edgecolor="none")
    else:
        axes.text(0.5, 0.5, "no numbers yet", transform=axes.transAxes, ha="center", color=QUIET, fontsize=9)


def draw_curve(axes: Axes, rows: Sequence[Row], curve: Curve) -> None:
    """Draw one chart over the updates. Values that are missing or no numbers are gaps."""
    _frame(axes, curve.title, log=curve.log)
    place = series.positions(rows, "update")
    parts = series.buckets(len(rows), POINTS)
    places = series.bucketed(place, parts)[0]
    for line in curve.lines:
        values = series.column(rows, line.key)
        mean, low, high = series.bucketed(
            series.finite(np.where(values > 0, values, np.nan) if curve.log else values), parts
        )
        if not np.isfinite(mean + places).any():
            continue
        colour = COLOURS[line.role]
        single = "o" if np.isfinite(mean).sum() == 1 else None
        axes.plot(places, mean, color=colour, linewidth=1.3, label=line.label, marker=single, markersize=3)
        if len(parts) < len(rows):
            axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    drawn = bool(axes.lines)
    if curve.limits:
        axes.set_ylim(curve.limits[0] - 0.02, curve.limits[1] + 0.02)
    if curve.guide is not None and drawn:
        axes.axhline(curve.guide, color=QUIET, linewidth=0.8, linestyle=(0, (4, 4)))
    _finish(axes, legend=drawn)


def draw_strip(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw the histograms of the logits as a strip: time to the right, logit upwards."""
    from matplotlib.colors import to_rgb

    _frame(axes, "Logits over time")
    strip = series.logit_strip(rows)
    place = np.empty(0) if strip is None else series.bucketed(series.positions(rows, "update"), strip.parts)[2]
    known = np.isfinite(place)
    if strip is None or not known.any():
        _finish(axes, legend=False)
        return
    place = place[known]
    first = 0.0 if len(place) > 1 else 2 * place[0] - place[-1]
    edges = np.maximum.accumulate([first, *place])
    for role, table in strip.shares.items():
        heights = np.linspace(strip.low, strip.high, table.shape[1] + 1)
        shares = np.nan_to_num(table[known])
        colours = np.empty((*shares.T.shape, 4))
        colours[..., :3] = to_rgb(COLOURS[role])
        colours[..., 3] = 0.75 * np.sqrt(shares / max(float(shares.max()), 1e-12)).T
        axes.pcolormesh(edges, heights, colours, rasterized=True)
        axes.plot([], [], color=COLOURS[role], label=ITEMS[role])
    _finish(axes, legend=True)
