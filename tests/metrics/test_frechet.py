import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.ground.errors import DataError
from gansmith.metrics.measures.frechet import Gaussian, distance, frechet


def of_moments(mean: np.ndarray, covariance: np.ndarray) -> Gaussian:
    return Gaussian(mean, np.linalg.cholesky(covariance).T)


def test_two_gaussians_in_one_dimension_have_the_closed_form():
    # (mean difference)^2 + (std difference)^2
    a, b = (
        of_moments(np.array([1.0]), np.array([[4.0]])),
        of_moments(np.array([4.0]), np.array([[25.0]])),
    )
    assert distance(a, b) == pytest.approx(3**2 + (5 - 2) ** 2, rel=1e-12)


def test_commuting_covariances_have_the_closed_form(rng):
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    first, second = np.array([1.0, 2, 3, 4, 5]), np.array([9.0, 0.25, 3, 0.1, 7])
    a = of_moments(np.zeros(5), turn @ np.diag(first) @ turn.T)
    b = of_moments(np.full(5, 0.5), turn @ np.diag(second) @ turn.T)
    assert distance(a, b) == pytest.approx(5 * 0.25 + np.square(np.sqrt(first) - np.sqrt(second)).sum(), rel=1e-12)


def test_three_points_by_hand():
    # means 0 and 2; variances 1 and 4 (divided by N - 1): 4 + (2 - 1)^2
    assert frechet(np.array([[-1.0], [0], [1]]), np.array([[0.0], [2], [4]])) == pytest.approx(5.0)


def test_two_rows_are_enough():
    # means 0 and 3; variances 2 and 8 (divided by N - 1): 9 + (root 8 - root 2)^2
    assert frechet(np.array([[-1.0], [1]]), np.array([[1.0], [5]])) == pytest.approx(9 + 2)


@pytest.mark.parametrize("count", [40, 8])  # more and fewer rows than features
def test_identical_sets_are_at_no_distance(count, rng):
    a = rng.normal(size=(count, 16)) * np.logspace(-4, 4, 16)
    assert frechet(a, a.copy()) <= 1e-13 * np.square(a).sum()


def test_factors_from_features_and_from_moments_agree(rng):
    a, b = rng.normal(size=(200, 10)), rng.normal(size=(150, 10)) @ rng.normal(size=(10, 10)) + 1
    moments = [of_moments(x.mean(0), np.cov(x, rowvar=False)) for x in (a, b)]
    assert distance(*moments) == pytest.approx(frechet(a, b), rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.floats(0.1, 10))
def test_laws(seed, features, scale):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(20, features)), rng.normal(size=(30, features)) * scale + rng.normal(size=features)
    value = frechet(a, b)
    assert frechet(b, a) == pytest.approx(value, rel=1e-9)
    assert frechet(a * 3, b * 3) == pytest.approx(9 * value, rel=1e-9)
    turn, _ = np.linalg.qr(rng.normal(size=(features, features)))
    assert frechet(a @ turn + 5, b @ turn + 5) == pytest.approx(value, rel=1e-8)
    assert frechet(a, a + 2) == pytest.approx(4 * features, rel=1e-9)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(DataError, match="at least 2 rows"):
        frechet(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(DataError, match="at least 2 rows"):
        frechet(np.zeros(5), np.zeros(5))
    with pytest.raises(DataError, match="3 and of 4 numbers"):
        frechet(np.zeros((5, 3)), np.zeros((5, 4)))
