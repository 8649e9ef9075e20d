"""Recovery errors against the number of measurements, and against noise, with 95% bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.latent.sensing import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 5.5, 4.0  # inches of one chart
MARKS = "osD^vPX*"


def write_error_curves(points: Sequence[Point], path: Path) -> Path:
    """A PNG of one chart over measurements at the first noise, and one over noise at the most measurements where
    several noises were tried. Every method is a line; bars are 95% intervals of the mean over pictures."""
    from matplotlib.figure import Figure  # half a second, wanted only where something is drawn

    noises = sorted({point.noise for point in points})
    most = max(point.measurements for point in points)
    charts = 1 if len(noises) == 1 else 2
    figure = Figure(figsize=(WIDTH * charts, HEIGHT), layout="constrained", facecolor="white")
    axes = figure.subplots(1, charts, squeeze=False)[0]
    over = [point for point in points if point.noise == noises[0]]
    _lines(axes[0], over, [point.measurements for point in over], "measurements")
    axes[0].set_xscale("log")
    if charts == 2:
        over = [point for point in points if point.measurements == most]
        _lines(axes[1], over, [point.noise for point in over], f"noise, at {most} measurements")
    figure.savefig(path, format="png", dpi=110)
    return path


def _lines(axes: Axes, points: Sequence[Point], places: Sequence[float], label: str) -> None:
    for index, method in enumerate(dict.fromkeys(point.method for point in points)):
        line = sorted(
            (place, point.mean, point.interval)
            for place, point in zip(places, points, strict=True)
            if point.method == method
        )
        x, mean, bar = zip(*line, strict=True)
        axes.errorbar(x, mean, yerr=bar, marker=MARKS[index % len(MARKS)], markersize=4, capsize=2, label=method)
    axes.set_yscale("log")
    axes.set_xlabel(label)
    axes.set_ylabel("mean squared error, pixels in [0, 1]")
    axes.legend(fontsize=8, frameon=False)
    axes.grid(True, color="#e5e5e5", linewidth=0.8)
