"""Verdicts just within and just beyond the borders of each rule, on figures that are made up."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from gansmith.metrics import verdict as rules
from gansmith.metrics.figures import ClassShare, Evaluation, Figure
from gansmith.metrics.intervals import Interval
from gansmith.metrics.verdict import is_missing, verdict


def figure(
    value: float,
    floor: float | None,
    *,
    interval: Interval | None = None,
    noise: float | None = None,
    count: int = 1000,
) -> Figure:
    """A figure without a key, which `found` gives it."""
    return Figure("", "", value, floor, noise, count, interval, None, "lower", "")


def found(classes: tuple[ClassShare, ...] = (), count: int = 1000, **figures: Figure) -> Evaluation:
    """What was measured, by its keys."""
    named = (Figure(**{**vars(each), "key": key, "name": key.upper()}) for key, each in figures.items())
    return Evaluation("any", count, "points", tuple(named), classes, (), (), 0.0)


def state(of: Evaluation) -> str:
    """The state of a verdict; "" where there is none."""
    said = verdict(of)
    return said.state if said else ""


@pytest.mark.parametrize(("floor", "told"), [(0.0, True), (1e-9, False), (0.5, False)])
def test_real_items_without_any_difference_are_alike(floor: float, told: bool):
    assert bool(rules.real_ones_alike(found(diversity=figure(0.3, floor)))) == told


@pytest.mark.parametrize("key", ["diversity", "sensitivity"])
@pytest.mark.parametrize("floor", [0.5, 2.0])
@pytest.mark.parametrize(("share", "told"), [(0.05, True), (0.051, False)])
def test_collapsed_is_a_twentieth_of_the_real_differences(key: str, floor: float, share: float, told: bool):
    said = rules.collapsed(found(**{key: figure(share * floor, floor)}))
    assert said.startswith("Collapsed") == told
    assert ("all items are the same" in said) == (told and key == "diversity")
    assert rules.collapsed(found(**{key: figure(0.0, 0.0)})) == ""  # so are the real ones


@pytest.mark.parametrize(
    ("diversity", "sensitivity", "told"), [(0.5, 0.5, True), (0.51, 0.3, False), (0.3, 0.51, False), (0.9, 0.2, False)]
)
def test_much_less_varied_is_half_of_both_figures(diversity: float, sensitivity: float, told: bool):
    both = {"diversity": figure(diversity * 2, 2.0), "sensitivity": figure(sensitivity * 4, 4.0)}
    said = rules.collapsed(found(**both))
    assert said.startswith("The items are much less varied") == told
    for key, one in both.items():
        assert rules.collapsed(found(**{key: one})) == ""


@pytest.mark.parametrize("key", ["copies", "copies_moved"])
@pytest.mark.parametrize(
    ("least", "floor", "told"),
    [(0.05, 0.01, False), (0.051, 0.01, True), (0.04, 0.001, False), (0.0937, 1 / 32, False), (0.0938, 1 / 32, True)],
)
def test_copies_are_surely_more_than_a_twentieth_and_thrice_the_real_ones(
    key: str, least: float, floor: float, told: bool
):
    said = rules.copied(found(**{key: figure(0.5, floor, interval=(least, 0.9))}))
    assert said.startswith("About 50% of the items are copies") == told
    assert ("moved" in said) == (told and key == "copies_moved")
    assert rules.copied(found(**{key: figure(0.5, floor)})) == ""  # without an interval nothing is sure


def lost(missing: int, total: int) -> Evaluation:
    """Classes of which the first get nothing, and one that is not due."""
    classes = [ClassShare(f"c{label}", 500 * (label >= missing), 0.0, 1 / total, None) for label in range(total)]
    return found((*classes, ClassShare("never due", 0, 0.0, 0.0, None)), 500 * total)


@pytest.mark.parametrize(
    ("missing", "total", "says", "ends"),
    [
        (0, 4, "", ""),
        (1, 3, "Kinds are missing: 1 of 3 classes", "(c0)."),
        (2, 4, "Half or more of the kinds are missing: 2 of 4 classes", "(c0, c1)."),
        (10, 21, "Kinds are missing: 10 of 21 classes", "c8, c9)."),
        (11, 22, "Half or more of the kinds are missing: 11 of 22 classes", "c8, c9 and 1 more)."),
        (12, 30, "Kinds are missing: 12 of 30 classes", "c8, c9 and 2 more)."),
    ],
)
def test_missing_classes_are_counted_and_the_first_ten_named(missing: int, total: int, says: str, ends: str):
    said = rules.missing(lost(missing, total))
    assert said.startswith(says)
    assert said.endswith(ends)
    assert bool(said) == bool(missing)


@pytest.mark.parametrize(
    ("count", "due", "missing"),
    [
        (30, 100, False),
        (29, 100, True),
        (0, 6.5, False),  # e^-6.5 = .0015
        (0, 7, True),  # e^-7 = .0009
        (1, 10, True),  # (1 + 10) e^-10 = .0005
        (2, 10, False),  # (1 + 10 + 50) e^-10 = .0028
        (1, 9, False),  # (1 + 9) e^-9 = .0012
        (3, 14, True),  # (1 + 14 + 98 + 457) e^-14 = .0005
    ],
)
def test_a_missing_class_is_no_chance_by_the_poisson_law(count: int, due: float, missing: bool):
    assert is_missing(ClassShare("any", count, 0.0, due / 1000, None), 1000) == missing


@pytest.mark.parametrize(
    ("count", "modes", "floor", "exact", "told"),
    [
        (5000, 24, 25, True, True),
        (5000, 25, 25, True, False),
        (20, 4, 25, True, False),  # 25 e^-.8 = 11.2 are left out, and three times the root of that
        (20, 3, 25, True, True),
        (4, 0, 1, True, True),  # e^-4 = .018, and three times its root: .42
        (26_000, 988, 998, False, True),
        (26_000, 989, 998, False, False),  # a hundredth is the classifier's
        (26_000, 989, 998, True, True),
    ],
)
def test_modes_are_missing_beyond_three_deviations_of_chance(
    count: int, modes: float, floor: float, exact: bool, told: bool
):
    figures = {"modes": figure(modes, floor, count=count)} | ({"good": figure(0.9, 0.9)} if exact else {})
    assert bool(rules.missing(found(count=count, **figures))) == told


UNREACHED = {"coverage": figure(0.3, 0.5, interval=(0.2, 0.39)), "precision": figure(0.4, 0.5)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"coverage": figure(0.3, 0.5, interval=(0.2, 0.4))}, False),
        ({"coverage": figure(0.3, 0.5)}, False),
        ({"precision": figure(0.39, 0.5)}, False),
        ({"precision": figure(0.4, None)}, False),
        ({"coverage": figure(0.3, None, interval=(0.2, 0.39))}, False),
        ({"modes": figure(25, 25)}, False),  # modes are known to be there
    ],
)
def test_real_items_without_a_like_are_missing_kinds(changes: dict[str, Figure], told: bool):
    said = rules.missing(found(**(UNREACHED | changes)))
    assert bool(said) == told
    assert ("about 40% of the real items" in said) == told
    assert rules.missing(found((ClassShare("all", 1000, 1.0, 1.0, None),), **(UNREACHED | changes))) == ""


@pytest.mark.parametrize(
    ("rule", "figures", "told"),
    [
        (rules.grainy, {"grain": figure(4.5, 2.0)}, False),
        (rules.grainy, {"grain": figure(4.51, 2.0)}, True),
        (rules.gridded, {"checks": figure(15.0, 0.5), "checks_out": figure(6.1, 2.0)}, False),
        (rules.gridded, {"checks": figure(15.1, 0.5), "checks_out": figure(6.1, 2.0)}, True),
        (rules.gridded, {"checks": figure(30.0, 2.0), "checks_out": figure(6.1, 2.0)}, False),
        (rules.gridded, {"checks": figure(30.1, 2.0), "checks_out": figure(6.1, 2.0)}, True),
        (rules.gridded, {"checks": figure(30.1, 2.0), "checks_out": figure(6.0, 2.0)}, False),
        (rules.gridded, {"checks": figure(30.1, 2.0)}, False),
        (rules.gridded, {"checks_out": figure(6.1, 2.0)}, False),
        (rules.labels_ignored, {"agreement": figure(0.3, 0.8, interval=(0.2, 0.4))}, False),
        (rules.labels_ignored, {"agreement": figure(0.3, 0.8, interval=(0.2, 0.39))}, True),
        (rules.labels_ignored, {"agreement": figure(0.3, 0.8)}, False),
        (rules.too_few, {"fd": figure(1.0, 1.0, count=99), "kid": figure(1.0, 1.0)}, True),
        (rules.too_few, {"fd": figure(1.0, 1.0, count=100), "kid": figure(1.0, 1.0)}, False),
        (rules.too_few, {"kid": figure(1.0, 1.0, count=99)}, True),
    ],
)
def test_each_rule_speaks_beyond_its_border(rule: Callable[[Evaluation], str], figures: dict[str, Figure], told: bool):
    assert bool(rule(found(**figures))) == told
    assert rule(found()) == ""


@pytest.mark.parametrize(
    ("fd", "kid", "as_real"),
    [
        (figure(3.8, 1.0, interval=(0.0, 5.8)), None, True),  # 2.8 above, and root 2 times 2 is 2.83
        (figure(3.9, 1.0, interval=(0.0, 5.9)), None, False),
        (figure(1.0, 1.0, interval=(1.0, 1.0)), None, True),
        (figure(1.0, 1.0), None, True),
        (figure(1.01, 1.0), None, False),
        (figure(1.0, 1.0, interval=(0.9, 1.1)), figure(9.0, 1.0, interval=(8.9, 9.1)), False),
        (figure(9.0, 1.0, interval=(8.9, 9.1)), figure(1.0, 1.0, interval=(0.9, 1.1)), False),
        (figure(9.0, 1.0), figure(1.0, 1.0, interval=(0.9, 1.1)), True),  # the one with an interval decides
    ],
)
def test_as_good_as_real_is_what_chance_explains(fd: Figure, kid: Figure | None, as_real: bool):
    measured = found(fd=fd, **({} if kid is None else {"kid": kid}))
    assert state(measured) == ("as good as real" if as_real else "near real")
    few = found(fd=figure(1.0, 1.0, count=99))
    assert (rules.as_real(few), rules.far(few), rules.near(few), state(few)) == ("", "", "", "too few items")


@pytest.mark.parametrize(
    ("fd", "precision", "far"),
    [
        (figure(2.0, 1.0, noise=11.0), None, True),  # a tenth of the way
        (figure(1.9, 1.0, noise=11.0), None, False),
        (figure(2.0, 1.0), None, False),  # the way is not known
        (figure(1.9, 1.0, noise=11.0), figure(0.24, 0.5), True),
        (figure(1.9, 1.0, noise=11.0), figure(0.25, 0.5), False),
        (figure(2.0, 1.0, noise=11.0), figure(0.5, 0.5), True),
        (figure(2.0, 1.0), figure(0.24, 0.5), True),
    ],
)
def test_far_from_real_is_a_tenth_of_the_way_or_half_of_the_precision(fd: Figure, precision: Figure | None, far: bool):
    measured = found(fd=fd, **({} if precision is None else {"precision": precision}))
    assert state(measured) == ("far from real" if far else "near real")


def test_what_follows_from_a_collapse_is_not_said_but_for_the_distance():
    ignored = figure(0.1, 0.9, interval=(0.05, 0.2))
    said = verdict(
        found(
            diversity=figure(0.0, 1.0), fd=figure(9.0, 1.0), agreement=ignored, grain=figure(9.0, 0.0),
            copies=figure(0.9, 0.01, interval=(0.8, 1.0)),
        )
    )  # fmt: skip
    assert said is not None
    assert said.state == "collapsed"
    assert said.text.startswith("Collapsed: all items are the same")
    assert said.text.endswith("Not as good as real: FD is 9, and 1 of as many real items.")
    assert not any(words in said.text for words in ("Labels", "grain", "copies"))
    said = verdict(found(diversity=figure(0.0, 1.0), fd=figure(9.0, 1.0)))
    assert said is not None
    assert "Collapsed" in said.text
    assert said.text.endswith("Not as good as real: FD is 9, and 1 of as many real items.")


def test_the_most_serious_comes_first_and_all_is_said():
    fault = {"grain": figure(9.0, 0.0), "agreement": figure(0.1, 0.9, interval=(0.05, 0.2))}
    said = verdict(found(**fault, fd=figure(9.0, 1.0)))
    assert said is not None
    assert said.state == "grain"
    places = [said.text.index(words) for words in ("There is grain", "Labels are hardly followed", "Not as good as")]
    assert places == sorted(places)
    for some in (fault, {"grain": fault["grain"]}):
        good = verdict(found(**some, fd=figure(1.0, 1.0)))
        assert good is not None
        assert good.state == "grain"
        assert good.text.startswith("There is grain")
        assert good.text.endswith("The distances alone do not tell them from real ones.")
        assert "As good as real" not in good.text
        assert ("Labels" in good.text) == (len(some) > 1)
    alone = verdict(found(fd=figure(1.0, 1.0)))
    assert alone is not None
    assert alone.text == "As good as real, as far as 1,000 items can tell: FD 1 (real 1)."
    assert verdict(found()) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_figure_without_a_number_says_nothing(bad: float):
    for broken in (figure(bad, 1.0), figure(1.0, bad), figure(1.0, None)):
        assert rules.beside(found(fd=broken), "fd") is None
        assert state(found(fd=broken)) == ""
    assert rules.beside(found(kid=figure(1.0, 1.0)), "fd") is None


def test_which_side_has_too_few_items_is_said():
    few = {"fd": figure(9.0, 1.0, count=60)}
    assert rules.too_few(found(count=60, **few)).startswith("Too few items to tell how good they are: 60; give")
    assert rules.too_few(found(count=1000, **few)).startswith(
        "Too few real items to tell how good these are: 60; compare"
    )
