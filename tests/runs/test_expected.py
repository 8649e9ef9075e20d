"""How often a run looks at its items, before it has begun."""

from __future__ import annotations

import dataclasses

import pytest

from gansmith.data.groups import suitable
from gansmith.runs.expected import PACE, looks
from gansmith.runs.setup import Budget, Setup, choose_recipe, set_up

ITEMS = 1797


def of(**budget: float) -> Setup:
    return set_up(choose_recipe("digits", budget=Budget(**budget), settings=["device=cpu", "data.batch=32"]))


def test_a_budget_in_pictures_says_so():
    assert looks(of(images=ITEMS)) == pytest.approx(1, rel=0.02)  # whole updates
    assert looks(of(updates=100)) == pytest.approx(100 * 32 / ITEMS)
    assert looks(of(epochs=3)) == pytest.approx(3, rel=0.02)  # whole batches


def test_a_budget_in_minutes_goes_by_the_device():
    one, ten = of(minutes=1), of(minutes=10)
    assert looks(ten) == pytest.approx(10 * looks(one))
    there = dataclasses.replace(one, recipe=dataclasses.replace(one.recipe, device="cuda:1"))
    assert looks(there) == pytest.approx(PACE["cuda"] / PACE["cpu"] * looks(one))


def test_the_number_of_groups_follows():
    settings = ["data.labels=clusters", "device=cpu", "data.batch=32"]
    short, long = (
        set_up(choose_recipe("digits", budget=Budget(updates=updates), settings=settings)) for updates in (10, 2000)
    )
    assert short.recipe.data.clusters == suitable(ITEMS, 10 * 32 / ITEMS) == 71
    assert long.recipe.data.clusters == suitable(ITEMS, 2000 * 32 / ITEMS) == 64
