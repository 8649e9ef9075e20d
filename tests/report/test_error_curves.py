"""The chart of recovery errors: which points stand on which of its two halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from gansmith.latent.measurements.sensing import Point
from gansmith.report import error_curves


def points(grid: list[tuple[int, float]], methods: str = "ab") -> list[Point]:
    random = np.random.default_rng(0)
    return [Point(name, count, noise, random.uniform(0, 1, 5)) for name in methods for count, noise in grid]


def test_one_noise_is_one_chart_and_several_are_two(tmp_path: Path) -> None:
    widths = []
    for name, grid in (("one", [(10, 0.1), (20, 0.1)]), ("two", [(10, 0.1), (20, 0.1), (20, 0.5)])):
        path = error_curves.write_error_curves(points(grid), tmp_path / f"{name}.png")
        with Image.open(path) as picture:
            widths.append(picture.width)
    assert widths[1] == 2 * widths[0]


def test_each_chart_takes_the_row_with_most_points() -> None:
    grid = [(10, 0.1), (20, 0.1), (40, 0.1), (20, 0.0), (20, 0.5)]
    assert error_curves._busiest([(noise, count) for count, noise in grid]) == (0.1, 3)
    assert error_curves._busiest([(-count, noise) for count, noise in grid]) == (-20, 3)
    assert error_curves._busiest([(-10, 0.1), (-20, 0.1)]) == (-20, 1)  # as many noises: the larger count


def test_a_method_that_was_tried_once_stands_aside() -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    some = [*points([(10, 0.1), (20, 0.1)]), *points([(10, 0.1)], "c")]
    error_curves._lines(axes, some, [point.measurements for point in some], "measurements")
    _, labels = axes.get_legend_handles_labels()
    assert labels == ["a", "b"]
