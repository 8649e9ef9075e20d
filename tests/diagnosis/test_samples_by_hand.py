"""Numbers of samples where a small error would not be seen elsewhere: centres, spreads, borders."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.diagnosis.signals import samples


class Dice:
    """Draws that are given."""

    def __init__(self, *draws: float) -> None:
        self.draws = list(draws)

    def integers(self, count: int) -> int:
        return 0

    def random(self) -> float:
        return self.draws.pop(0)


def centres(cloud: list[float], count: int, rounds: int, *draws: float, unit: float = 1.0) -> list[float]:
    """k-means of points on a line."""
    points = unit * np.array(cloud)[:, None]
    return (samples.k_means(points, count, Dice(*draws), rounds)[:, 0] / unit).tolist()  # pyright: ignore[reportArgumentType]


def test_how_far_a_point_is_from_the_nearest_centre_counts():
    # after 0 and 11, the squared distances of 0, 10 and 11 are 0, 1 and 0: the third centre is 10 whatever is drawn
    assert centres([0, 10, 11], 3, 0, 0.99, 0.1) == [0, 11, 10]
    assert centres([0, 10, 11], 3, 0, 0.99, 0.9) == [0, 11, 10]


@pytest.mark.parametrize("unit", [1.0, 1e-3])
def test_a_centre_goes_to_its_last_point_in_any_unit(unit: float):
    # centres 0 and 1 first; 1 and 10 make 5.5; then 1 is nearer to 0, and 10 is alone
    assert centres([0, 1, 10], 2, 3, 0.005, unit=unit) == pytest.approx([0.5, 10])


def test_spread_is_within_classes_of_two_items_or_more():
    rows = np.array([[0.0], [2], [10], [10], [5]])
    assert samples.spread(rows, np.array([0, 0, 1, 1, 2])) == pytest.approx(0.5)
    assert samples.spread(rows[4:], np.array([2])) == 0


def test_histograms_without_counts_have_nothing_in_common():
    nothing, something = np.zeros(2), np.array([1, 1])
    for one, other in ((nothing, something), (something, nothing), (nothing, nothing)):
        assert samples.overlap(one, other) == 0


def test_a_sample_on_a_border_is_inside():
    assert samples.precision_coverage(np.array([[1.0, 4.0]]), np.array([1.0, 3.0])) == (1, 0.5)


def test_transparency_is_no_colour():
    clear = np.concatenate([np.full((2, 5, 4, 3), 0.3), np.ones((2, 5, 4, 1))], axis=3)
    assert samples.colour(clear) == pytest.approx(0, abs=1e-9)


def test_one_item_repeats_nothing():
    assert samples.repeats(np.zeros((1, 2, 2))) == 0
