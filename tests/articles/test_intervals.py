"""What a few seeds tell, by hand."""

from __future__ import annotations

import math
from operator import sub, truediv

import numpy as np
import pytest

from gansmith.articles.intervals import ANYTHING, between, seeds_needed


def test_three_seeds_each_give_the_whole_range():
    """One order of 20 has all of one side below: 5%."""
    found = between([1, 2, 3], [4, 5, 8], truediv)
    assert (found.low, found.high) == (1 / 8, 3 / 4)
    assert str(found) == "0.12 to 0.75"
    assert str(between([1, 2, 3], [4, 5, 8], sub)) == "−7.00 to −1.00"


def test_fewer_seeds_tell_nothing():
    assert between([1, 2], [3, 4, 5], sub) == ANYTHING
    assert between([], [1, 2, 3], sub) == ANYTHING
    assert str(ANYTHING) == "?"


def test_more_seeds_leave_out_the_ends():
    """Four each: of 70 orders 1, 1 and 2 have none, one and two pairs the wrong way round, so two at either end go
    (2 of 70 are below 5%, 4 of 70 are not)."""
    one, other = [0.0, 1.0, 2.0, 3.0], [0.0, 0.1, 0.2, 0.3]
    pairs = sorted(a - b for a in one for b in other)
    found = between(one, other, sub)
    assert (found.low, found.high) == (pairs[1], pairs[-2])


def test_intervals_are_right_as_often_as_they_say():
    """The true difference of two equal laws is 0: at most a tenth of the intervals miss it, and not far from it."""
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((2000, 2, 5))
    found = [between(one, other, sub) for one, other in drawn]
    missed = sum(not each.low <= 0 <= each.high for each in found) / len(found)
    assert 0.06 < missed < 0.1 + 3 * math.sqrt(0.1 * 0.9 / len(found))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ([20, 21, 22], "about 4 seeds"),
        ([10.9, 11.1, 11.3], "more than 50"),
        ([8, 14, 17], "about"),
        ([1, 2], "3 seeds"),
    ],
)
def test_seeds_that_would_decide(other: list[float], words: str):
    assert seeds_needed([9.8, 10, 10.2], other, 0.9).startswith(words)
