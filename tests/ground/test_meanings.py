"""Every key of a recipe is explained, by the comment that stands after it in settings.py."""

from __future__ import annotations

from typing import get_args

import pytest

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes import settings
from gansmith.ground.recipes.meanings import Key, find, tables
from gansmith.ground.recipes.recipe import flat, listed, override
from gansmith.ground.recipes.settings import Recipe

KEYS = {key.name: key for table in tables() for key in table.keys}


def test_every_key_is_there_with_its_default() -> None:
    """The keys of a written recipe, no more and no fewer."""
    defaults = flat(Recipe())
    assert set(KEYS) == set(defaults)
    assert {name: key.default for name, key in KEYS.items()} == defaults


def test_every_key_and_every_table_is_explained() -> None:
    assert [name for name, key in KEYS.items() if len(key.meaning) < 8] == []
    assert [table.name for table in tables() if len(table.meaning) < 8] == []


def test_a_default_can_be_typed_as_it_is_printed() -> None:
    """What is printed is what `--set` takes."""
    wrong = [name for name, key in KEYS.items() if override(Recipe(), [f"{name}={key.value}"]) != Recipe()]
    assert wrong == []


def test_types_and_choices_in_words() -> None:
    assert KEYS["loss.name"].choices == get_args(settings.LossName)
    assert KEYS["loss.name"].kind == "one of"
    assert KEYS["augment.operations"] == Key(
        "augment.operations",
        "list of",
        get_args(settings.AugmentOperation),
        ["colour", "translation", "cutout"],
        KEYS["augment.operations"].meaning,
        {},
    )
    kinds = {"seed": "whole number", "ema.ramp_up": "number", "graphs": "true or false", "device": "text"}
    kinds |= {"generator.widths": "list of whole numbers", "loss.real": "list of 2 numbers"}
    assert {name: KEYS[name].kind for name in kinds} == kinds


def test_a_meaning_over_two_lines_is_one_sentence() -> None:
    assert "hf:NAME, or stacked:SOURCE, three grey pictures" in KEYS["data.source"].meaning


def test_each_fault_is_explained() -> None:
    assert set(KEYS["faults"].choice_meanings) == set(get_args(settings.FaultName))


@pytest.mark.parametrize(
    ("prefix", "first", "count"),
    [
        ("", "format", len(KEYS)),
        ("optimizer.generator", "optimizer.generator.name", 6),
        ("data.labels", "data.labels", 1),
    ],
)
def test_a_prefix_chooses(prefix: str, first: str, count: int) -> None:
    names = [key.name for table in find(prefix) for key in table.keys]
    assert (names[0], len(names)) == (first, count)


def test_a_prefix_above_several_tables() -> None:
    assert [table.name for table in find("optimizer")] == ["optimizer.generator", "optimizer.discriminator"]


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("los", "did you mean 'loss'"),
        ("loss.nam", "did you mean 'loss.name'"),
        ("optimiser", "'optimizer'"),
        ("xyzzy", "the tables are data, latent"),
        ("loss.", "loss"),
    ],
)
def test_an_unknown_prefix_is_refused_with_near_names(prefix: str, words: str) -> None:
    with pytest.raises(RecipeError) as refused:
        find(prefix)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("loss.name", "(`gansmith settings loss.name` explains it)"),
        ("optimizer.generator.", "(`gansmith settings optimizer.generator` lists the keys)"),
        ("", "(`gansmith settings` lists the keys)"),
    ],
)
def test_a_refusal_names_the_command(name: str, command: str) -> None:
    assert listed(name).strip() == command
