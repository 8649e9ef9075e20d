"""Which class samples are of, and how many: values by hand, and what is found again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gansmith.diagnosis.signals import classes
from gansmith.diagnosis.signals.classes import Classes
from gansmith.ground import streams


def told(confusion: list[list[float]], shares: list[float]) -> Classes:
    """Classes of which only the confusion and the shares matter."""
    empty = np.zeros((0, 1), np.float32)
    return Classes(
        empty, 1.0, empty, np.array(shares), np.array(confusion), np.ones(len(shares)), np.ones(len(shares), bool)
    )


def cloud(counts: list[int], apart: float = 6.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 3) around a corner for each class, and their labels, in random order."""
    rng = streams.generator(seed, "diagnosis")
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    corners = apart * np.eye(3)[np.arange(len(counts)) % 3] * (1 + np.arange(len(counts)) // 3)[:, None]
    return (corners[labels] + rng.standard_normal((len(labels), 3))).astype(np.float32), labels


def test_shares_are_those_under_which_the_counts_are_likeliest():
    blurry = told([[0.8, 0.2], [0.1, 0.9]], [0.5, 0.5])
    # 300 of class 0 and 700 of class 1 are taken 300 x .8 + 700 x .1 = 310 times for class 0
    np.testing.assert_allclose(blurry.estimate(np.array([310, 690])), [0.3, 0.7], atol=0.01)
    np.testing.assert_allclose(blurry.estimate(np.array([100, 900])), [0, 1], atol=0.06)  # all that confusion explains
    np.testing.assert_allclose(blurry.estimate(np.array([310, 690]), 0, 0.6), [0.6, 0.4])


@pytest.mark.parametrize(("fixed", "share"), [(0, 0.2), (2, 0.4), (-1, 0.0)])
def test_shares_agree_with_all_that_could_be_tried(fixed: int, share: float):
    confusion = np.array([[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])
    votes = np.array([30, 50, 20])
    grid = np.arange(101) / 100
    tried = np.array([(one, two, 1 - one - two) for one in grid for two in grid if one + two <= 1 + 1e-9])
    if fixed >= 0:
        tried = tried[np.abs(tried[:, fixed] - share) < 1e-6]
    likely = (votes * np.log(np.maximum(tried @ confusion, 1e-12))).sum(1)
    found = told(confusion.tolist(), [1 / 3] * 3).estimate(votes, fixed, share)
    np.testing.assert_allclose(found, tried[likely.argmax()], atol=0.02)


def test_one_sample_is_of_the_class_that_it_is_taken_for():
    np.testing.assert_allclose(told([[1, 0], [0, 1]], [0.5, 0.5]).estimate(np.array([1, 0])), [1, 0], atol=1e-9)


def test_a_lack_is_a_likelihood_ratio():
    sharp = told([[1, 0], [0, 1]], [0.5, 0.5])
    taken = np.repeat([0, 1], [10, 90])
    counts, due, sure = sharp.counts(taken, None)
    np.testing.assert_allclose(counts, [10, 90], atol=0.1)
    assert due.tolist() == [50, 50]
    by_hand = math.sqrt(2 * (25 - 10 + 10 * math.log(10 / 25)))  # of Poisson's law: 10 where half of 50 would be 25
    assert sure.tolist() == [pytest.approx(by_hand, abs=0.01), 0]
    found, surely = sharp._lack(0, np.array([10, 90]), 50.0)  # the same of a hundred samples, whose number is known
    gain = 10 * math.log(0.1 / 0.25) + 90 * math.log(0.9 / 0.75)
    assert (found, surely) == (pytest.approx(10, abs=0.1), pytest.approx(math.sqrt(2 * gain), abs=0.01))
    assert sharp.counts(np.repeat([0, 1], [26, 74]), None)[2].tolist() == [0, 0]  # half of what is due, and no less


def test_confusion_is_no_class():
    """Three in ten coats are taken for shirts: so many among coats alone are no shirts. But nobody can be sure of that."""
    blurry = told([[0.7, 0.3, 0], [0.3, 0.7, 0], [0, 0, 1]], [1 / 3] * 3)
    counts, _, sure = blurry.counts(np.repeat([0, 1, 2], [105, 45, 75]), None)
    assert counts[1] < 5
    assert sure.tolist() == [0, 0, 0]
    assert blurry.counts(np.repeat([0, 1, 2], [140, 10, 75]), None)[2][1] > 2.5  # fewer than coats alone would give


def test_few_samples_are_not_sure():
    sharp = told(np.eye(10).tolist(), [0.1] * 10)
    assert sharp.counts(np.arange(1, 10).repeat(2), None)[2][0] < 1.5  # none of two
    assert sharp.counts(np.arange(1, 10).repeat(28), None)[2][0] > 4.5


def test_labels_that_are_ignored_are_no_lack_of_classes():
    sharp = told(np.eye(4).tolist(), [0.25] * 4)
    labels = np.repeat(np.arange(4), 20)
    assert sharp.counts((labels + 1) % 4, labels)[2].tolist() == [0] * 4
    dropped = np.where(labels == 2, 3, labels)  # another class answers for class 2
    counts, due, sure = sharp.counts(dropped, labels)
    assert due.tolist() == [20] * 4
    assert counts[2] < 0.5 < 19 < counts[0]
    assert counts[3] == pytest.approx(40, abs=0.1)
    strays = np.where(np.arange(80) < 5, 2, dropped)  # of those that were asked to be of class 0
    assert sharp.counts(strays, labels)[0][2] < 0.1
    assert sure[2] > 4
    assert sure[[0, 1, 3]].tolist() == [0] * 3


def test_real_items_are_told_apart_and_their_confusion_is_that_of_unseen_ones():
    near = cloud([400, 400, 400], apart=2.0)
    known = Classes.of(near[0], near[0], near[1], 3)
    unseen, labels = cloud([400, 400, 400], apart=2.0, seed=1)
    taken = known.class_of(unseen)
    shares = np.array([[(taken[labels == row] == column).mean() for column in range(3)] for row in range(3)])
    np.testing.assert_allclose(known.confusion, shares, atol=0.06)
    np.testing.assert_allclose(known.confusion.sum(1), 1)
    np.testing.assert_allclose(known.spreads, 1, atol=0.1)


def test_a_rare_class_is_known_as_well_as_the_others():
    points, labels = cloud([90, 1])
    assert np.isnan(Classes.of(points, points, labels, 2).spreads).tolist() == [False, True]  # one item has no spread
    points, labels = cloud([900, 30, 2])
    known = Classes.of(points, points, labels, 4)
    assert known.shares.tolist() == pytest.approx([900 / 932, 30 / 932, 2 / 932, 0])
    assert known.confusion[1, 1] > 0.9
    assert known.confusion[3].tolist() == [0, 0, 0, 1]  # nothing is known of a class without items
    assert np.isnan(known.spreads[3])


def test_a_class_of_which_nothing_is_known_is_not_missed():
    """Of 10,000 items that are looked at, none may be of a rare class: samples of it are taken for others."""
    points, labels = cloud([500, 500, 0])
    known = Classes.of(points, points, labels, 3)
    asked = np.arange(300) % 3
    taken = np.where(asked == 2, 0, asked)
    counts, due, sure = known.counts(taken, asked)
    assert due.tolist() == [100, 100, 0]
    assert sure.tolist() == [0, 0, 0]
    assert counts[2] < 1


def test_no_votes_are_the_surest_lack():
    sharp = told([[1, 0], [0, 1]], [0.5, 0.5])
    assert sharp._lack_of_votes(0, np.array([0, 100]), 50.0) == pytest.approx(math.sqrt(2 * 25))
    assert sharp._lack_of_votes(0, np.array([30, 70]), 50.0) == 0


def test_who_has_half_of_the_due_lacks_nothing():
    sharp = told([[1, 0], [0, 1]], [0.5, 0.5])
    assert sharp._lack(0, np.array([30, 70]), 50.0) == (pytest.approx(30), 0)
    found, surely = sharp._lack(0, np.array([24, 76]), 50.0)  # hardly less than half
    assert found == pytest.approx(24)
    assert surely == pytest.approx(math.sqrt(2 * (24 * math.log(24 / 25) + 76 * math.log(76 / 75))))


def test_items_are_known_as_evenly_as_they_are_there(monkeypatch: pytest.MonkeyPatch):
    points, labels = np.arange(12, dtype=np.float32)[:, None], np.array([0, 0, 1, 1, 1, 2, 0, 1, 2, 2, 2, 2])
    monkeypatch.setattr("gansmith.diagnosis.signals.classes.KNOWN", 7)
    known = Classes.of(points, points, labels, 3)
    assert known.points[:, 0].tolist() == [0, 1, 2, 3, 5, 8]  # two of each, the first
    np.testing.assert_allclose(known.shares, [3 / 12, 4 / 12, 5 / 12])
    np.testing.assert_allclose(known.confusion.sum(1), 1)
    assert known.known.tolist() == [False, False, True]
    np.testing.assert_allclose(known.spreads, [0.5, 0.5, 1.5])
    monkeypatch.undo()
    whole = Classes.of(points, points, labels, 3)
    assert len(whole.points) == 12
    np.testing.assert_allclose(whole.confusion.sum(1), 1)


def test_a_class_of_one_item_has_no_spread():
    points = np.array([[0.0], [1], [5]], np.float32)
    spreads = Classes.of(points, points, np.array([0, 0, 1]), 2).spreads
    assert spreads[0] == 0.5
    assert np.isnan(spreads[1])


def test_a_kernel_by_hand():
    points = np.array([[0.0], [2]], np.float32)
    known = Classes.of(points, points, np.array([0, 1]), 2)
    assert known.width == 2  # the median of 0, 4, 4, 0
    kernel = np.array([[1.1, np.exp(-2)], [np.exp(-2), 1.1]])  # a tenth is added to the diagonal
    np.testing.assert_allclose(known.weights, np.linalg.inv(kernel), rtol=1e-5)


def test_limits_of_what_is_known():
    assert (classes.KNOWN, classes.CLASSES_MOST, classes.KNOWN_LEAST, classes.HALF) == (1500, 100, 5, 0.5)
