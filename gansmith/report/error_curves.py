"""Recovery errors over the number of measurements, and over noise, with 95% bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.latent.measurements.sensing import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 5.5, 4.0  # inches of one chart
MARKS = "osD^vPX*"


def write_error_curves(points: Sequence[Point], path: Path) -> Path:
    """Write a PNG with one chart over measurements, and one over noise if several noises were tried.

    The first chart takes the noise that has most numbers of measurements, the second the number of measurements that
    has most noises. Every method is a line; bars are 95% intervals of the mean over pictures.
    """
    from matplotlib.figure import Figure  # takes half a second, so it waits until something is drawn

    noise = _busiest([(point.noise, point.measurements) for point in points])[0]
    count, tried = _busiest([(-point.measurements, point.noise) for point in points])
    charts = 1 if tried == 1 else 2
    figure = Figure(figsize=(WIDTH * charts, HEIGHT), layout="constrained", facecolor="white")
    axes = figure.subplots(1, charts, squeeze=False)[0]
    over = [point for point in points if point.noise == noise]
    _lines(axes[0], over, [point.measurements for point in over], f"measurements, at noise {noise:g}")
    axes[0].set_xscale("log")
    if charts == 2:
        over = [point for point in points if point.measurements == -count]
        _lines(axes[1], over, [point.noise for point in over], f"noise, at {-count:g} measurements")
    figure.savefig(path, format="png", dpi=110)
    return path


def _busiest(pairs: Sequence[tuple[float, float]]) -> tuple[float, int]:
    """The first number that is paired with most different second ones (the least of such), and how many those are."""
    counts = {one: len({second for first, second in pairs if first == one}) for one, _ in pairs}
    first = min(counts, key=lambda one: (-counts[one], one))
    return first, counts[first]


def _lines(axes: Axes, points: Sequence[Point], places: Sequence[float], label: str) -> None:
    """A line for each method. A method with a single point is left out where others have more."""
    methods = [point.method for point in points]
    most = max(methods.count(method) for method in methods)
    for index, method in enumerate(dict.fromkeys(methods)):
        if methods.count(method) == 1 < most:
            continue
        own = [
            (x, point.mean, point.interval) for x, point in zip(places, points, strict=True) if point.method == method
        ]
        x, mean, bar = zip(*sorted(own), strict=True)
        axes.errorbar(x, mean, yerr=bar, marker=MARKS[index % len(MARKS)], markersize=4, capsize=2, label=method)
    axes.set_yscale("log")
    axes.set_xlabel(label)
    axes.set_ylabel("mean squared error, pixels in [0, 1]")
    axes.legend(fontsize=8, frameon=False)
    axes.grid(True, color="#e5e5e5", linewidth=0.8)
