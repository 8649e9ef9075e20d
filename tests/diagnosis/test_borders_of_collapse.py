"""Rules on collapse just within and just beyond their borders."""

from __future__ import annotations

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


MANY = {"kinds": 0.71, "class variety": 0.9, "nearness": 1.5}
FEW = {"kinds": 0.54, "class variety": 0.9, "nearness": 1.89}


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((MANY, MANY, FEW, FEW), 150),
        ((MANY, FEW, FEW), None),
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
    ],
)
def test_a_part_of_the_data_from_the_start(each: Sequence[OneLook], first: float, told: int | None):
    assert since(collapse.partial_mode_collapse(looks(*each, first={"quality": first}))) == told


GOOD = {"quality": 0.2, "overlap": 0.8, "coverage": 0.6, "precision": 0.81}
FAR = {"quality": 0.37, "overlap": 0.67, "coverage": 0.53, "precision": 0.81}


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((GOOD,) * 4 + (FAR,) * 3, 250),
        ((GOOD,) * 3 + (FAR,) * 3, None),
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
    assert since(collapse.partial_mode_collapse(looks(*each))) == told


@pytest.mark.parametrize(
    ("bright", "told"), [((0.9, 0.71), True), ((0.9, 0.73), False), ((1.4, 0.81), False), ((0.9,), False)]
)
def test_a_range_of_pixels_that_shrinks(bright: Sequence[float], told: bool):
    found = looks(*({"darkest": 0.0, "brightest": each} for each in bright), first={"darkest": 0.0, "brightest": 0.1})
    assert collapse.faded(found) == told


def spread_by_label(*each: Sequence[float], after: int = 300) -> History:
    """Probes with the spread of each class's samples, over that of its real items; the last one after an update."""
    found = looks()
    for index, spreads in enumerate(each):
        one = probe(after - 50 * (len(each) - 1 - index))
        one.shares["spread by label"] = [*spreads]
        found.add_probe(one)
    return found


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 3), 200),
        (spread_by_label(*[(0.15, 1.0, 1.0)] * 3), None),
        (spread_by_label((0.16, 1.0, 1.0), *[(0.14, 1.0, 1.0)] * 2), None),
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 2), None),
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 3, after=299), None),
        (spread_by_label(*[(0.07, 0.5, 0.5)] * 3), 200),
        (spread_by_label(*[(0.08, 0.5, 0.5)] * 3), None),  # of the median class's share
        (spread_by_label(*[(0.14, 2.0, 2.0)] * 3), 200),  # and of no more than the real items'
        (spread_by_label(*[(0.16, 2.0, 2.0)] * 3), None),
        (spread_by_label(*[(-1.0, 1.0, 1.0)] * 3), None),  # unknown
        (spread_by_label(*[(0.01, 0.1, 0.1)] * 3), None),  # all are alike: another state
        (spread_by_label(*[(0.01, -1.0)] * 3), None),
    ],
)
def test_a_class_whose_samples_are_alike(found: History, told: int | None):
    state = classes.labelwise_mode_collapse(found)
    assert since(state) == told
    if state:
        assert "class 0" in state.text
        assert state.evidence["spread of the least"] == found.newest_shares("spread by label")[0]
        assert state.evidence["spread of the median"] == np.median(found.newest_shares("spread by label"))


def test_healthy_probes_collapse_in_no_way():
    found = looks(*[HEALTHY] * 12)
    for rule in (collapse.mode_collapse, collapse.partial_mode_collapse, collapse.cycling_mode_collapse):
        assert rule(found) is None
    assert classes.labelwise_mode_collapse(found) is None
