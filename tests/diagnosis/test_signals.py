"""Signals: values by hand, laws, referees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import roc_auc_score

from gansmith.diagnosis import signals
from gansmith.ground import pixels, streams
from gansmith.metrics import pictures as metric_pictures
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.memorisation import nearness

FLOATS = st.floats(-5, 5, width=32)


def points(count: int, width: int = 4, seed: int = 0) -> np.ndarray:
    return streams.generator(seed, "diagnosis").standard_normal((count, width)).astype(np.float32)


def test_rows_of_floats_are_rows_of_bytes():
    pictures = streams.generator(0, "diagnosis").integers(0, 256, (5, 24, 20, 3), dtype=np.uint8)
    for numbers in (10, 100, 10_000):
        ours = metric_pictures.flat(pixels.to_float(pictures, "unit"), numbers)
        np.testing.assert_allclose(ours, metric_pictures.flat(pictures, numbers), atol=1e-6)
    vectors = points(3)
    assert metric_pictures.flat(vectors, 2) is vectors or np.array_equal(metric_pictures.flat(vectors, 2), vectors)


def test_spread_by_hand():
    rows = np.array([[0.0, 1.0], [2.0, 1.0]], np.float32)
    assert signals.spread(rows) == pytest.approx(0.5)  # deviations 1 and 0
    assert signals.spread(rows, np.array([0, 1])) == 0.0  # classes of one item have none
    four = np.array([[0.0], [2.0], [10.0], [10.0]], np.float32)
    assert signals.spread(four, np.array([0, 0, 1, 1])) == pytest.approx(0.5)


def test_contrast_is_each_items_own():
    assert signals.contrast(np.array([[0.0, 1.0], [1.0, 1.0]], np.float32)) == pytest.approx(0.25)


def test_effective_kinds_by_hand():
    assert signals.effective_number(np.array([5, 5, 5, 5])) == pytest.approx(4)
    assert signals.effective_number(np.array([7, 0, 0])) == pytest.approx(1)
    assert signals.effective_number(np.array([0, 0])) == 0
    assert signals.effective_number(np.array([3, 1])) == pytest.approx(4 / 27**0.25)  # exp of the entropy of 3/4, 1/4


@given(arrays.arrays(np.int64, st.integers(1, 12), elements=st.integers(0, 50)))
def test_effective_kinds_lie_between_one_and_all(counts: np.ndarray):
    found = signals.effective_number(counts)
    assert found == 0 if counts.sum() == 0 else 1 - 1e-9 <= found <= (counts > 0).sum() + 1e-9
    assert signals.overlap(counts, counts) == (0 if counts.sum() == 0 else pytest.approx(1))


def test_overlap_by_hand():
    assert signals.overlap(np.array([2, 0]), np.array([0, 9])) == 0
    assert signals.overlap(np.array([1, 1]), np.array([3, 1])) == pytest.approx(0.75)


def test_k_means_finds_separate_clusters():
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)
    cloud = np.concatenate([centre + 0.1 * points(50, 2, seed) for seed, centre in enumerate(centres)])
    found = signals.k_means(cloud, 4, streams.generator(0, "diagnosis"))
    assert np.sqrt(distances.squared(centres, found).min(1)).max() < 0.1
    assert sorted(np.bincount(signals.nearest_of(cloud, found)).tolist()) == [50] * 4


@pytest.mark.parametrize("count", [1, 2, 5])
def test_k_means_of_fewer_points_than_centres(count: int):
    cloud = np.zeros((count, 3), np.float32)
    assert np.isfinite(signals.k_means(cloud, 4, streams.generator(0, "diagnosis"))).all()


def test_precision_and_coverage_by_hand():
    squared = np.array([[0.5, 9.0], [0.2, 9.0], [9.0, 9.0]])
    assert signals.precision_coverage(squared, np.array([1.0, 1.0])) == (pytest.approx(2 / 3), 0.5)


def test_copy_ratio_agrees_with_the_metric():
    training, items = points(200), points(30, seed=1)
    ours = signals.copy_ratio(distances.squared(items, training), 50)
    np.testing.assert_allclose(ours, nearness(items, training).ratio, rtol=1e-4)
    copies = signals.copy_ratio(distances.squared(training[:9], training), 50)
    assert copies.max() < 1e-2
    own = signals.copy_ratio(distances.squared(training[:9], training), 50, skip_self=True)
    np.testing.assert_allclose(own, nearness(training[:9], training, np.arange(9)).ratio, rtol=0.03)


def test_correlations_agree_with_numpy():
    one, others = points(1, 20)[0], points(7, 20, 1)
    np.testing.assert_allclose(
        signals.correlations(one, others), [np.corrcoef(one, o)[0, 1] for o in others], atol=1e-6
    )
    assert signals.correlations(np.ones(20), others).tolist() == [0] * 7


def checks(strength: float, size: int = 16) -> np.ndarray:
    """Smooth pictures (8, size, size, 1) with a two-pixel pattern of columns on them."""
    x = np.linspace(0, np.pi, size)
    smooth = np.sin(x)[None, :, None] * np.sin(x)[None, None, :] * np.linspace(0.5, 1, 8)[:, None, None]
    pattern = strength * np.where(np.arange(size) % 2, 1.0, -1.0)
    return (smooth + pattern)[..., None].astype(np.float32)


def test_the_finest_pattern_is_told_from_edges_and_noise():
    found = [signals.finest(checks(strength)) for strength in (0, 0.01, 0.05, 0.2)]
    shares, peaks = zip(*found, strict=True)
    assert list(shares) == sorted(shares)
    assert list(peaks) == sorted(peaks)
    assert shares[0] < 1e-3
    assert peaks[0] < 2 < 20 < peaks[2]
    only = np.where(np.arange(16) % 2, 1.0, -1.0)[None, None, :, None] * np.ones((1, 16, 1, 1))
    assert signals.finest(only)[0] == pytest.approx(0.5)  # across it is all there is, down there is nothing
    edge = np.zeros((4, 16, 16, 1), np.float32)
    edge[:, :, 7:] = 1
    assert signals.finest(edge)[1] < 3
    noise = points(40, 16 * 16).reshape(40, 16, 16, 1)
    assert signals.finest(noise)[1] == pytest.approx(1, abs=0.15)
    assert signals.finest(noise)[0] == pytest.approx(1 / 15, abs=0.01)  # one of 15 equal parts
    assert np.isfinite(signals.finest(np.zeros((2, 9, 11, 3), np.float32))).all()


@given(st.lists(FLOATS, min_size=1, max_size=20), st.lists(FLOATS, min_size=1, max_size=20))
def test_the_area_is_the_referees(higher: list[float], lower: list[float]):
    ours = signals.auc(np.array(higher), np.array(lower))
    truth = [1] * len(higher) + [0] * len(lower)
    assert ours == pytest.approx(roc_auc_score(truth, [*higher, *lower]))
    assert signals.auc(np.array(lower), np.array(higher)) == pytest.approx(1 - ours)


def test_the_slope_ignores_an_outlier():
    xs = np.arange(10.0)
    ys = 3 * xs + 1
    assert signals.robust_slope(xs, ys) == pytest.approx(3)
    ys[4] = 500
    assert signals.robust_slope(xs, ys) == pytest.approx(3, abs=0.2)
    assert signals.robust_slope(xs[:1], ys[:1]) == 0
    assert signals.robust_slope(np.zeros(3), np.arange(3.0)) == 0
