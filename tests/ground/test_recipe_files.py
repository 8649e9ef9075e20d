"""Recipes to TOML and back, and what is said about files that are no recipes."""

from __future__ import annotations

import dataclasses
import math
import tomllib
import types
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith import recipes
from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.recipe import FORMAT, from_table, override, read, to_table, to_toml
from gansmith.ground.recipes.settings import Recipe

CALM = {  # what must hold between fields is tested by name in test_recipe_refusals.py; here they stay as they are
    "format",
    "thread_changes",
    "frozen",
    "budget",
    "faults",
    "output",
    "pixels",
    "clusters",
    "classes_drawn",
    "real",
    "fake",
    "generator_target",
}


def values(hint: Any, name: str) -> st.SearchStrategy[Any]:
    """Values of a field that `check` accepts."""
    kind = get_origin(hint)
    if kind is Literal:
        return st.sampled_from(get_args(hint))
    if kind is tuple:
        return st.lists(values(get_args(hint)[0], name), max_size=4).map(tuple)
    if hint is str:
        return st.text(max_size=20)
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(1, 2**40)
    if hint is float:
        return st.floats(1e-6, 0.99)
    raise AssertionError(f"{name} is of a type that recipes cannot hold: {hint}")


def settings_of(kind: type) -> st.SearchStrategy[Any]:
    """Any settings object of a dataclass."""
    hints, fields = get_type_hints(kind), {}
    for entry in dataclasses.fields(kind):
        hint = hints[entry.name]
        if dataclasses.is_dataclass(hint) and entry.name not in CALM:
            fields[entry.name] = settings_of(hint)  # pyright: ignore[reportArgumentType]
        elif entry.name not in CALM and not (kind.__name__ == "LossSettings" and entry.name == "generator"):
            fields[entry.name] = values(hint, entry.name)
    return st.builds(kind, **fields)


def test_every_field_is_of_a_type_that_toml_holds():
    def walk(kind: type) -> None:
        for name, hint in get_type_hints(kind).items():
            if dataclasses.is_dataclass(hint):
                walk(hint)  # pyright: ignore[reportArgumentType]
            else:
                assert not isinstance(hint, types.UnionType), f"{kind.__name__}.{name}: TOML has no None"
                values(hint, name)

    walk(Recipe)


@settings(max_examples=60, deadline=None)
@given(settings_of(Recipe))
def test_a_recipe_survives_toml(recipe: Recipe):
    together = {"generator.output": "linear", "loss.name": "minimax", "feedback.name": "alternating"}
    together |= {"generator.pack": 1, "discriminator.pack": 1}
    together |= {"regularizer.name": "r1", "discriminator.norm": "none", "discriminator.net": recipe.generator.net}
    fits = override(recipe, together)
    assert from_table(tomllib.loads(to_toml(fits))) == fits


@pytest.mark.parametrize("name", recipes.names())
def test_the_recipes_that_come_along_are_whole(name: str):
    recipe = recipes.load(name)
    assert recipe.name == name
    assert from_table(tomllib.loads(to_toml(recipe))) == recipe
    assert sum(bool(getattr(recipe.budget, unit)) for unit in ("updates", "images", "epochs", "minutes")) == 1


