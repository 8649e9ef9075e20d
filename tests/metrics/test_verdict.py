"""Planted items, and what is said of them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.feature_networks import classifier
from gansmith.metrics.feature_networks.choice import FeatureSettings
from gansmith.metrics.figures import ClassShare, Evaluation, Figure
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import Reference, reference
from gansmith.metrics.verdict import RULES, is_missing, verdict


@pytest.fixture(scope="module")
def uneven(digits: RealItems) -> RealItems:
    """Digits 0, 1, 2, 3: nine in ten are ones, as 10 views of each; further views are never seen."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(digits.labels == label) for label in range(4)]
    rows = np.concatenate([np.repeat(own, 20) if label == 1 else own[:130] for label, own in enumerate(rows)])
    rows = rows[rng.permutation(len(rows))]
    items = np.clip(digits.items[rows] + rng.normal(0, 12, (len(rows), 8, 8, 1)), 0, 255).astype(np.uint8)
    return RealItems("uneven", "uneven", items, digits.labels[rows], tuple("0123"))


@pytest.fixture(scope="module")
def halves(digits: RealItems, feature_cache) -> tuple[RealItems, Reference]:
    """Every other digit as a set, with a test split that nobody trains on; the rest is for planted items."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(digits.items))
    train, test, rest = rows[:700], rows[700:1200], rows[1200:]
    real = RealItems(
        "half",
        "half",
        digits.items[train],
        digits.labels[train],
        digits.class_names,
        digits.items[test],
        digits.labels[test],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "UPDATES", 150)
        made = reference(real, feature_cache)
    return RealItems("rest", "rest", digits.items[rest], digits.labels[rest]), made


def planted(kind: str, fresh: RealItems, made: Reference) -> tuple[np.ndarray, np.ndarray | None]:
    rng = np.random.default_rng(1)
    items, labels = fresh.items, fresh.labels
    match kind:
        case "real":
            return items, labels
        case "constant":
            return np.repeat(items[:1], 500, axis=0), None
        case "one of each class":
            first = [np.flatnonzero(labels == label)[0] for label in range(10)]
            asked = np.arange(500) % 10
            return items[np.array(first)[asked]], asked
        case "half the classes":
            kept = labels >= 5
            return np.concatenate([items[kept]] * 2), None
        case "copies":
            return made.real.items[rng.integers(0, 700, 500)], None
        case "20 items":
            return items[:20], labels[:20]
        case "other labels":
            return items, rng.permutation(labels)
        case "blurred":
            soft = 0.88 * items + 0.12 * np.roll(items, 1, axis=2)
            return soft.astype(np.uint8), None
        case _:
            return rng.integers(0, 256, (500, 8, 8, 1), np.uint8), None


@pytest.mark.parametrize(
    ("kind", "state", "says"),
    [
        ("real", "as good as real", "As good as real, as far as 597 items can tell"),
        ("constant", "collapsed", "all items are the same"),
        ("one of each class", "collapsed", "the items of a class are all the same"),
        ("half the classes", "kinds missing", "Half or more of the kinds are missing: 5 of 10 classes"),
        ("copies", "copies", "100% of the items are copies"),
        ("20 items", "too few items", "Too few items to tell how good they are: 20"),
        ("other labels", "labels ignored", "The distances alone do not tell them"),
        ("blurred", "near real", "Not as good as real"),
        ("noise", "kinds missing", "Far from real"),
    ],
)
def test_planted_items_are_told(halves, kind, state, says):
    fresh, made = halves
    found = evaluate(*planted(kind, fresh, made), made)
    assert found.verdict is not None
    assert found.verdict.state == state, found.verdict.text
    assert says in found.verdict.text
    assert found.as_dict()["verdict"] == {"state": state, "text": found.verdict.text}


def test_grain_is_told(digits, tmp_path):
    large = RealItems("large", "large", np.kron(digits.items, np.ones((1, 4, 4, 1), np.uint8)))
    made, rng = reference(large, tmp_path, FeatureSettings("pixels")), np.random.default_rng(2)
    for deviation in (0, 8):
        items = np.clip(large.items[:500] + rng.normal(0, deviation, (500, 32, 32, 1)), 0, 255).astype(np.uint8)
        found = evaluate(items, None, made, metrics=["frechet", "grain"])
        assert (found.verdict.state == "grain") == (deviation > 0), found.verdict.text


def test_a_grid_is_told(tmp_path):
    """A grid of 1.5 grey levels on pictures that change slowly: nobody sees it at once, and enlarged everybody does."""
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 256, (700, 3, 3, 1))
    steps = np.linspace(0, 2, 32)
    slopes = np.maximum(0, 1 - np.abs(steps[:, None] - np.arange(3)))
    smooth = np.einsum("hi,nijc,wj->nhwc", slopes, corners, slopes)
    real = RealItems("smooth", "smooth", np.rint(smooth).astype(np.uint8))
    made = reference(real, tmp_path, FeatureSettings("pixels"))
    board = 1.5 * (-1.0) ** np.add.outer(np.arange(32), np.arange(32))[..., None]
    for height in (0, 1):
        items = np.clip(np.rint(smooth[:300] + height * board), 0, 255).astype(np.uint8)
        found = evaluate(items, None, made, metrics=["frechet", "grid"])
        assert (found.verdict.state == "grid") == bool(height), found.verdict.text


def test_missing_classes_are_named(halves):
    fresh, made = halves
    found = evaluate(*planted("half the classes", fresh, made), made)
    assert "(0, 1, 2, 3, 4)" in found.verdict.text


def test_every_rule_is_planted():
    told = {
        "real items alike",
        "as good as real",
        "collapsed",
        "kinds missing",
        "copies",
        "grain",
        "grid",
        "too few items",
        "labels ignored",
        "near real",
    }
    assert {state for state, _ in RULES} == {*told, "far from real"}  # said of the noise above


def test_figures_that_are_no_numbers_say_nothing(halves):
    fresh, made = halves
    found = evaluate(fresh.items, fresh.labels, made)
    for number in (math.nan, math.inf, -math.inf):
        broken = [dataclasses.replace(figure, value=number, interval=None) for figure in found.figures]
        assert verdict(dataclasses.replace(found, figures=tuple(broken))) is None
        broken = [dataclasses.replace(figure, floor=number) for figure in found.figures]
        assert verdict(dataclasses.replace(found, figures=tuple(broken))) is None
    assert verdict(dataclasses.replace(found, figures=(), classes=())) is None


def told(count: int, **figures: tuple[float, float]) -> str:
    """The state of a verdict on figures (value, floor) without intervals."""
    made = [Figure(key, key, *pair, None, count, None, None, "lower", "") for key, pair in figures.items()]
    found = verdict(Evaluation("any", count, "points", tuple(made), (), (), (), 0.0))
    return found.state if found else ""


def test_modes_may_be_left_out_by_chance_alone():
    assert told(5000, modes=(24, 25), good=(0.9, 0.9)) == "kinds missing"  # of 25 modes, 5,000 items leave out none
    assert told(20, modes=(14, 25), good=(0.9, 0.9)) == ""  # 20 items leave out eleven
    assert told(26_000, modes=(995, 998)) == ""  # a classifier errs
    assert told(26_000, modes=(900, 998)) == "kinds missing"


def test_a_distance_without_an_interval_is_as_real_at_its_floor():
    assert told(1000, fd=(1.0, 1.0)) == "as good as real"
    assert told(1000, fd=(1.2, 1.0)) == "near real"
    assert told(99, fd=(1.0, 1.0)) == "too few items"


def test_a_rare_class_may_be_absent_by_chance():
    # of 5 due, none is drawn with a chance of e^-5 = .0067; of 8, with .00034
    assert not is_missing(ClassShare("rare", 0, 0.0, 0.005, None), 1000)
    assert is_missing(ClassShare("rare", 0, 0.0, 0.008, None), 1000)
    assert not is_missing(ClassShare("half", 50, 0.05, 0.1, None), 1000)
    assert not is_missing(ClassShare("none", 0, 0.0, 0.0, None), 1000)


def test_a_perfect_generator_of_uneven_classes_is_as_good_as_real(uneven, feature_cache, digits, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 150)
    made = reference(uneven, feature_cache)
    rng = np.random.default_rng(5)

    def drawn(labels: np.ndarray) -> np.ndarray:
        """What a generator that has learned each class gives for these labels."""
        rows = np.array(
            [rng.choice(np.flatnonzero(digits.labels == label)[: None if label == 1 else 130]) for label in labels]
        )
        return np.clip(digits.items[rows] + rng.normal(0, 12, (len(rows), 8, 8, 1)), 0, 255).astype(np.uint8)

    shares = np.repeat(np.arange(4), np.round(1200 * made.class_counts / made.class_counts.sum()).astype(int))
    fair, even = (evaluate(drawn(labels), labels, made) for labels in (shares, np.arange(1200) % 4))
    assert fair["fd"].value < 2 * fair["fd"].floor
    assert fair["modes"].value == 4
    assert fair["class_kl"].value < 0.01
    assert not any("mixed in other shares" in note for note in fair.notes)
    assert even["fd"].value > 10 * even["fd"].floor  # other shares are another set
    assert even["modes"].value == 4  # but every class comes when it is asked for
    assert any("mixed in other shares than the data's (1: 25%" in note for note in even.notes)
    assert even["agreement"].value == pytest.approx(fair["agreement"].value, abs=0.05)


@pytest.mark.parametrize("kind", ["noise", "the same"])
def test_real_items_that_are_all_the_same_are_told_of(kind: str, feature_cache):
    """Blank pictures as data: there is no variety to divide by."""
    blank = RealItems("blank", "blank", np.full((300, 8, 8, 1), 7, np.uint8), None, ())
    made = reference(blank, feature_cache, FeatureSettings("pixels"))
    items = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), np.uint8) if kind == "noise" else blank.items
    found = evaluate(items, None, made)
    assert found.verdict is not None
    assert found.verdict.state == "real items alike"
    assert "Collapsed" not in found.verdict.text
