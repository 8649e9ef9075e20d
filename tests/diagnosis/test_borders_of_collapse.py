"""Rules on collapse just within and just beyond their borders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import classes, collapse

from .histories import HEALTHY, OneLook, looks, probe, since

APART = {"diversity": 0.51}
ALIKE = {"diversity": 0.249}


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((APART, ALIKE, ALIKE), 100),
        ((APART, ALIKE), None),
        ((APART, ALIKE, {"diversity": 0.25}), None),
        ((APART, {"diversity": 0.25}, ALIKE, ALIKE), 150),
        ((APART, {"diversity": 0.24}, {"diversity": 0.1}), 100),
        (({"diversity": 0.0625},) * 5 + ({"diversity": 0.10375},), None),
        ((), None),
        (({"diversity": 0.5}, ALIKE, ALIKE), None),
        (({"diversity": 0.149},) * 6, 50),
        (({"diversity": 0.149},) * 5, None),
        (({"diversity": 0.15},) * 6, None),
        (({"diversity": 0.05},) * 5 + ({"diversity": 0.084},), 50),
        (({"diversity": 0.05},) * 5 + ({"diversity": 0.086},), None),  # it grows
        (({"diversity": 0.1},), None),
    ],
)
def test_all_samples_alike(each: Sequence[OneLook], told: int | None):
    found = collapse.mode_collapse(looks(*each))
    assert since(found) == told
    if found:
        assert ("never were further" in found.text) == (max(one["diversity"] for one in each) < 0.5)
        assert found.evidence["diversity"] == each[-1]["diversity"]
        assert found.evidence["most so far"] == max(one["diversity"] for one in each)


MANY = {"kinds": 0.71, "class variety": 0.9, "nearness": 1.5}
FEW = {"kinds": 0.54, "class variety": 0.9, "nearness": 1.89}


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((MANY, MANY, FEW, FEW), 150),
        ((MANY, FEW, FEW), None),
        ((MANY, {"kinds": 0.55}, FEW, FEW), 150),
        ((MANY, MANY | {"nearness": 1.9}, FEW, FEW), 150),
        ((MANY | {"kinds": 0.7}, MANY | {"kinds": 0.7}, FEW, FEW), None),  # it never was of many kinds
        ((MANY, MANY, FEW | {"diversity": 1.0}, FEW | {"diversity": 0.9}), 150),
        ((MANY, MANY, MANY, FEW), None),
        ((MANY, MANY, FEW, FEW | {"kinds": 0.55}), None),
        ((MANY, MANY, FEW, FEW | {"kinds": 0.9, "class variety": 0.54}), 150),
        ((MANY, MANY, FEW, FEW | {"nearness": 1.9}), None),
        ((MANY, MANY, FEW | {"nearness": 1.9}, FEW), None),
        ((MANY, MANY, FEW | {"diversity": 0.9}, FEW | {"diversity": 0.8}), None),  # still falling
        ((MANY, MANY, FEW | {"diversity": 0.9}, FEW | {"diversity": 0.82}), 150),
    ],
)
def test_a_part_of_the_data(each: Sequence[OneLook], told: int | None):
    assert since(collapse.partial_mode_collapse(looks(*each))) == told


NEVER_MANY = FEW | {"quality": 0.5}


@pytest.mark.parametrize(
    ("each", "first", "told"),
    [
        ((NEVER_MANY,) * 8, 1.5, 50),
        ((NEVER_MANY,) * 7, 1.5, None),  # too few to know whether it grows
        ((NEVER_MANY,) * 8, 0.5, None),  # it has not begun to learn
        ((NEVER_MANY,) * 8, 0.56, 50),
        (({**NEVER_MANY, "kinds": 0.45},) * 2 + ({**NEVER_MANY, "kinds": 0.53},) * 6, 1.5, None),  # it grows
        (({**NEVER_MANY, "kinds": 0.49},) * 2 + ({**NEVER_MANY, "kinds": 0.53},) * 6, 1.5, 50),
        (({**NEVER_MANY, "quality": 0.55},) * 2 + (NEVER_MANY,) * 6, 1.5, None),  # it comes nearer
        (({**NEVER_MANY, "quality": 0.54},) * 2 + (NEVER_MANY,) * 6, 1.5, 50),
        (({**NEVER_MANY, "quality": 0.45},) * 8, 0.5, 50),
        (
            ({**NEVER_MANY, "quality": 0.45},) * 6 + ({**NEVER_MANY, "quality": 0.44}, {**NEVER_MANY, "quality": 0.46}),
            0.5,
            None,
        ),
        (({**NEVER_MANY, "kinds": 0.25},) * 2 + ({**NEVER_MANY, "kinds": 0.28},) * 6, 1.5, 50),
        (({**NEVER_MANY, "quality": 0.5},) * 2 + ({**NEVER_MANY, "quality": 0.46},) * 6, 1.5, 50),
        ((NEVER_MANY,) * 2 + ({**NEVER_MANY, "kinds": 0.45},) * 2 + ({**NEVER_MANY, "kinds": 0.53},) * 6, 1.5, None),
        (
            ({**NEVER_MANY, "kinds": 0.45},) * 2
            + ({**NEVER_MANY, "kinds": 0.4},) * 4
            + ({**NEVER_MANY, "kinds": 0.53},) * 2,
            1.5,
            None,
        ),
    ],
)
def test_a_part_of_the_data_from_the_start(each: Sequence[OneLook], first: float, told: int | None):
    assert since(collapse.partial_mode_collapse(looks(*each, first={"quality": first}))) == told


@pytest.mark.parametrize(("after", "told"), [(300, 230), (299, None)])
def test_a_part_of_the_data_from_the_start_is_told_after_three_hundred_updates(after: int, told: int | None):
    found = looks(first={"quality": 1.5})
    for index in range(8):
        found.add_probe(probe(after - 10 * (7 - index), **NEVER_MANY))
    assert since(collapse.partial_mode_collapse(found)) == told


@pytest.mark.parametrize(
    ("factors", "falling"),
    [
        ((), False),
        ((0.8,), True),
        ((0.9,), False),
        ((0.8,) * 4, True),
        ((0.8,) * 5, False),  # it is told, however it goes on
        ((0.8,) * 6, False),
        ((0.8, 0.95, 0.8, 0.95, 0.8), True),
        ((0.8, 0.8, 0.8, 0.8, 0.95), False),
    ],
)
def test_samples_that_get_more_alike_from_probe_to_probe(factors: Sequence[float], falling: bool):
    diversities = np.cumprod((1.0, *factors))
    assert collapse.still_falling(looks(*({"diversity": float(each)} for each in diversities))) == falling
    assert not collapse.still_falling(looks())


GOOD = {"quality": 0.2, "overlap": 0.8, "coverage": 0.6, "precision": 0.81}
FAR = {"quality": 0.37, "overlap": 0.67, "coverage": 0.53, "precision": 0.81}


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((GOOD,) * 4 + (FAR,) * 3, 250),
        ((GOOD,) * 3 + (FAR,) * 3, None),
        ((GOOD | {"quality": math.nan},) + (GOOD,) * 3 + (FAR,) * 3, None),
        ((GOOD,) * 3 + (GOOD | {"quality": 0.3},) + (FAR,) * 3, 250),
        ((GOOD,) * 3 + (GOOD | {"overlap": 0.7},) + (FAR,) * 3, 250),
        ((GOOD,) * 3 + (GOOD | {"coverage": 0.5},) + (FAR,) * 3, 250),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"overlap": 0.68},), None),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"coverage": 0.54},), None),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"quality": 0.4, "overlap": 0.5},), 250),
        ((GOOD,) * 5 + (FAR,) * 2, None),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"quality": 0.36},), None),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"overlap": 0.69},), None),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"coverage": 0.55},), None),
        ((GOOD,) * 4 + (FAR,) * 2 + (FAR | {"precision": 0.8},), None),
        ((GOOD | {"quality": 0.1},) * 4 + (FAR | {"quality": 0.25},) * 3, None),  # too near to matter
        ((GOOD | {"quality": 0.1},) * 4 + (FAR | {"quality": 0.26},) * 3, 250),
    ],
)
def test_samples_like_items_and_together_further_away(each: Sequence[OneLook], told: int | None):
    found = collapse.partial_mode_collapse(looks(*each))
    assert since(found) == told
    if found:
        best = min(one["quality"] for one in each[:-3])
        newest = {"quality": each[-1]["quality"], "best quality": best, "overlap": each[-1]["overlap"]}
        assert found.evidence == newest


@pytest.mark.parametrize(
    ("bright", "told"), [((0.9, 0.71), True), ((0.9, 0.73), False), ((1.4, 0.81), False), ((0.9,), False)]
)
def test_a_range_of_pixels_that_shrinks(bright: Sequence[float], told: bool):
    found = looks(*({"darkest": 0.0, "brightest": each} for each in bright), first={"darkest": 0.0, "brightest": 0.1})
    assert collapse.faded(found) == told


@pytest.mark.parametrize(
    ("extents", "real", "told"),
    [
        ([(0.0, 1.0), (0.0, 0.8)], {"darkest": 0.0, "brightest": 1.0}, False),
        ([(0.0, 1.0), (0.3, 1.0)], {"darkest": 0.0, "brightest": 1.0}, True),
        ([(-0.4, 1.0), (0.3, 0.95)], {"darkest": 0.2, "brightest": 1.0}, False),
        ([(-0.4, 1.0), (0.3, 0.93)], {"darkest": 0.2, "brightest": 1.0}, True),
        ([(-0.4, 1.0), (0.0, 0.81)], {"brightest": 1.0}, False),
        ([(-0.4, 1.0), (0.0, 0.79)], {"brightest": 1.0}, True),
        ([(0.0, 1.0), (0.0, 0.79)], {}, True),
        ([(0.4, 0.6)], {"darkest": 0.0, "brightest": 1.0}, False),
        ([], {}, False),
    ],
)
def test_a_range_is_from_the_darkest_to_the_brightest(
    extents: Sequence[tuple[float, float]], real: OneLook, told: bool
):
    found = looks(*({"darkest": low, "brightest": high} for low, high in extents), real=real)
    assert collapse.faded(found) == told


@pytest.mark.parametrize(("count", "slope", "fast"), [(8, 0.0143, True), (8, 0.0128, False), (9, 0.0128, False)])
def test_kinds_are_found_while_the_distance_falls_by_a_tenth_in_eight_probes(count: int, slope: float, fast: bool):
    """Seven steps of the slope, over the median: .105 and .095; eight would be .108."""
    assert collapse.finds_its_kinds(looks(*({"quality": 1 - slope * index} for index in range(count)))) == fast


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([10, 80, 10], ": 90% are of class b, a"),
        ([1, 98, 1], ": 98% are of class b"),
        ([20] * 5, ": 100% are of class a, b, c, d, e"),
        ([20] * 6, ""),
        ([1, 0, 0], ": 100% are of class a"),
        ([100, 0, 0, 0, 0, 0, 0], ": 100% are of class a"),
        ([100, 0, 0, 0, 0, 0, 0, 0], ""),
        ([0, 0, 0], ""),
        ([], ""),
    ],
)
def test_the_classes_of_nine_in_ten_samples_are_named_if_they_are_five_or_fewer(counts: list[float], said: str):
    few = (*[NEVER_MANY] * 7, NEVER_MANY)
    found = looks(*few, first={"quality": 1.5})
    found.class_names = tuple("abcdefg")
    found.recent[-2].shares["classes"] = [0, 0, 50, 50]
    found.recent[-1].shares["classes"] = counts
    state = collapse.partial_mode_collapse(found)
    assert state is not None
    assert state.text.endswith(f"show 54% of their variety{said}.")


HALVES = ([50.0, 50.0, 0.0, 0.0], [0.0, 0.0, 5.0, 5.0])


def cycling(
    *each: Sequence[float], name: str = "classes", changes: Sequence[OneLook] = (), quality: float = 0.0
) -> History:
    """Probes with counts by class or by prototype. quality: how much the distance to the data falls from probe to probe."""
    found = looks()
    for index, counts in enumerate(each):
        other = index - (len(each) - len(changes))
        numbers = {"quality": 1 - quality * index, "nearness": 1.89} | (changes[other] if other >= 0 else {})
        one = probe(50 * (index + 1), **numbers)
        one.shares.clear()
        one.shares[name] = [*counts]
        found.add_probe(one)
    return found


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (cycling(*HALVES * 4), 50),
        (cycling(*HALVES * 4, HALVES[0]), 100),
        (cycling(*(HALVES * 4)[:7]), None),
        (cycling(*HALVES * 4, name="prototypes"), 50),
        (cycling(*([0.4, 0.4, 0, 0], [0, 0, 0.4, 0.4]) * 4), 50),
        (cycling(*HALVES * 3, HALVES[0], [0.0] * 4), None),
        (cycling(*HALVES * 3, HALVES[0], [5.0, 5.0]), None),
        (cycling(*HALVES * 4, changes=[{"nearness": 1.9}, {}, {}]), 50),
        (cycling(*HALVES * 4, changes=[{"nearness": 1.9}, {}]), None),
        (cycling(*HALVES * 4, changes=[{"nearness": 1.9}]), None),
        (cycling(*HALVES * 4, quality=0.0128), 50),
        (cycling(*HALVES * 4, quality=0.0143), None),  # it finds one kind after another
        (cycling(*[HALVES[0]] * 4, *[HALVES[1]] * 4), None),  # it went once, and does not come again
        (cycling(*([65.0, 35.0], [35.0, 65.0]) * 4), None),  # each look shows nearly all
        (cycling(), None),
    ],
)
def test_a_part_at_a_time_and_always_another(found: History, told: int | None):
    state = collapse.cycling_mode_collapse(found)
    assert since(state) == told
    if state:
        assert state.evidence["shown at a time"] == pytest.approx(0.5)


def test_where_classes_do_not_tell_prototypes_may():
    found = cycling(*HALVES * 4)
    for each in found.recent:
        each.shares["prototypes"] = each.shares.pop("classes", [])
        each.shares["classes"] = [25.0] * 4
    assert since(collapse.cycling_mode_collapse(found)) == 50
    for each in found.recent[:2]:
        each.shares["classes"] = []
    assert since(collapse.cycling_mode_collapse(found)) == 50
    for each in found.recent:
        each.shares["classes"] = []
    assert since(collapse.cycling_mode_collapse(found)) == 50


@pytest.mark.parametrize(
    ("shares", "so"),
    [
        ([0, 0.3, 0, 0.3, 0.5, 0.6, 0.6, 0.6], True),  # a way of 1.2, and .425 from half to half
        ([0, 0.375, 0, 0, 0.9375, 0.9375, 0.9375, 0.9375], False),  # 1.6875, which is twice .84375
        ([0, 0.25] * 4, False),  # no jump is above a quarter
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0.8, 0.5, 0.5], True),
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.8], False),  # of eight, one jump is not a third
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.8, 0.5, 0.5], False),  # of nine, nor are two
        ([0.4, 0.4, 0, 0, 1, 1, 1, 1], False),  # 1.4, and .8
    ],
)
def test_what_goes_and_comes_makes_a_longer_way_than_from_half_to_half(shares: list[float], so: bool):
    assert collapse._goes_and_comes(np.array([[each, 1 - each] for each in shares])) == so


def test_healthy_probes_collapse_in_no_way():
    found = looks(*[HEALTHY] * 12)
    for rule in (collapse.mode_collapse, collapse.partial_mode_collapse, collapse.cycling_mode_collapse):
        assert rule(found) is None
    assert classes.labelwise_mode_collapse(found) is None
