"""`--set table.key=value`: what people type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.recipe import override, to_table
from gansmith.ground.recipes.settings import Recipe


def value_at(recipe: Recipe, dotted: str) -> Any:
    here: Any = recipe
    for name in dotted.split("."):
        here = getattr(here, name)
    return here


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("seed=7", 7),
        ("seed=-3", -3),
        ("seed = 7", 7),
        ("loss.name=hinge", "hinge"),
        ("loss.name='hinge'", "hinge"),
        ('loss.name="minimax"', "minimax"),
        ("optimizer.generator.rate=2e-4", 2e-4),
        ("optimizer.generator.rate=.5", 0.5),
        ("optimizer.generator.rate=2.", 2.0),
        ("optimizer.discriminator.beta1=0", 0.0),
        ("generator.bias=false", False),
        ("generator.widths=[64, 32, 16]", (64, 32, 16)),
        ("generator.widths=[64,32,]", (64, 32)),
        ("generator.widths=64", (64,)),
        ("loss.real=[.9, 1]", (0.9, 1.0)),
        ("discriminator.activations=[relu, leaky]", ("relu", "leaky")),
        ("discriminator.activations=[]", ()),
        ("data.size=48x64", "48x64"),
        ("data.size=28", "28"),
        ("data.first=1_000", 1000),
        ("data.source=my pictures/cats=dogs.zip", "my pictures/cats=dogs.zip"),
        ("data.source=C:\\pictures\\new", "C:\\pictures\\new"),
        ("data.source=2024-01-01", "2024-01-01"),
        ("name=true-colours", "true-colours"),
    ],
)
def test_a_value_is_read_as_it_was_meant(typed: str, expected: Any):
    recipe = override(Recipe(), [typed])
    found = value_at(recipe, typed.partition("=")[0].strip())
    assert found == expected
    assert type(found) is type(expected)


def test_nothing_else_changes():
    before, after = to_table(Recipe()), to_table(override(Recipe(), ["optimizer.generator.rate=.5"]))
    assert after["optimizer"]["generator"].pop("rate") == 0.5
    assert (before.pop("given"), after.pop("given")) == ([], ["optimizer.generator.rate"])  # which it remembers
    assert before["optimizer"]["generator"].pop("rate") == 2e-4
    assert after == before


def test_later_assignments_win_and_several_hold_together():
    recipe = override(Recipe(), ["seed=1", "seed=2", "generator.output=sigmoid", "data.pixels=unit"])
    assert recipe.seed == 2
    assert (recipe.generator.output, recipe.data.pixels) == ("sigmoid", "unit")


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-30, max_value=1e30))
def test_any_rate_survives_its_own_text(rate: float):
    assert override(Recipe(), [f"optimizer.generator.rate={rate!r}"]).optimizer.generator.rate == rate


@given(st.integers())
def test_any_seed_survives_its_own_text(seed: int):
    assert override(Recipe(), [f"seed={seed}"]).seed == seed


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("seed", ["'seed'", "table.key=value"]),
        ("=7", ["table.key=value"]),
        ("sed=7", ["'sed'", "did you mean 'seed'"]),
        ("los.name=hinge", ["'los.name'", "did you mean 'loss.name'"]),
        ("loss.nome=hinge", ["'loss.nome'", "did you mean 'loss.name'"]),
        ("loss.name.x=1", ["'loss.name.x'"]),
        ("loss=hinge", ["'loss' is a table", "loss.name="]),
        ("optimizer=adam", ["'optimizer' is a table", "optimizer.generator"]),
        ("optimizer.generator=adam", ["table", "optimizer.generator.name="]),
        ("loss.name=hing", ["--set", "loss.name", "did you mean 'hinge'"]),
        ("seed=", ["seed", "a whole number"]),
        ("optimizer.generator.rate=fast", ["optimizer.generator.rate", "a number"]),
        ("format=2", ["newer Gansmith"]),
    ],
)
def test_what_cannot_be_meant_is_refused(typed: str, words: list[str]):
    with pytest.raises(RecipeError) as caught:
        override(Recipe(), [typed])
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_values_from_python_are_taken_as_they_are():
    recipe = override(Recipe(), {"loss.real": (0.8, 0.9), "data.source": "5", "generator.widths": [3]})
    assert recipe.loss.real == (0.8, 0.9)
    assert recipe.data.source == "5"
    assert recipe.generator.widths == (3,)
