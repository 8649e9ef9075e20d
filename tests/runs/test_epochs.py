"""How often a run looks at its items, before it has begun."""

from __future__ import annotations

import dataclasses

import pytest

from gansmith.data.groups import suitable
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.setup import PACE, Setup, set_up

ITEMS = 1797


def of(**budget: float) -> Setup:
    return set_up(choose_recipe("digits", budget=Budget(**budget), settings=["device=cpu", "data.batch=32"]))


def test_a_budget_in_pictures_says_so():
    assert of(images=ITEMS).epochs() == pytest.approx(1, rel=0.02)  # whole updates
    assert of(updates=100).epochs() == pytest.approx(100 * 32 / ITEMS)
    assert of(epochs=3).epochs() == pytest.approx(3, rel=0.02)  # whole batches


def test_a_budget_in_minutes_goes_by_the_device():
    one, ten = of(minutes=1), of(minutes=10)
    assert ten.epochs() == pytest.approx(10 * one.epochs())
    there = dataclasses.replace(one, recipe=dataclasses.replace(one.recipe, device="cuda:1"))
    assert there.epochs() == pytest.approx(PACE["cuda"] / PACE["cpu"] * one.epochs())


def test_the_number_of_groups_follows():
    settings = ["data.labels=clusters", "device=cpu", "data.batch=32"]
    short, long = (
        set_up(choose_recipe("digits", budget=Budget(updates=updates), settings=settings)) for updates in (10, 2000)
    )
    assert short.recipe.data.clusters == suitable(ITEMS, 10 * 32 / ITEMS) == 71
    assert long.recipe.data.clusters == suitable(ITEMS, 2000 * 32 / ITEMS) == 64
