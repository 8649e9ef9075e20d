import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.metrics.measures.kid import kid, mmd2


def test_two_rows_by_hand():
    # one feature: k(x, y) = (xy + 1)^3. a: k(1, 2) = 27. b: k(0, 3) = 1. across: k = 1, 64, 1, 343, mean 102.25
    assert mmd2(np.array([[1.0], [2]]), np.array([[0.0], [3]])) == pytest.approx(27 + 1 - 2 * 102.25)


def test_equals_the_double_loop(rng):
    a, b = rng.normal(size=(7, 3)), rng.normal(size=(9, 3))

    def k(x, y):
        return (x @ y / 3 + 1) ** 3

    within_a = np.mean([k(a[i], a[j]) for i in range(7) for j in range(7) if i != j])
    within_b = np.mean([k(b[i], b[j]) for i in range(9) for j in range(9) if i != j])
    across = np.mean([k(x, y) for x in a for y in b])
    assert mmd2(a, b) == pytest.approx(within_a + within_b - 2 * across, rel=1e-12)


def test_unbiased_where_both_sides_have_one_law(rng):
    values = [mmd2(rng.normal(size=(20, 4)), rng.normal(size=(20, 4))) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 20
    assert min(values) < 0


def test_subsets_surround_the_whole_and_repeat(rng):
    a, b = rng.normal(size=(600, 8)), rng.normal(size=(500, 8)) + 0.3
    found = kid(a, b, subsets=40, size=100)
    assert found.value == pytest.approx(mmd2(a, b), abs=4 * found.spread / np.sqrt(5))
    assert found.spread > 0
    assert kid(a, b, subsets=40, size=100) == found
    low, high = found.interval(500)
    assert high - low == pytest.approx(2 * 1.96 * found.spread / np.sqrt(5))


def test_small_sets_are_taken_whole(rng):
    a, b = rng.normal(size=(50, 8)), rng.normal(size=(50, 8))
    found = kid(a, b)
    assert (found.value, found.subsets, found.size) == (mmd2(a, b), 1, 50)
    assert kid(a, b[:30]).size == 30


def test_a_single_row_is_refused():
    with pytest.raises(DataError, match="two or more rows"):
        mmd2(np.zeros((1, 3)), np.zeros((4, 3)))
