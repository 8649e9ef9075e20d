"""Trends and periods of a series."""

from __future__ import annotations

import numpy as np

POINTS = 200  # of a longer series only so many are compared, evenly spaced: pairs are many


def robust_slope(xs: np.ndarray, ys: np.ndarray) -> float:
    """The median slope between all pairs of points (Theil 1950, Sen 1968); 0 with fewer than two."""
    return slope_interval(xs, ys)[1]


def slope_interval(xs: np.ndarray, ys: np.ndarray) -> tuple[float, float, float]:
    """The robust slope between the ends of its 95% interval (Sen 1968): low, slope, high; zeros with fewer than two points."""
    if len(xs) > POINTS:
        some = np.linspace(0, len(xs) - 1, POINTS).astype(np.int64)
        xs, ys = xs[some], ys[some]
    first, second = np.triu_indices(len(xs), 1)
    apart = xs[second] != xs[first]
    if not apart.any():
        return 0.0, 0.0, 0.0
    slopes = np.sort((ys[second] - ys[first])[apart] / (xs[second] - xs[first])[apart])
    count = len(xs)
    reach = 1.96 * np.sqrt(count * (count - 1) * (2 * count + 5) / 18)  # of Kendall's statistic
    places = np.clip([(len(slopes) - reach) / 2, (len(slopes) + reach) / 2], 0, len(slopes) - 1).astype(np.int64)
    return float(slopes[places[0]]), float(np.median(slopes)), float(slopes[places[1]])


def main_period(values: np.ndarray) -> tuple[float, float]:
    """The period, in steps, of the strongest wave in a series (n,) without its trend, and its share of the variance.

    A wave between two frequencies shows in both, so a frequency counts together with its neighbours.
    """
    steps = np.arange(len(values), dtype=np.float64)
    centred = values - np.polyval(np.polyfit(steps, values, 1), steps)
    power = np.square(np.abs(np.fft.rfft(centred)))[1:]
    if power.sum() <= 1e-18 * max(1.0, np.square(values).sum()):  # rounding errors
        return 0.0, 0.0
    joined = np.convolve(power, np.ones(3), "same")
    place = int(power.argmax())
    return len(values) / (place + 1), float(joined[place] / power.sum())