def test_a_stored_recipe_writes_every_field():
    def names(table: dict[str, Any], prefix: str = "") -> set[str]:
        found = set()
        for key, value in table.items():
            found |= names(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
        return found

    text = to_toml(Recipe())
    assert names(tomllib.loads(text)) == names(to_table(Recipe()))
    assert "optimizer.discriminator.epsilon" in names(tomllib.loads(text))


def test_a_file_names_only_what_differs(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text('format = 1\nname = "mine"\n[optimizer.generator]\nrate = 1\n[generator]\nwidths = [16]\n')
    recipe = read(path)
    assert recipe.optimizer.generator.rate == 1.0
    assert isinstance(recipe.optimizer.generator.rate, float)
    assert recipe.optimizer.discriminator == Recipe().optimizer.discriminator
    assert recipe.generator.output == "tanh"  # the generator's own default, not that of every network
    assert recipe.generator.widths == (16,)


def one_line(call: Any, *arguments: Any) -> str:
    """The message of the RecipeError that a call must raise; it must be one line."""
    with pytest.raises(RecipeError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("table", "typed", "meant"),
    [
        ({"sed": 3}, "sed", "seed"),
        ({"generater": {}}, "generater", "generator"),
        ({"loss": {"nam": "hinge"}}, "loss.nam", "loss.name"),
        ({"loss": {"name": "hinj"}}, "hinj", "hinge"),
        ({"optimizer": {"generator": {"beta": 0.5}}}, "optimizer.generator.beta", "optimizer.generator.beta1"),
        ({"generator": {"activations": ["relu", "leeky"]}}, "leeky", "leaky"),
        ({"faults": ["sigmoid-as-logit"]}, "sigmoid-as-logit", "sigmoid-as-logits"),
    ],
)
def test_what_is_unknown_is_named_with_the_nearest(table: dict[str, Any], typed: str, meant: str):
    message = one_line(from_table, table, "mine.toml")
    assert typed in message
    assert "mine.toml" in message
    assert f"did you mean '{meant}" in message


def test_where_nothing_is_near_the_choices_are_listed():
    message = one_line(from_table, {"precision": {"name": "qqqq"}})
    assert "auto, bfloat16, float32, float64" in message


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"seed": "one"}, "a whole number"),
        ({"seed": True}, "a whole number"),
        ({"seed": 1.5}, "a whole number"),
        ({"generator": {"bias": 1}}, "true or false"),
        ({"generator": {"slope": "steep"}}, "a number"),
        ({"generator": {"slope": True}}, "a number"),
        ({"generator": {"widths": ["wide"]}}, "a whole number"),
        ({"name": ["a"]}, "text"),
        ({"loss": 3}, "table"),
        ({"optimizer": {"generator": 1e-3}}, "table"),
    ],
)
def test_wrong_types_are_refused_by_name(table: dict[str, Any], word: str):
    message = one_line(from_table, table)
    assert word in message
    assert next(iter(table)) in message


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["ema.half_life", "budget.minutes", "regularizer.gamma", "generator.slope"])
def test_numbers_are_finite(name: str, number: float):
    assert name in one_line(override, Recipe(), {name: number})


def test_numbers_widen_and_sizes_may_be_numbers():
    recipe = from_table({"ema": {"half_life": 5}, "data": {"size": 28, "batch": 32.0}, "generator": {"widths": 7}})
    assert isinstance(recipe.ema.half_life, float)
    assert recipe.data.size == "28"
    assert recipe.data.batch == 32
    assert isinstance(recipe.data.batch, int)
    assert recipe.generator.widths == (7,)


@pytest.mark.parametrize("version", [FORMAT + 1, 99])
def test_a_newer_format_is_refused_in_one_line(version: int):
    message = one_line(from_table, {"format": version, "from_the_future": 1}, "new.toml")
    assert "newer Gansmith" in message
    assert str(version) in message
    assert "from_the_future" not in message


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, True])
def test_what_is_no_format_is_refused(version: Any):
    message = one_line(from_table, {"format": version})
    assert "format" in message
    assert "newer Gansmith" not in message


def test_files_that_cannot_be_read(tmp_path: Path):
    assert "gansmith recipes" in one_line(read, tmp_path / "absent.toml")
    assert "cannot be read" in one_line(read, tmp_path)
    broken, binary = tmp_path / "broken.toml", tmp_path / "binary.toml"
    broken.write_text("seed = \n")
    binary.write_bytes(b"\xff\xfe\x00")
    assert "not valid TOML" in one_line(read, broken)
    assert str(binary) in one_line(read, binary)


def test_an_unknown_recipe_is_named_with_the_nearest():
    assert "did you mean 'digits'" in one_line(recipes.load, "digit")
    assert "article-001-plain" in one_line(recipes.load, "article-01-plain")
