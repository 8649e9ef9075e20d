"""Still pictures of numbers: curves, layers, histograms, comparisons over seeds, scatters of vectors.

Everything is drawn on matplotlib figure objects of our own: no pyplot, no global style, safe in any thread. Figures
have a light ground whatever surrounds them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.report.scatter import scatter_sheet as scatter_sheet
from gansmith.report.series import (
    AXES,
    CURVES,
    MEASURES,
    SAMPLE_CURVES,
    VERDICTS,
    Axis,
    Curve,
    Measure,
    Player,
    Role,
    Row,
    bucketed,
    buckets,
    clock,
    column,
    finite,
    histogram,
    layer_columns,
    verdict_strip,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["svg", "png"]

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
MARKS = 400  # points of a line at most; more are averaged, with their range as a band


def curve(rows: Sequence[Row], name: str, x: Axis = "update", kind: Kind = "svg") -> bytes:
    """One chart of `CURVES` or `SAMPLE_CURVES` over stats or sample rows, as SVG or PNG.

    Raises DataError for a name that is not there; values that are missing or no numbers are gaps.
    """
    figure = _figure(6.4, 3.2)
    _draw_curve(figure.add_subplot(), rows, _curve(name), x)
    return _saved(figure, kind)


def overview(rows: Sequence[Row], x: Axis = "update", kind: Kind = "svg") -> bytes:
    """Losses, beliefs, gradient norms and verdicts over time in one picture; empty charts say so."""
    figure = _figure(11, 6.2)
    axes = figure.subplots(2, 2)
    for place, name in zip(axes.flat, ("losses", "probabilities", "gradients"), strict=False):
        _draw_curve(place, rows, CURVES[name], x)
    _draw_strip(axes[1, 1], rows, x)
    return _saved(figure, kind)


def layers(
    rows: Sequence[Row], player: Player, measure: Measure = "gradient", x: Axis = "update", kind: Kind = "svg"
) -> bytes:
    """A player's gradient norms or step sizes, one line per layer from pale (first) to dark (last)."""
    figure = _figure(6.4, 3.2)
    axes = figure.add_subplot()
    table = layer_columns(rows, player, measure)
    _frame(axes, f"{player.capitalize()}: {MEASURES[measure]} by layer", x, log=True)
    for index, (name, values) in enumerate(table.items()):
        share = 0.25 + 0.75 * (index + 1) / len(table)
        _line(axes, clock(rows, x), values, COLOURS[player], f"layer {name}", alpha=share, log=True)
    _finish(axes, legend=0 < len(table) <= 12)
    return _saved(figure, kind)


def verdicts_over_time(rows: Sequence[Row], x: Axis = "update", kind: Kind = "svg") -> bytes:
    """The histograms of the verdicts on real and generated items as a strip: time to the right, verdict upwards."""
    figure = _figure(6.4, 3.2)
    _draw_strip(figure.add_subplot(), rows, x)
    return _saved(figure, kind)


def last_verdicts(rows: Sequence[Row], kind: Kind = "svg") -> bytes:
    """The newest histograms of the verdicts on real and generated items, as shares."""
    figure = _figure(6.4, 3.2)
    axes = figure.add_subplot()
    axes.set_title("Verdicts at the end", loc="left", fontsize=10, color=INK)
    _plain(axes)
    axes.set_xlabel("raw verdict", fontsize=8, color=QUIET)
    drawn = False
    for key, role in VERDICTS.items():
        held = next((each for each in (histogram(row, key) for row in reversed(rows)) if each is not None), None)
        if held is not None:
            axes.stairs(held.counts / held.counts.sum(), held.edges, fill=True, alpha=0.45, color=COLOURS[role])
            axes.plot([], [], color=COLOURS[role], label=ITEMS[role])
            drawn = True
    _finish(axes, legend=drawn)
    return _saved(figure, kind)


def curves_with_spread(
    series: Mapping[str, Sequence[Sequence[Row]]], key: str, x: Axis = "update", kind: Kind = "svg", title: str = ""
) -> bytes:
    """One line per name over several runs of it: the median over seeds, and the range from least to greatest.

    `series` maps a name to its runs' rows. Each run is read off by straight lines at common places of the axis, and
    only where every run of that name has values.
    """
    figure = _figure(7.2, 3.8)
    axes = figure.add_subplot()
    _frame(axes, title or key, x)
    for index, (name, runs) in enumerate(series.items()):
        spread = spread_over_seeds(runs, key, x)
        if spread is not None:
            places, low, median, high = spread
            colour = COMPARED[index % len(COMPARED)]
            axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(
                places,
                median,
                color=colour,
                linewidth=1.4,
                label=f"{_short(name)} ({len(runs)} seed{'' if len(runs) == 1 else 's'})",
            )
    _finish(axes, legend=bool(axes.lines))
    return _saved(figure, kind)


