"""The linear probe, step by step: how features are scaled, what is set aside, and which strength is taken."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.ground import streams
from gansmith.metrics import linear_probe as measure

ASIDE = 1000  # items


class Scripted:
    """A model that is right about a scripted share of the items after each fit."""

    def __init__(self, *shares: float) -> None:
        self.shares, self.strengths = list(shares), list[float]()

    def set_params(self, **settings: float) -> Scripted:
        self.strengths.append(settings["C"])
        return self

    def fit(self, rows: np.ndarray, labels: np.ndarray) -> Scripted:
        return self

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return (np.arange(len(rows)) >= round(self.shares[len(self.strengths) - 1] * len(rows))).astype(np.int64)


@pytest.mark.parametrize(
    ("shares", "chosen", "tried"),
    [
        ((0.5, 0.6, 0.7, 0.7, 0.6, 0.9), 1e-3, 5),  # the stronger of two; what falls clearly ends the search
        ((0.7, 0.695, 0.8, 0.8, 0.8, 0.8), 1e-3, 6),  # a small fall does not
        ((0.5, 0.49, 0.9, 0.9, 0.9, 0.9), 1e-3, 6),  # nor one of just CLEARLY
        ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 1.0, 6),
        ((0.5, 0.485, 0.9, 0.9, 0.9, 0.9), 1e-5, 2),  # a little more does
        ((0.9, 0.1, 1.0, 1.0, 1.0, 1.0), 1e-5, 2),
    ],
)
def test_the_strength_that_serves_best(
    shares: tuple[float, ...], chosen: float, tried: int, monkeypatch: pytest.MonkeyPatch
):
    model = Scripted(*shares)
    monkeypatch.setattr(measure, "_model", lambda: model)
    rows, labels = np.zeros((ASIDE, 1), np.float32), np.zeros(ASIDE, np.int64)
    assert measure._strength(rows, labels, np.arange(3), np.arange(ASIDE)) == chosen
    assert model.strengths == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0][:tried]


def test_scikit_learn_s_settings():
    found = measure._model().get_params()
    assert (found["max_iter"], found["tol"], found["warm_start"]) == (200, 1e-3, True)


def kept(labels: list[int], monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """The items that are fitted on, and those set aside, while a strength is chosen."""
    seen: list[np.ndarray] = []

    def strength(train: np.ndarray, labels: np.ndarray, fitted: np.ndarray, aside: np.ndarray) -> float:
        seen.extend((fitted, aside))
        return 1.0

    monkeypatch.setattr(measure, "_strength", strength)
    rows = np.arange(len(labels), dtype=np.float32)[:, None]
    measure.linear_probe(rows, np.array(labels), rows, np.array(labels))
    return seen[0].tolist(), seen[1].tolist()


@pytest.mark.parametrize(("count", "aside"), [(10, 2), (14, 2), (15, 3), (4, 1), (3, 1)])
def test_a_fifth_is_set_aside(count: int, aside: int, monkeypatch: pytest.MonkeyPatch):
    order = np.random.Generator(np.random.Philox(key=streams.key(0, "features"), counter=[0, 0, 11, 0])).permutation(
        count
    )
    rest = order[aside:].tolist()
    labels = [0] * count
    labels[rest[0]] = 1  # so that what is fitted on has two classes
    labels[order[0]] = 2
    assert kept(labels, monkeypatch) == (rest, order[:aside].tolist())


def test_where_what_is_left_is_of_one_class_all_are_fitted_on(monkeypatch: pytest.MonkeyPatch):
    order = np.random.Generator(np.random.Philox(key=streams.key(0, "features"), counter=[0, 0, 11, 0])).permutation(5)
    labels = [0] * 5
    labels[order[0]] = 1
    assert kept(labels, monkeypatch) == (order.tolist(), order[:1].tolist())


def test_what_hardly_varies_is_not_blown_up():
    train = np.array([[4.0, 7.01, 5], [2.0, 6.99, 5]], np.float32)  # deviations 1, .01, 0
    test = np.array([[5.0, 7.5, 6]], np.float32)
    least = 0.1 * np.sqrt((1 + 0.01**2) / 3)
    ours, theirs = measure._scaled(train, test)
    np.testing.assert_allclose(ours, [[1, 0.01 / least, 0], [-1, -0.01 / least, 0]], rtol=1e-4)
    np.testing.assert_allclose(theirs, [[2, 0.5 / least, 1 / least]], rtol=1e-4)
    assert ours.dtype == np.float32


def test_features_that_do_not_vary_at_all_are_in_their_own_units():
    ours, theirs = measure._scaled(np.full((3, 2), 5, np.float32), np.array([[7, 5]], np.float32))
    np.testing.assert_array_equal(ours, np.zeros((3, 2)))
    np.testing.assert_array_equal(theirs, [[2, 0]])
