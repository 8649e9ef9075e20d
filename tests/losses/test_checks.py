"""Recipes that have no meaning together with their loss are refused, by the facts of the loss's record."""

from __future__ import annotations

from typing import Any

import pytest

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES, check
from gansmith.runs.choose_recipe import choose_recipe

FREE = [name for name, loss in LOSSES.items() if not loss.takes_targets]
PAIRED = [name for name, loss in LOSSES.items() if loss.paired]
UNBOUNDED = [name for name, loss in LOSSES.items() if not loss.bounded]
WITHOUT_MEANING: list[tuple[dict[str, Any], list[str]]] = [
    ({"loss.name": "minimax", "loss.generator": [0.9, 1.0]}, ["minimax", "no target to smooth"]),
    *(({"loss.name": name, "loss.real": [0.9, 0.9]}, [name, "no targets to smooth"]) for name in FREE),
    *(({"loss.name": name, "loss.fake": [0.0, 0.1]}, [name, "no targets to smooth"]) for name in FREE),
    *(
        ({"loss.name": name, "feedback.name": feedback}, [name, "feedback.name=alternating or joint"])
        for name in PAIRED
        for feedback in ("stacked", "labels")
    ),
    *(({"loss.name": name}, [name, "regularizer.name=gradient-penalty"]) for name in UNBOUNDED),
]


@pytest.mark.parametrize(("settings", "words"), WITHOUT_MEANING)
def test_combinations_without_meaning(settings: dict[str, Any], words: list[str]):
    with pytest.raises(RecipeError) as refused:
        check(override(Recipe(), settings))
    for word in words:
        assert word in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss.real": [0.9, 1.0]},
        {"loss.name": "wasserstein", "discriminator.spectral_norm": True},
        {"loss.name": "wasserstein", "regularizer.name": "gradient-penalty"},
        {"loss.name": "relativistic", "feedback.name": "joint", "feedback.latents": "same"},
    ],
)
def test_their_neighbours_have_one(settings: dict[str, Any]):
    check(override(Recipe(), settings))


def test_a_recipe_is_refused_when_it_is_chosen():
    """Before anything is prepared or trained."""
    changes = {"loss.name": "wasserstein", "regularizer.name": "none"}
    with pytest.raises(RecipeError, match="no minimum"):
        choose_recipe("digits", settings=changes)