def spread_over_seeds(
    runs: Sequence[Sequence[Row]], key: str, x: Axis = "update", points: int = 300
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Places on the axis, and least, median and greatest value over the runs there; float64 (points,) each.

    None where the runs have no stretch in common.
    """
    lines: list[tuple[np.ndarray, np.ndarray]] = []
    for rows in runs:
        place, value = clock(rows, x), finite(column(rows, key))
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


def _curve(name: str) -> Curve:
    known = CURVES | SAMPLE_CURVES
    if name not in known:
        raise DataError(f"there is no curve {name!r}: known are {', '.join(known)}")
    return known[name]


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure  # half a second, wanted only where something is drawn

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _saved(figure: Figure, kind: Kind) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
    return buffer.getvalue()


def _plain(axes: Axes) -> None:
    axes.tick_params(which="both", labelsize=8, colors=QUIET, length=0)
    axes.grid(True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def _frame(axes: Axes, title: str, x: Axis, *, log: bool = False) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    axes.set_xlabel(AXES[x], fontsize=8, color=QUIET)
    if log:
        from matplotlib.ticker import LogFormatter

        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.5)))
    _plain(axes)


def _short(name: str, most: int = 60) -> str:
    """A name that leaves room for the curves: variants begin alike, so what is left out is the middle."""
    return name if len(name) <= most else f"{name[: most // 3]} … {name[3 + most // 3 - most :]}"


def _finish(axes: Axes, *, legend: bool) -> None:
    if legend:
        axes.legend(loc="upper right", fontsize=8, labelcolor=INK, facecolor="white", framealpha=0.8, edgecolor="none")
    else:
        axes.text(0.5, 0.5, "no numbers yet", transform=axes.transAxes, ha="center", color=QUIET, fontsize=9)


def _draw_curve(axes: Axes, rows: Sequence[Row], what: Curve, x: Axis) -> None:
    _frame(axes, what.title, x, log=what.log)
    place = clock(rows, x)
    drawn = [
        _line(axes, place, column(rows, line.key), COLOURS[line.role], line.label, log=what.log) for line in what.lines
    ]
    if what.limits:
        axes.set_ylim(what.limits[0] - 0.02, what.limits[1] + 0.02)
    if what.guide is not None and any(drawn):
        axes.axhline(what.guide, color=QUIET, linewidth=0.8, linestyle=(0, (4, 4)))
    _finish(axes, legend=any(drawn))


def _line(
    axes: Axes,
    place: np.ndarray,
    values: np.ndarray,
    colour: str,
    label: str,
    *,
    alpha: float = 1.0,
    log: bool = False,
) -> bool:
    """Draw one line, thinned; False where it has no finite value to draw."""
    if log:
        values = np.where(values > 0, values, np.nan)
    values = finite(values)
    parts = buckets(len(values), MARKS)
    places = bucketed(place, parts)[0]
    mean, low, high = bucketed(values, parts)
    if not np.isfinite(mean + places).any():
        return False
    single = "o" if np.isfinite(mean).sum() == 1 else None
    axes.plot(places, mean, color=colour, alpha=alpha, linewidth=1.3, label=label, marker=single, markersize=3)
    if len(parts) < len(values):
        axes.fill_between(places, low, high, color=colour, alpha=0.15 * alpha, linewidth=0)
    return True


def _draw_strip(axes: Axes, rows: Sequence[Row], x: Axis) -> None:
    from matplotlib.colors import to_rgb

    _frame(axes, "Verdicts over time", x)
    strip = verdict_strip(rows)
    if strip is None:
        _finish(axes, legend=False)
        return
    place = bucketed(clock(rows, x), strip.parts)[2]
    known = np.isfinite(place)
    if not known.any():
        _finish(axes, legend=False)
        return
    edges = np.concatenate([[2 * place[known][0] - place[known][-1]] if known.sum() == 1 else [0.0], place[known]])
    edges = np.maximum.accumulate(edges)
    heights = np.linspace(strip.low, strip.high, next(iter(strip.shares.values())).shape[1] + 1)
    for key, role in VERDICTS.items():
        shares = np.nan_to_num(strip.shares[key][known])
        alpha = 0.75 * np.sqrt(shares / max(float(shares.max()), 1e-12))
        colours = np.empty((*shares.T.shape, 4))
        colours[..., :3], colours[..., 3] = to_rgb(COLOURS[role]), alpha.T
        axes.pcolormesh(edges, heights, colours, rasterized=True)
        axes.plot([], [], color=COLOURS[role], label=ITEMS[role])
    _finish(axes, legend=True)
