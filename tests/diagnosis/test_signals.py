"""Signals: values by hand, laws, referees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import roc_auc_score

from gansmith.diagnosis.signals import samples, series
from gansmith.ground import pixels, streams
from gansmith.kinds import KINDS, areas
from gansmith.metrics.measures import distances

FLOATS = st.floats(-5, 5, width=32)


def points(count: int, width: int = 4, seed: int = 0) -> np.ndarray:
    return streams.generator(seed, "diagnosis").standard_normal((count, width)).astype(np.float32)


def test_rows_of_floats_are_rows_of_bytes():
    pictures = streams.generator(0, "diagnosis").integers(0, 256, (5, 24, 20, 3), dtype=np.uint8)
    for numbers in (10, 100, 10_000):
        ours = areas.flat(pixels.to_float(pictures, "unit"), numbers)
        np.testing.assert_allclose(ours, areas.flat(pictures, numbers), atol=1e-6)
    vectors = points(3)
    assert np.array_equal(KINDS["vector"].flat(vectors, 2), vectors)


def test_spread_by_hand():
    rows = np.array([[0.0, 1.0], [2.0, 1.0]], np.float32)
    assert samples.spread(rows) == pytest.approx(0.5)  # deviations 1 and 0
    assert samples.spread(rows, np.array([0, 1])) == 0.0  # classes of one item have none
    four = np.array([[0.0], [2.0], [10.0], [10.0]], np.float32)
    assert samples.spread(four, np.array([0, 0, 1, 1])) == pytest.approx(0.5)


def test_contrast_is_each_items_own():
    assert samples.contrast(np.array([[0.0, 1.0], [1.0, 1.0]], np.float32)) == pytest.approx(0.25)


def test_effective_kinds_by_hand():
    assert samples.effective_number(np.array([5, 5, 5, 5])) == pytest.approx(4)
    assert samples.effective_number(np.array([7, 0, 0])) == pytest.approx(1)
    assert samples.effective_number(np.array([0, 0])) == 0
    assert samples.effective_number(np.array([3, 1])) == pytest.approx(4 / 27**0.25)  # exp of the entropy of 3/4, 1/4


@given(arrays.arrays(np.int64, st.integers(1, 12), elements=st.integers(0, 50)))
def test_effective_kinds_lie_between_one_and_all(counts: np.ndarray):
    found = samples.effective_number(counts)
    assert found == 0 if counts.sum() == 0 else 1 - 1e-9 <= found <= (counts > 0).sum() + 1e-9
    assert samples.overlap(counts, counts) == (0 if counts.sum() == 0 else pytest.approx(1))


def test_overlap_by_hand():
    assert samples.overlap(np.array([2, 0]), np.array([0, 9])) == 0
    assert samples.overlap(np.array([1, 1]), np.array([3, 1])) == pytest.approx(0.75)


def test_k_means_finds_separate_clusters():
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)
    cloud = np.concatenate([centre + 0.1 * points(50, 2, seed) for seed, centre in enumerate(centres)])
    found = samples.k_means(cloud, 4, streams.generator(0, "diagnosis"))
    assert np.sqrt(distances.squared(centres, found).min(1)).max() < 0.1
    assert sorted(np.bincount(samples.nearest_of(cloud, found)).tolist()) == [50] * 4


@pytest.mark.parametrize(("draw", "second"), [(0.1, 10), (0.3, 20), (0.999, 20), (1 + 1e-9, 20)])
def test_the_further_a_point_the_likelier_it_is_the_next_centre(draw: float, second: float):
    """Squared distances from the first are 0, 100 and 400. A draw may be rounded up to beyond the last."""

    class Dice:
        def integers(self, count: int) -> int:
            return 0

        def random(self) -> float:
            return draw

    cloud = np.array([[0.0], [10.0], [20.0]], np.float32)
    assert samples.k_means(cloud, 2, Dice(), rounds=0).tolist() == [[0], [second]]  # pyright: ignore[reportArgumentType]
    moved = (
        [[0], [15]] if second == 10 else [[5], [20]]
    )  # to the middle of their points; 10 is as near to either of 0 and 20
    assert samples.k_means(cloud, 2, Dice(), rounds=1).tolist() == moved  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_k_means_of_fewer_points_than_centres(count: int):
    cloud = np.zeros((count, 3), np.float32)
    assert np.isfinite(samples.k_means(cloud, 4, streams.generator(0, "diagnosis"))).all()


def test_precision_and_coverage_by_hand():
    squared = np.array([[0.5, 9.0], [0.2, 9.0], [9.0, 9.0]])
    assert samples.precision_coverage(squared, np.array([1.0, 1.0])) == (pytest.approx(2 / 3), 0.5)


def test_correlations_agree_with_numpy():
    one, others = points(1, 20)[0], points(7, 20, 1)
    np.testing.assert_allclose(
        samples.correlations(one, others), [np.corrcoef(one, o)[0, 1] for o in others], atol=1e-6
    )
    assert samples.correlations(np.ones(20), others).tolist() == [0] * 7


@given(st.lists(FLOATS, min_size=1, max_size=20), st.lists(FLOATS, min_size=1, max_size=20))
def test_the_area_is_the_referees(higher: list[float], lower: list[float]):
    ours = samples.auc(np.array(higher), np.array(lower))
    truth = [1] * len(higher) + [0] * len(lower)
    assert ours == pytest.approx(roc_auc_score(truth, [*higher, *lower]))
    assert samples.auc(np.array(lower), np.array(higher)) == pytest.approx(1 - ours)


def test_the_slope_ignores_an_outlier():
    xs = np.arange(10.0)
    ys = 3 * xs + 1
    assert series.robust_slope(xs, ys) == pytest.approx(3)
    ys[4] = 500
    assert series.robust_slope(xs, ys) == pytest.approx(3, abs=0.2)
    assert series.robust_slope(xs[:1], ys[:1]) == 0
    assert series.robust_slope(np.zeros(3), np.arange(3.0)) == 0


def test_the_interval_of_a_slope_holds_the_true_one():
    """95% of the time, over noise of 300 kinds; of a line without noise it is the slope alone."""
    xs = np.arange(20.0)
    assert series.slope_interval(xs, 3 * xs) == pytest.approx((3, 3, 3))
    held = 0
    for seed in range(300):
        low, middle, high = series.slope_interval(xs, 0.5 * xs + points(1, 20, seed)[0])
        assert low <= middle <= high
        held += low <= 0.5 <= high
    assert 0.9 < held / 300 < 0.99


def test_the_interval_of_a_slope_by_hand():
    xs = np.arange(10.0)
    slopes = sorted(i + j for i in range(10) for j in range(i))  # of a parabola
    # 1.96 sqrt(10 9 25 / 18) = 21.9: from place (45 - 21.9) / 2 = 11.5 to (45 + 21.9) / 2 = 33.5
    assert series.slope_interval(xs, xs**2) == (slopes[11], 9, slopes[33])
    assert series.slope_interval(np.array([0.0, 0, 2]), np.array([1.0, 5, 9])) == (2, 3, 4)  # two share a place
    assert series.slope_interval(xs[:1], xs[:1]) == (0, 0, 0)
    assert series.robust_slope(xs, xs**2) == 9
    xs = np.arange(20.0)
    slopes = sorted((2**i - 2**j) / (i - j) for i in range(20) for j in range(i))
    # 1.96 sqrt(20 19 45 / 18) = 60.4: from place (190 - 60.4) / 2 = 64.8 to (190 + 60.4) / 2 = 125.2
    assert series.slope_interval(xs, 2**xs)[::2] == pytest.approx((slopes[64], slopes[125]))
    xs = np.arange(25.0)
    slopes = sorted((2**i - 2**j) / (i - j) for i in range(25) for j in range(i))
    # 1.96 sqrt(25 24 55 / 18) = 83.9: from place (300 - 83.9) / 2 = 108.04 to (300 + 83.9) / 2 = 191.96
    assert series.slope_interval(xs, 2**xs)[::2] == pytest.approx((slopes[108], slopes[191]))


def test_of_a_long_series_two_hundred_points_are_compared():
    xs = np.arange(300.0)
    some = np.linspace(0, 299, 200).astype(int)
    assert series.slope_interval(xs, xs**2) == series.slope_interval(xs[some], xs[some] ** 2)
    xs = np.arange(201.0)
    some = np.linspace(0, 200, 200).astype(int)
    assert series.slope_interval(xs, xs**2) == series.slope_interval(xs[some], xs[some] ** 2)


def test_a_steep_line_of_large_numbers_has_no_period():
    assert series.main_period(1e8 + 3e5 * np.arange(24.0)) == (0.0, 0.0)


def test_a_period_by_hand():
    steps = np.arange(16) - 7.5
    waves = {each: np.cos(2 * np.pi * each * steps / 16) for each in (1, 2, 4, 5, 6, 7)}
    assert series.main_period(2 * waves[4] + waves[6] + waves[2]) == (
        4,
        pytest.approx(4 / 6),
    )  # two away is no neighbour
    assert series.main_period(2 * waves[4] + waves[7]) == (4, pytest.approx(4 / 5))
    assert series.main_period(2 * waves[4] + waves[7] + waves[5]) == (4, pytest.approx(5 / 6))  # with its neighbour
    assert series.main_period(waves[1] + 3 * steps + 5) == (16, pytest.approx(1))


def test_a_centre_without_points_stays_where_it_is():
    assert samples.k_means(np.full((3, 1), 5.0), 2, streams.generator(0, "diagnosis")).tolist() == [[5], [5]]


@pytest.mark.parametrize("period", [2, 3, 4, 8, 16])
def test_the_period_of_a_wave_is_found(period: int):
    steps = np.arange(48.0)
    found, pure = series.main_period(0.05 * steps + np.sin(2 * np.pi * (steps / period + 0.13)))
    assert found == pytest.approx(period, rel=0.1)
    assert pure > 0.9
    assert series.main_period(points(1, 48)[0])[1] < 0.5
    assert series.main_period(np.ones(24)) == (0.0, 0.0)


def test_colour_and_repeats_by_hand():
    grey = np.full((2, 1, 1, 3), 0.4)
    assert samples.colour(grey) == pytest.approx(0, abs=1e-9)
    assert samples.colour(grey[..., :1]) == 0
    assert samples.colour(np.array([[[[0.0, 1.0]]]])) == 0.5
    assert samples.colour(np.array([[[[0.0, 0.5, 1.0]]]])) == pytest.approx(1 / 3)
    assert samples.repeats(np.array([[1], [1], [2], [1]])) == pytest.approx(1 / 2)
    assert samples.repeats(np.arange(5)[:, None]) == 0
    assert samples.repeats(np.zeros((1, 2))) == 0
