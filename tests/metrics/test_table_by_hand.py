"""Figures as a table, and the metrics of the table on items so few that their values are known by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.kinds import KINDS
from gansmith.metrics import intervals, table
from gansmith.metrics.figures import ClassDistance, Evaluation, Figure, ProbedFeatures
from gansmith.metrics.measures import memorisation
from gansmith.metrics.measures.frechet import Gaussian
from gansmith.metrics.reference import View
from gansmith.metrics.table import METRICS
from gansmith.parts import record as parts


@pytest.mark.parametrize(
    ("value", "floor", "noise", "relative"),
    [
        (3.0, 1.0, 5.0, 0.5),
        (1.0, 1.0, 5.0, 0.0),
        (0.5, 1.0, 2.0, -0.5),
        (3.0, None, 5.0, None),
        (3.0, 1.0, None, None),
        (3.0, 1.0, 1.0, None),
        (3.0, 1.0, 0.5, None),
    ],
)
def test_relative_is_the_way_from_real_to_noise(
    value: float, floor: float | None, noise: float | None, relative: float | None
):
    figure = Figure("fd", "FD", value, floor, noise, 9, None, None, "lower", "")
    assert figure.relative == relative
    assert Figure("fd", "FD", value, floor, noise, 9, None, None, "higher", "").relative is None


def test_figures_as_rows_of_text():
    figures = (
        Figure("fd", "FD", 3.0, 1.0, 5.0, 2000, (2.5, 3.5), None, "lower", "a distance"),
        Figure("kid", "KID", math.nan, None, None, 9, None, None, "lower", ""),
    )
    found = Evaluation("any", 9, "points", figures, (), (), (), 0.0)
    assert found.rows()[1:] == [
        ("FD", "3", "2.5 .. 3.5", "1", "5", "0.5", "2,000", "a distance"),
        ("KID", "nan", "", "", "", "", "9", ""),
    ]
    assert ("fd" in found, "swd" in found) == (True, False)
    assert found["kid"] is figures[1]
    told = found.as_dict()
    assert [each["relative"] for each in told["figures"]] == [0.5, None]
    assert (told["figures"][1]["value"], told["figures"][0]["interval"]) == (None, [2.5, 3.5])
    assert ClassDistance("cat", 1200, 300, 1.5, None).row() == ("cat", "1.5", "", "1,200", "300")


def test_probed_features_as_text():
    other = ProbedFeatures("pixels", "pixels", 0.5, (0.4, 0.6), 1024, 0.25, (0.125, 0.375), 100)
    assert other.row() == ("pixels", "1,024", "0.5000", "0.4000 .. 0.6000", "+0.2500", "+0.1250 .. +0.3750")
    own = ProbedFeatures("discriminator", "discriminator", 0.75, (0.7, 0.8), 64, 0.0, (0.0, 0.0), 100)
    assert own.row() == ("discriminator", "64", "0.7500", "0.7000 .. 0.8000", "", "")


def view(features: np.ndarray, items: np.ndarray | None = None, **others: Any) -> View:
    """Items with features; the items are the features where nothing else is said."""
    known = {"labels": None, "probabilities": None} | others
    return View(features if items is None else items, features=features, **known)


def compared(heldout: np.ndarray, training: int = 10**6, **others: Any) -> Any:
    """What the table reads of a reference."""
    return SimpleNamespace(
        heldout=view(heldout),
        training_rows=np.arange(training),
        gaussian=Gaussian.of(heldout),
        kernel=None,
        real=SimpleNamespace(kind=KINDS["vector"], stacked=False),
        **others,
    )


@pytest.mark.parametrize(
    ("count", "width", "known"), [(100, 1, True), (99, 1, False), (600, 512, True), (600, 513, False)]
)
def test_a_distance_has_an_interval_where_it_costs_little(count: int, width: int, known: bool, monkeypatch):
    rng = np.random.default_rng(0)
    reference = compared(rng.standard_normal((2, width)))
    calls: list[int] = []

    def jackknife(statistic: object, rows: np.ndarray, value: float) -> tuple[float, float]:
        calls.append(len(rows))
        return -1.0, 1.0

    monkeypatch.setattr(table.intervals, "jackknife", jackknife)
    monkeypatch.setattr(table, "distance", lambda *_: 0.5)
    monkeypatch.setattr(table.Gaussian, "of", lambda _: None)
    found = METRICS["frechet"].measure(view(np.zeros((count, width))), reference)["fd"]
    assert (found.interval, calls) == (((0.0, 1.0), [count]) if known else (None, []))
    assert (found.value, found.count) == (0.5, count)


def test_no_more_items_are_compared_than_the_data_can_answer(monkeypatch):
    few = compared(np.zeros((9, 1)), training=7)
    rng = np.random.default_rng(0)
    made = view(rng.standard_normal((20, 1)))
    assert METRICS["frechet"].measure(made, few)["fd"].count == 7
    assert METRICS["kid"].measure(made, few)["kid"].count == 7
    assert {each.count for each in METRICS["manifold"].measure(made, few).values()} == {7}
    assert METRICS["wasserstein"].measure(made, few)["swd"].count == 9
    many = compared(rng.standard_normal((14, 1)))
    for name, limit in (("KERNEL_MOST", 11), ("MANIFOLD_MOST", 12)):
        monkeypatch.setattr(table, name, limit)
    monkeypatch.setattr(table.wasserstein, "PICTURES", 13)
    counts = {name: METRICS[name].measure(made, many) for name in ("kid", "manifold", "wasserstein", "frechet")}
    assert {name: {each.count for each in found.values()} for name, found in counts.items()} == {
        "kid": {11},
        "manifold": {12},
        "wasserstein": {13},
        "frechet": {20},
    }


def test_the_most_that_are_compared():
    assert (table.MANIFOLD_MOST, table.KERNEL_MOST, table.JACKKNIFE_MOST) == (5000, 10_000, 512)


def test_confidence_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.05, 0.95], [0.5, 0.5], [0.2, 0.8]])
    found = METRICS["confidence"].measure(
        view(np.zeros((4, 1)), probabilities=probabilities), compared(np.zeros((4, 1)))
    )
    largest = np.array([0.9, 0.95, 0.5, 0.8])
    assert found["confidence"].value == pytest.approx(largest.mean())
    assert found["confidence"].interval == pytest.approx(intervals.mean(largest))
    assert found["confident"].value == 0.25  # .9 itself is not above it
    assert found["confident"].interval == pytest.approx(intervals.share(1, 4))


def test_agreement_by_hand():
    probabilities = np.eye(3)[[0, 0, 1, 1, 0, 0]]
    made = view(np.zeros((6, 1)), labels=np.array([0, 0, 1, 1, 1, 2]), probabilities=probabilities)
    found = METRICS["agreement"].measure(made, compared(np.zeros((4, 1)), classes=3))
    assert found["agreement"].value == pytest.approx((1 + 2 / 3 + 0) / 3)
    weight = 9 / (1 / 2 + 1 / 3 + 1)
    assert found["agreement"].interval == pytest.approx(intervals.share(weight * 5 / 9, weight))
    assert (found["agreement_worst"].value, found["agreement_worst"].count) == (0.0, 1)
    some = view(np.zeros((5, 1)), labels=np.array([0, 0, 1, 1, 1]), probabilities=np.eye(2)[[0, 0, 1, 1, 0]])
    found = METRICS["agreement"].measure(some, compared(np.zeros((4, 1)), classes=2))
    assert (found["agreement_worst"].value, found["agreement_worst"].count) == (pytest.approx(2 / 3), 3)


def test_classes_are_covered_by_three_tenths_of_what_is_due_and_of_stacked_digits_by_one():
    probabilities = np.eye(2)[[0] * 9 + [1]]
    made, real = view(np.zeros((10, 1)), probabilities=probabilities), compared(np.zeros((4, 1)))
    real.class_counts = np.array([50, 50])
    assert METRICS["classes"].measure(made, real)["modes"].value == 1  # one of five that are due
    real.real.stacked = True
    assert METRICS["classes"].measure(made, real)["modes"].value == 2


def test_the_shares_of_centres_are_the_data_s_where_each_is_a_class():
    centres = np.array([[0.0], [10.0]])
    made, real = view(np.array([[0.0], [0.0], [0.0], [10.0]])), compared(np.zeros((4, 1)))
    real.real.centres, real.real.std = centres, 1.0
    real.classes, real.class_counts = 2, np.array([75, 25])
    found = METRICS["modes"].measure(made, real)
    assert (found["modes"].value, found["good"].value, found["class_kl"].value) == (2, 1.0, pytest.approx(0))
    real.classes = 3  # the labels are something else
    even = METRICS["modes"].measure(made, real)["class_kl"].value
    assert even == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))


LINE = np.arange(60.0, dtype=np.float32)[:, None]


def test_copies_are_looked_for_among_all_that_was_shown(monkeypatch):
    """Unless it was done before, or the items are the held-out ones, which may be among them."""
    monkeypatch.setattr(table, "COPIES_LOOKED_AT", 3)
    known = memorisation.nearness(LINE[:5] + 0.25, LINE)
    reference = compared(LINE[:5] + 0.25)
    reference.heldout_nearness, reference.shown = known, LINE
    made = view(LINE[:2])
    found = METRICS["memorisation"].measure(made, reference)
    assert (found["copies"].value, found["nearest"].value, found["copies"].count) == (1.0, 0.0, 2)
    assert table.nearness_of(view(LINE[:9]), reference).distance.tolist() == [0, 0, 0]  # of so many items
    assert table.nearness_of(reference.heldout, reference) is known
    measured = view(LINE[:9], nearness=memorisation.nearness(LINE[:9] + 0.5, LINE))
    assert table.nearness_of(measured, reference) is measured.nearness
    found = METRICS["memorisation"].measure(measured, reference)
    assert (found["nearest"].value, found["nearest"].count) == (pytest.approx(2), 3)


def test_likeness_is_looked_for_in_the_features(monkeypatch):
    monkeypatch.setattr(table, "COPIES_LOOKED_AT", 3)
    reference = compared(LINE[:5] + 0.25)
    reference.shown_features = LINE
    reference.heldout_likeness = memorisation.nearness(LINE[:5] + 0.25, LINE)
    for made, rate, count in ((view(LINE[:2]), 1.0, 2), (view(LINE[:5] + 0.5), 0.0, 3)):
        found = METRICS["likeness"].measure(made, reference)["copies_moved"]
        assert (found.value, found.count) == (rate, count)
    own = memorisation.memorisation(reference.heldout_likeness, reference.heldout_likeness).copy_rate
    reference.shown_features = None  # of the held-out items it is known
    assert METRICS["likeness"].measure(reference.heldout, reference)["copies_moved"].value == own


def test_a_metric_of_the_users_is_measured_beside_the_others():
    def means(made: np.ndarray, real: np.ndarray) -> float:
        return float(made.mean() - real.mean()) + 100 * len(made)

    items, features = np.full((9, 1), 7.0), np.full((9, 1), 3.0)
    reference = compared(np.full((5, 1), 1.0), training=4)
    of_features = parts.Metric("mine", means, of="features", meaning="what I mean")
    of_items = parts.Metric("other", means, of="items")
    known = table.with_own([of_features, of_items])
    assert list(known)[-2:] == ["mine", "other"]
    assert not known["mine"].cached
    assert METRICS["frechet"].cached
    made = view(features, items)
    assert known["mine"].measure(made, reference)["mine"] == table.Number(402.0, 4)
    assert known["other"].measure(made, reference)["other"] == table.Number(406.0, 4)
    assert (known["mine"].figures["mine"].meaning, known["mine"].figures["mine"].of) == ("what I mean", "features")
    assert (known["other"].figures["other"].meaning, known["other"].figures["other"].of) == ("a metric of yours", "")
    for taken in ([parts.Metric("fd", means)], [of_items, of_items]):
        with pytest.raises(DataError, match="name of another figure"):
            table.with_own(taken)


@pytest.mark.parametrize(("sides", "measured"), [((3, 3), True), ((2, 9), False), ((9, 2), False)])
def test_grain_needs_three_pixels(sides: tuple[int, int], measured: bool):
    pictures = np.zeros((2, *sides, 1), np.uint8)
    assert bool(METRICS["grain"].measure(view(np.zeros((2, 1)), pictures), compared(np.zeros((4, 1))))) == measured
