"""Rules on samples just within and just beyond their borders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import memory, outputs
from gansmith.ground.recipes.settings import Recipe

from .histories import HEALTHY, OneLook, looks, probe, row, since

FLAT = {"spread": 0.0099, "contrast": 0.019, "stamp": 0.71, "mean likeness": 0.67}
STAMPED = {"spread": 0.0099, "contrast": 0.5, "stamp": 0.71, "nearness": 0.049, "mean likeness": 0.9}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"spread": 0.01}, False),
        ({"contrast": 0.02}, False),
        ({"stamp": 0.7}, False),
        ({"stamp": 0.7, "mean likeness": 0.5}, False),
        ({"stamp": 0.72, "mean likeness": 0.68}, True),
        ({"stamp": 0.72, "mean likeness": 0.7}, False),
    ],
)
def test_one_picture_of_hardly_any_contrast(changes: OneLook, told: bool):
    found = memory.one_picture_memorised(looks({"spread": 0.01}, FLAT | changes))
    assert since(found) == (100 if told else None)
    if found:
        assert "of the data's contrast" in found.text
        assert found.article == "003"


@pytest.mark.parametrize(
    ("changes", "told"), [({}, True), ({"nearness": 0.05}, False), ({"stamp": 0.7}, False), ({"spread": 0.01}, False)]
)
def test_one_picture_that_is_a_training_picture(changes: OneLook, told: bool):
    found = memory.one_picture_memorised(looks(STAMPED | changes))
    assert since(found) == (50 if told else None)
    if found:
        assert "of the data's contrast" not in found.text


MEAN = {"spread": 0.24, "contrast": 0.21, "mean likeness": 0.961, "moved": 0.139}


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ((MEAN, MEAN), True),
        ((MEAN,), False),
        ((MEAN, MEAN | {"spread": 0.25}), False),
        ((MEAN, MEAN | {"contrast": 0.2}), False),
        ((MEAN | {"contrast": 0.2}, MEAN), False),
        ((MEAN, MEAN | {"mean likeness": 0.96}), False),
        ((MEAN | {"mean likeness": 0.96}, MEAN), False),
        ((MEAN, MEAN | {"moved": 0.14}), False),
        ((MEAN | {"moved": 0.14}, MEAN), False),
        (({"spread": 0.9}, MEAN, MEAN), False),  # it varied once
        (({"spread": 0.3}, MEAN, MEAN), True),
        (({"spread": 0.5}, MEAN, MEAN), True),
        (({"spread": 0.25}, MEAN, MEAN), True),
        (({"spread": 0.3, "contrast": 0.2, "mean likeness": 0.96, "moved": 0.14}, MEAN, MEAN), True),
    ],
)
def test_the_mean_item_from_the_start(each: Sequence[OneLook], told: bool):
    assert since(memory.regression_to_the_mean(looks(*each))) == ((50 * (len(each) - 1)) if told else None)


@pytest.mark.parametrize(
    ("each", "told"),
    [
        (({"copies": 0.151, "nearness": 0.89},) * 2, 50),
        (({"copies": 0.151, "nearness": 0.89},), None),
        (({"copies": 0.15, "nearness": 0.89},) * 2, None),
        (({"copies": 0.151, "nearness": 0.9},) * 2, None),
        ((HEALTHY, *({"copies": 0.5, "nearness": 0.1},) * 2), 100),
    ],
)
def test_samples_that_are_training_items(each: Sequence[OneLook], told: int | None):
    found = memory.memorised_pictures(looks(*each))
    assert since(found) == told
    if found:
        assert found.evidence["training items"] == 1000
    of_vectors = memory.memorised_pictures(looks(*each, real={"kinds": 18.0}))
    assert of_vectors is None
    assert since(memory.memorised_pictures(looks(*each, real={}))) == told  # a run of another program


@pytest.mark.parametrize(
    ("favours", "told"),
    [
        ([0.851] * 4, 50),
        ([0.851] * 3, None),
        ([0.851] * 3 + [0.85], None),
        ([0.5] + [0.9] * 4, 100),
        ([0.85] + [0.9] * 4, 100),
        ([0.9] * 2 + [0.5] + [0.9] * 4, 200),
    ],
)
def test_a_discriminator_that_knows_its_items(favours: list[float], told: int | None):
    assert since(memory.discriminator_memorises(looks(*({"favour": each} for each in favours)))) == told


@pytest.mark.parametrize(
    ("first", "kinds", "told"),
    [(0.9e-6, 0.01, True), (1e-6, 0.01, False), (0.9e-6, 0.55, False), (0.9e-6, 0.54, True), (0.0, 0.01, True)],
)
def test_latents_that_do_not_reach_the_samples(first: float, kinds: float, told: bool):
    samples = {"kinds": kinds, "diversity": kinds, "spread": kinds}
    found = memory.latents_lost(looks(samples, first={"spread": first}))
    assert since(found) == (0 if told else None)
    assert memory.latents_lost(looks(first={"spread": first})) is None


@pytest.mark.parametrize(
    ("each", "told"),
    [
        (({"outside": 0.031},) * 2, 50),
        (({"outside": 0.031},), None),
        (({"outside": 0.03},) * 2, None),
        (({"outside": 0.0}, *({"outside": 0.5},) * 2), 100),
        (({"outside": 0.03}, *({"outside": 0.5},) * 2), 100),
        (({"darkest": 0.1, "spread": 0.5}, *({"darkest": 0.251, "spread": 0.51},) * 2), 150),
        (({"darkest": 0.251, "spread": 0.5}, {"darkest": 0.251, "spread": 0.51}), None),
        (({"darkest": 0.251, "spread": 0.51},) * 2, 100),
        (({"darkest": 0.25, "spread": 0.51},) * 2, None),
        (({"darkest": 0.251, "spread": 0.5},) * 2, None),
        (({"darkest": 0.251, "spread": 0.51}, {"darkest": 0.1, "spread": 0.51}), None),
    ],
)
def test_pixels_of_another_range(each: Sequence[OneLook], told: int | None):
    assert since(outputs.wrong_pixel_range(looks(*each))) == told


@pytest.mark.parametrize(("darkest", "told"), [(0.351, True), (0.349, False)])
def test_the_dark_part_is_counted_from_the_darkest_of_the_data(darkest: float, told: bool):
    found = outputs.wrong_pixel_range(looks(*({"darkest": darkest},) * 2, real={"darkest": 0.1}))
    assert (found is not None) == told


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ({"darkest": 0.0, "brightest": 0.149}, True),
        ({"darkest": 0.0, "brightest": 0.15}, False),
        ({"darkest": 0.851, "brightest": 1.0}, True),
        ({"darkest": 0.85, "brightest": 1.0}, False),
    ],
)
def test_an_untrained_generator_at_an_end_of_the_range(first: OneLook, told: bool):
    found = outputs.wrong_pixel_range(looks(HEALTHY, HEALTHY, first=first))
    assert (found is not None) == told
    if found:
        assert "Before training" in found.text


def verdicts(*ends: tuple[float, float], fake: tuple[float, float] = (0.3, 0.5)) -> History:
    """Rows whose outputs on real items reach from one end to the other."""
    found = History(Recipe(), count=1000)
    for index, (low, high) in enumerate(ends):
        new = row(50 * (index + 1))
        new["histograms"] = {
            "verdict.real": {"edges": [low, 0.5, high], "counts": [1, 1]},
            "verdict.fake": {"edges": [*fake], "counts": [1]},
        }
        found.add_row(new)
    return found


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (verdicts(*[(0.01, 0.6)] * 3, fake=(0.019, 0.5)), True),
        (verdicts(*[(0.01, 0.6)] * 3, fake=(0.02, 0.5)), False),
        (verdicts(*[(0.01, 0.6)] * 3, fake=(0.4, 0.981)), True),
        (verdicts(*[(0.01, 0.6)] * 3, fake=(0.4, 0.98)), False),
        (verdicts(*[(0.01, 0.6)] * 2, fake=(0.01, 0.5)), False),
        (verdicts((-0.01, 0.6), (0.01, 0.6), (0.01, 0.6), fake=(0.01, 0.5)), False),
        (verdicts((0.0, 1.0), (0.0, 1.0), (0.0, 1.0), fake=(0.0, 1.0)), True),
        (verdicts((0.0, 1.01), (0.0, 1.0), (0.0, 1.0), fake=(0.0, 1.0)), False),
        (verdicts((0.3, 0.6), (0.01, 0.6), (0.01, 0.6), fake=(0.01, 0.5)), True),
        (verdicts((0.01, 0.6), (0.3, 0.6), (0.01, 0.6), fake=(0.01, 0.5)), False),
    ],
)
def test_logits_that_are_probabilities(found: History, told: bool):
    state = outputs.sigmoid_as_logits(found)
    assert since(state) == (50 if told else None)
    if state:
        low, high = (found.series(f"{end} of verdict.real")[-1] for end in ("least", "most"))
        assert state.evidence["least verdict"] <= low
        assert state.evidence["largest verdict"] >= high


def test_the_ends_of_the_newest_outputs_are_told_from_the_first_row_on():
    found = verdicts((0.01, 0.6), (0.01, 0.6), (0.005, 0.7), fake=(0.015, 0.5))
    found.rows.kept["update"][0] = math.nan  # a program that does not count
    state = outputs.sigmoid_as_logits(found)
    assert state is not None
    assert state.since_update == 0
    assert (state.evidence["least verdict"], state.evidence["largest verdict"]) == (0.005, 0.7)


def test_three_numbers_that_are_none_are_named():
    names = ("loss.generator", "loss.discriminator", "verdict.real", "verdict.fake")
    found = History(Recipe(), count=1000)
    found.add_row({"update": 50, **dict.fromkeys(names, math.nan)})
    state = outputs.divergence(found)
    assert state is not None
    assert state.text.startswith("loss.generator, loss.discriminator, verdict.real hold NaN")
    assert state.evidence == {"numbers": 4}


def test_divergence_is_told_from_the_first_row_of_numbers_that_are_none():
    healthy, bad = row(50), row(100, **{"loss.generator": math.nan})
    found = History(Recipe(), count=1000)
    for each in (healthy, bad, row(150, **{"step.generator": math.inf})):
        found.add_row(each)
    state = outputs.divergence(found)
    assert since(state) == 100
    assert state is not None
    assert state.evidence == {"numbers": 1}
    assert "step.generator" in state.text
    found.add_row(row(200))
    assert outputs.divergence(found) is None
    found.add_row(row(250, **{"augment.probability": math.nan}))  # no number of the game
    assert outputs.divergence(found) is None
    found.add_probe(probe(250))
    assert outputs.divergence(found) is None
    found.add_probe(probe(250, finite=0.99))
    state = outputs.divergence(found)
    assert since(state) == 250
    assert state is not None
    assert "the samples" in state.text
