import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import kid as module
from gansmith.metrics.measures.kid import kid, within


def test_two_rows_by_hand():
    # one feature: k(x, y) = (xy + 1)^3. a: k(1, 2) = 27. b: k(0, 3) = 1. across: k = 1, 64, 1, 343, mean 102.25
    found = kid(np.array([[1.0], [2]]), np.array([[0.0], [3]]))
    assert found.value == pytest.approx(27 + 1 - 2 * 102.25)
    assert (found.error, found.interval) == (None, None)


@pytest.mark.parametrize("block", [1024, 4])
def test_equals_the_double_loop(rng, monkeypatch, block):
    monkeypatch.setattr(module, "BLOCK", block)
    a, b = rng.normal(size=(7, 3)), rng.normal(size=(9, 3))

    def k(x, y):
        return (x @ y / 3 + 1) ** 3

    within_a = np.mean([k(a[i], a[j]) for i in range(7) for j in range(7) if i != j])
    within_b = np.mean([k(b[i], b[j]) for i in range(9) for j in range(9) if i != j])
    across = np.mean([k(x, y) for x in a for y in b])
    assert kid(a, b).value == pytest.approx(within_a + within_b - 2 * across, rel=1e-12)
    assert within(b) == pytest.approx(within_b, rel=1e-12)
    assert kid(a, b, within(b)) == kid(a, b)


@pytest.mark.parametrize("count", [3, 30])
def test_the_error_is_that_of_leaving_out_each_item(rng, count):
    a, b = rng.normal(size=(count, 4)), rng.normal(size=(40, 4)) + 0.2
    without = np.array([kid(np.delete(a, row, axis=0), b).value for row in range(count)])
    assert kid(a, b).error == pytest.approx(
        np.sqrt((count - 1) / count * np.square(without - without.mean()).sum()), rel=1e-9
    )


def test_the_interval_is_1_96_errors_to_both_sides():
    assert module.KernelDistance(3.0, 0.5).interval == pytest.approx((3 - 0.979982, 3 + 0.979982))


def test_unbiased_where_both_sides_have_one_law(rng):
    values = [kid(rng.normal(size=(20, 4)), rng.normal(size=(20, 4))).value for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 20
    assert min(values) < 0


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
def test_the_interval_holds_the_truth_as_often_as_it_says(shift):
    rng = np.random.default_rng(3)
    real = rng.normal(size=(300, 8))
    truth = kid(rng.normal(size=(8000, 8)) + shift, real, within(real)).value
    intervals = [kid(rng.normal(size=(150, 8)) + shift, real).interval for _ in range(400)]
    held = np.mean([each is not None and each[0] < truth < each[1] for each in intervals])
    assert 0.92 < held < 0.98  # chance alone spreads by .011


def test_a_single_row_is_refused():
    with pytest.raises(DataError, match="two or more rows"):
        kid(np.zeros((1, 3)), np.zeros((4, 3)))
