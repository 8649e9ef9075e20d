"""Rules on the surface of samples just within and just beyond their borders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import surface

from .histories import REAL, OneLook, looks, probe, since


def long(count: int, *, after: int = 800, real: OneLook | None = None, **numbers: float | Sequence[float]) -> History:
    """Probes of which the last is after an update; a number for all of them, or one for each."""
    found = looks(first={"quality": 1.5}, real=REAL | (real or {}))
    for index in range(count):
        each = {name: value[index] if isinstance(value, Sequence) else value for name, value in numbers.items()}
        found.add_probe(probe(after - 10 * (count - 1 - index), **{"quality": 0.3, **each}))
    return found


def striped(count: int = 5, after: int = 800, **changes: float | Sequence[float]) -> History:
    numbers = {
        "pattern": 2.21,
        "pattern share": 0.0081,
        "checks": 1.0,
        **{k.replace("_", " "): v for k, v in changes.items()},
    }
    return long(count, after=after, **numbers)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (striped(), 760),
        (striped(4), None),
        (striped(after=799), None),
        (striped(pattern=2.2), None),
        (striped(pattern_share=0.008), None),
        (striped(8, pattern_share=[0.013] * 4 + [0.0105] * 4), 730),
        (striped(8, pattern_share=[0.014] * 4 + [0.0105] * 4), None),  # it fades
        (striped(pattern=math.nan), None),
    ],
)
def test_stripes_checks_and_grids(found: History, told: int | None):
    assert since(surface.checkerboard(found)) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"checks": 15.1, "checks stand out": 3.1}, 760),
        ({"checks": 15.0, "checks stand out": 3.1}, None),
        ({"checks": 15.1, "checks stand out": 3.0}, None),
        ({"checks": [30.0, 30.0, 30.0, 16.0, 16.0], "checks stand out": 3.1}, None),
        ({"checks": [20.0, 20.0, 20.0, 16.0, 16.0], "checks stand out": 3.1}, 760),
    ],
)
def test_a_chequerboard_on_even_places(changes: dict[str, float | Sequence[float]], told: int | None):
    found = surface.checkerboard(long(5, pattern=1.0, **changes))
    assert since(found) == told
    if found:
        assert "on even places" in found.text


@pytest.mark.parametrize(
    ("changes", "count", "told"),
    [
        ({"grain": 0.031, "sharpness": 2.51}, 5, 760),
        ({"grain": 0.031, "sharpness": 2.51}, 4, None),
        ({"grain": 0.03, "sharpness": 2.51}, 5, None),
        ({"grain": 0.031, "sharpness": 2.5}, 5, None),
        ({"grain": [0.0] * 3 + [0.021] * 5, "sharpness": 1.16}, 8, 760),
        ({"grain": [0.0] * 3 + [0.02] * 5, "sharpness": 1.16}, 8, None),
        ({"grain": [0.0] * 3 + [0.021] * 5, "sharpness": 1.15}, 8, None),
        ({"grain": [-0.02] * 3 + [0.0121] * 5, "sharpness": 1.16}, 8, 760),
        ({"grain": [0.2] * 5 + [0.031] * 10, "sharpness": 2.51}, 15, 660),  # of twice five probes none fades
        ({"grain": [0.2] * 5 + [0.031] * 5, "sharpness": 2.51}, 10, None),
        (
            {"grain": 0.031, "sharpness": 2.51, "quality": [1 - 0.0068 * index for index in range(9)]},
            9,
            720,
        ),  # .049 of 8
        ({"grain": 0.031, "sharpness": 2.51, "quality": [1 - 0.0072 * index for index in range(8)]}, 8, None),
        ({"grain": [-0.02] * 3 + [0.012] * 5, "sharpness": 1.16}, 8, None),
    ],
)
def test_grain_that_was_not_there_or_is_far_more(
    changes: dict[str, float | Sequence[float]], count: int, told: int | None
):
    assert since(surface.grain(long(count, **changes))) == told
    assert surface.grain(long(count, after=799, **changes)) is None


@pytest.mark.parametrize(
    ("sharpness", "upper", "told"),
    [
        ([0.24] * 5, 0.05, 760),
        ([0.25] * 5, 0.05, None),
        ([0.24] * 4, 0.05, None),
        ([0.24] * 5, 0.009, None),
        ([0.24] * 5, 0.01, 760),
        ([0.3] * 6 + [0.66] * 3 + [0.49] * 5, 0.05, 760),
        ([0.3] * 6 + [0.65] * 3 + [0.49] * 5, 0.05, None),
        ([0.3] * 6 + [0.66] * 2 + [0.49] * 5, 0.05, 760),
        ([0.3] * 6 + [0.66] * 3 + [0.5] * 5, 0.05, None),
        ([0.9] * 6 + [0.49] * 5, 0.05, None),  # what was sharp at first was noise
    ],
)
def test_samples_that_lost_fine_detail_or_never_had_it(sharpness: list[float], upper: float, told: int | None):
    assert since(surface.blurred(long(len(sharpness), sharpness=sharpness, real={"upper": upper}))) == told
    getting_better = [1.0 - 0.05 * index for index in range(len(sharpness))]
    assert surface.blurred(long(len(sharpness), sharpness=sharpness, quality=getting_better)) is None
    unknown = long(len(sharpness), sharpness=sharpness)
    del unknown.real["upper"]
    assert surface.blurred(unknown) is None


def test_the_newest_numbers_are_the_evidence():
    found = surface.checkerboard(striped(pattern=[4.0] * 4 + [5.0], pattern_share=[0.02] * 4 + [0.03]))
    assert found is not None
    assert (found.evidence["pattern"], found.evidence["pattern share"]) == (5.0, 0.03)
    assert "3.0% more" in found.text
    found = surface.checkerboard(
        long(5, pattern=1.0, checks=[20.0] * 4 + [30.0], **{"checks stand out": [4.0] * 4 + [5.0]})
    )
    assert found is not None
    assert found.evidence == {"checks": 30.0, "checks stand out": 5.0}
    found = surface.grain(long(5, grain=[0.04] * 4 + [0.05], sharpness=[3.0] * 4 + [4.0]))
    assert found is not None
    assert found.evidence == {"grain": 0.05, "sharpness": 4.0}
    found = surface.blurred(long(5, sharpness=[0.2] * 4 + [0.1]))
    assert found is not None
    assert found.evidence == {"sharpness": 0.1}
    found = surface.blank_samples(long(5, contrast=[0.03] * 4 + [0.02]))
    assert found is not None
    assert found.evidence == {"contrast": 0.02}
    found = surface.contrast_lost(long(6, contrast=[1.0] * 3 + [0.4] * 2 + [0.3]))
    assert found is not None
    assert found.evidence == {"contrast": 0.3, "most so far": 1.0}


@pytest.mark.parametrize("name", ["contrast", "colour"])
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1.0] * 3 + [0.59] * 3, True),
        ([1.0] * 3 + [0.6] * 3, False),
        ([1.0] * 3 + [0.59] * 2, False),
        ([0.71] * 3 + [0.42] * 3, True),
        ([0.7] * 3 + [0.41] * 3, True),
        ([1.0] * 2 + [0.59] * 3, True),
        ([1.0] * 3 + [0.05] * 3, True),
        ([math.nan] * 6, False),
        ([0.69] * 3 + [0.41] * 3, False),
        ([2.0] * 3 + [0.61] * 3, False),  # it had more than real items have
    ],
)
def test_contrast_and_colour_that_were_there(name: str, values: list[float], told: bool):
    rule = {"contrast": surface.contrast_lost, "colour": surface.colour_lost}[name]
    found = rule(long(len(values), **{name: values}))
    assert since(found) == (780 if told else None)
    if found:
        assert found.evidence["most so far"] == values[0]


@pytest.mark.parametrize(
    ("contrast", "after", "told"),
    [
        ([0.71, 0.049, 0.049], 400, 390),
        ([0.71, 0.049], 400, None),
        ([0.71, 0.049, 0.05], 400, None),
        ([0.69, 0.049, 0.049], 400, None),
        ([0.7, 0.049, 0.049], 400, 390),
        ([0.049] * 5, 800, 760),
        ([0.049] * 5, 799, None),
        ([0.049] * 4, 800, None),
    ],
)
def test_samples_of_one_colour(contrast: list[float], after: int, told: int | None):
    assert since(surface.blank_samples(long(len(contrast), after=after, contrast=contrast))) == told
    blank_now = surface.contrast_lost(long(6, contrast=[1.0] * 3 + [0.049] * 3))
    assert blank_now is None  # another state
