import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import modes

ANGLES = np.arange(8) * np.pi / 4
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def test_points_at_and_beyond_three_deviations():
    points = np.array([[1 + 0.0299, 0], [1 + 0.0301, 0], [0, 1], [np.nan, 0], [np.inf, 1]])
    found = modes.exact(points, RING, 0.01)
    assert (found.covered, found.total) == (2, 8)
    assert found.counts == [1, 0, 1, 0, 0, 0, 0, 0]
    assert found.good == pytest.approx(2 / 5)
    assert found.kl == pytest.approx(np.log(4))  # half in each of 2 modes of 8


def test_the_edge_is_good_and_one_point_is_all():
    centres = np.array([[0.0, 0], [50, 0]])
    found = modes.exact(np.array([[0.0, 3]]), centres, 1.0)
    assert (found.counts, found.good, found.kl) == ([1, 0], 1, pytest.approx(np.log(2)))
    assert modes.exact(np.zeros((0, 2)), centres, 1.0).good == 0
    assert modes.exact(centres, centres, 1.0, np.array([3, 1])).kl == pytest.approx(np.log(2 / 3) / 2 + np.log(2) / 2)


def test_due_is_what_was_asked_for_else_the_share_of_the_data():
    shares = np.array([1, 1, 2])
    assert modes.due(shares, 8).tolist() == [2, 2, 4]
    assert modes.due(shares, 8, np.array([0, 0, 1])).tolist() == [2, 1, 4]
    few = modes.of_classes(np.array([0, 0, 0, 1]), np.ones(2))
    assert few.covered == 2  # three tenths of two is less than one sample
    asked = modes.of_classes(np.array([0] * 9 + [1]), np.ones(2), asked=np.array([0] * 9 + [1]))
    assert asked.covered == 2  # of class 1 only one was asked for
    with np.errstate(divide="raise"):
        assert modes.kl(np.array([1, 1]), np.array([1, 0])) == np.inf


def test_the_data_itself_is_good_as_its_law_says():
    rng = np.random.default_rng(0)
    points = RING[np.arange(80_000) % 8] + 0.01 * rng.normal(size=(80_000, 2))
    found = modes.exact(points, RING, 0.01)
    assert found.covered == 8
    assert found.good == pytest.approx(1 - np.exp(-4.5), abs=0.001)  # Rayleigh's law in the plane
    assert found.kl < 1e-3


def test_nothing_good_is_infinitely_far():
    found = modes.exact(np.full((10, 2), 50.0), RING, 0.01)
    assert (found.covered, found.good, found.kl) == (0, 0.0, float("inf"))
    assert modes.exact(np.full((3, 2), np.nan), RING, 0.01).covered == 0


def test_points_of_another_space_are_refused():
    with pytest.raises(DataError, match="different spaces"):
        modes.exact(np.zeros((3, 3)), RING, 0.01)


def test_classes_by_hand():
    due = np.array([50, 50, 0, 100])
    found = modes.of_classes(np.array([0] * 60 + [1] * 5 + [3] * 35), due)
    # due of 100 samples: 25, 25, 0, 50; three tenths of that: 7.5, 7.5, -, 15
    assert (found.covered, found.total, found.good) == (2, 3, 1)
    share = np.array([0.6, 0.05, 0.35])
    assert found.kl == pytest.approx((share * np.log(share / [0.25, 0.25, 0.5])).sum())
    assert modes.of_classes(np.array([2]), due).kl == float("inf")


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8).filter(lambda counts: sum(counts) > 0))
def test_kl_is_never_negative_and_nothing_for_equal_shares(counts):
    array = np.array(counts)
    assert modes.kl(array, 3 * array) == pytest.approx(0, abs=1e-12)
    assert modes.kl(array, np.ones(len(array))) >= 0


def test_a_thousand_modes():
    rng = np.random.default_rng(0)
    found = modes.of_classes(rng.integers(0, 1000, 26_000), np.ones(1000), least=0.0)
    assert found.total == 1000
    assert found.covered == 1000
    assert found.kl == pytest.approx(999 / 52_000, rel=0.15)  # (K - 1) / 2 N: what 26,000 perfect samples show
    one = modes.of_classes(np.full(100, 123), np.ones(1000), least=0.0)
    assert (one.covered, one.counts[123], one.kl) == (1, 100, pytest.approx(np.log(1000)))
