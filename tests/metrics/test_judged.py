"""Agreement, diversity, intervals."""

import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.metrics import intervals
from gansmith.metrics.measures import diversity
from gansmith.metrics.measures.agreement import agreement


def test_agreement_by_hand():
    found = agreement(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0]), 4)
    assert found.overall == pytest.approx((2 / 3 + 1 + 0) / 3)  # every class counts alike
    assert found.per_class == [pytest.approx(2 / 3), 1.0, 0.0, None]
    assert found.counts == [3, 2, 1, 0]
    assert found.worst == 2
    assert found.weight == pytest.approx(9 / (1 / 3 + 1 / 2 + 1))


def test_a_rare_class_counts_as_much_as_a_frequent_one():
    asked = np.repeat([0, 1], [990, 10])
    assert agreement(asked, np.zeros(1000, int), 2).overall == 0.5
    even = agreement(np.repeat([0, 1], 50), np.repeat([0, 1], 50), 2)
    assert (even.overall, even.weight) == (1, 100)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ([0, 3], [0, 0]),
        ([3, 0], [0, 0]),
        ([0, 0], [0, 3]),
        ([0, -1], [0, 0]),
        ([0, 0], [-1, 0]),
        ([0], [0, 1]),
        ([], []),
    ],
)
def test_labels_that_are_none_are_refused(asked, answered):
    with pytest.raises(DataError, match="labels"):
        agreement(np.array(asked, int), np.array(answered, int), 3)


def test_sensitivity_of_constant_pictures_and_of_two_values():
    assert diversity.latent_sensitivity(np.full((9, 4, 4, 1), 200, np.uint8)) == 0
    black_and_white = np.zeros((10, 4, 4, 1), np.uint8)
    black_and_white[::2] = 255
    assert diversity.latent_sensitivity(black_and_white) == pytest.approx(1)  # -1 and 1 in equal shares
    labels = np.arange(10) % 2
    assert diversity.latent_sensitivity(black_and_white, labels) == 0  # the label alone decides
    assert diversity.latent_sensitivity(np.array([[0.0], [4.0]], np.float32)) == pytest.approx(2)


def test_sensitivity_within_each_class():
    vectors = np.array([[0.0], [2], [10], [10], [20], [26]])
    assert diversity.latent_sensitivity(vectors, np.array([0, 0, 1, 1, 5, 5])) == pytest.approx((1 + 0 + 3) / 3)
    assert diversity.latent_sensitivity(vectors, np.array([0, 0, 1, 1, 1, 1])) == pytest.approx(
        (2 * 1 + 4 * np.std([10, 10, 20, 26])) / 6
    )


def test_pairs_lie_apart_by_eight_steps_spread_evenly():
    steps = np.array([1, 15, 29, 43, 58, 72, 86, 100])
    # of 0 .. 100, the number s further on is s away for 101 - s of them, and 101 - s away for the other s
    by_hand = (2 * steps * (101 - steps) / 101).mean()
    assert diversity.pairwise_diversity(np.arange(101.0)[:, None]) == pytest.approx(by_hand)
    assert diversity.pairwise_diversity(np.array([[0.0], [3], [9]])) == pytest.approx((3 + 6 + 9) / 3)


def test_nothing_has_no_differences():
    with pytest.raises(DataError, match="at least one"):
        diversity.latent_sensitivity(np.zeros((0, 2)))
    with pytest.raises(DataError, match="at least 2"):
        diversity.pairwise_diversity(np.zeros((1, 2)))


def test_pairwise_diversity_is_the_mean_distance():
    points = np.random.default_rng(0).normal(size=(400, 3))
    every = np.linalg.norm(points[:, None] - points[None], axis=2).sum() / (400 * 399)
    assert diversity.pairwise_diversity(points, shifts=60) == pytest.approx(every, rel=0.02)
    assert diversity.pairwise_diversity(np.array([[0.0], [3.0]])) == 3
    assert diversity.pairwise_diversity(np.ones((5, 2))) == 0


def test_wilsons_interval_by_hand():
    low, high = intervals.share(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert intervals.share(0, 10)[0] == 0
    assert intervals.share(10, 10)[1] == pytest.approx(1)
    assert intervals.share(0, 0) == (0, 1)
    assert intervals.share(1, 1) == (pytest.approx(1 / (1 + intervals.Z**2)), pytest.approx(1))


@pytest.mark.parametrize("count", range(1, 60))
def test_no_rounding_takes_a_share_out_of_its_range(count: int):
    assert 0 <= intervals.share(0, count)[0] <= intervals.share(count, count)[1] <= 1


def test_the_interval_of_a_mean_by_hand():
    assert intervals.mean(np.array([0.0, 2])) == (1 - intervals.Z, 1 + intervals.Z)  # deviation root 2, over root 2
    assert intervals.mean(np.array([7.0])) == (-np.inf, np.inf)
    rows = np.arange(35.0) ** 2
    assert intervals.jackknife(np.median, rows, 5.0) == intervals.jackknife(np.median, rows, 5.0, groups=10)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    samples = rng.exponential(size=(400, 300))
    held = [low < 1 < high for low, high in map(intervals.mean, samples)]
    assert 0.91 < np.mean(held) < 0.98

    def variance(rows):
        return float(rows.var())

    held = [
        low < 1 < high
        for low, high in (intervals.jackknife(variance, s, variance(s)) for s in rng.normal(size=(400, 300)))
    ]
    assert 0.90 < np.mean(held) < 0.99


def test_the_jackknife_of_a_mean_is_the_classic_error():
    values = np.random.default_rng(0).normal(size=40)
    low, high = intervals.jackknife(lambda rows: float(rows.mean()), values, float(values.mean()), groups=40)
    assert (high - low) / 2 == pytest.approx(intervals.Z * values.std(ddof=1) / np.sqrt(40))
