"""The JSON schema of recipes: equal to the settings, named in what Gansmith writes, and understood by an editor's checker."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from jsonschema import Draft7Validator

from gansmith import recipes
from gansmith.cli import main
from gansmith.ground.errors import RecipeError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.recipe import SCHEMA, from_table, override, to_table, to_toml
from gansmith.ground.recipes.schema import schema, text
from gansmith.ground.recipes.settings import Recipe

CHECK = Draft7Validator(schema())
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sed": 3}, "'sed' was unexpected"),
    ({"data": {"batch": "many"}}, "is not of type 'integer'"),
    ({"data": {"batch": 0}}, "less than or equal to the minimum"),
    ({"data": {"first": -1}}, "less than the minimum"),
    ({"loss": {"name": "hing"}}, "is not one of"),
    ({"loss": {"real": [0.9]}}, "too short"),
    ({"generator": {"dropout": 1}}, "greater than or equal to the maximum"),
    ({"generator": {"widths": ["wide"]}}, "is not valid"),
    ({"augment": {"operations": ["blur"]}}, "is not valid"),
    ({"loss": 3}, "is not of type 'object'"),
    ({"graphs": "yes"}, "is not of type 'boolean'"),
    ({"optimizer": {"generator": {"rat": 1e-3}}}, "'rat' was unexpected"),
]


def test_the_shipped_file_is_the_schema_of_the_settings() -> None:
    """After a change of the settings: `gansmith settings --schema > gansmith/ground/recipes/recipe.schema.json`."""
    assert SCHEMA.read_text(encoding="utf-8") == text()
    Draft7Validator.check_schema(schema())


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_keeps_to_it(name: str) -> None:
    assert list(CHECK.iter_errors(tomllib.loads(recipes.text(name)))) == []
    assert list(CHECK.iter_errors(to_table(recipes.load(name)))) == []


@pytest.mark.parametrize(
    "assignment", ["generator.widths=64", "data.size=28", "watch.track=trackio", "data.labels=classes"]
)
def test_what_recipes_may_leave_out_is_right(assignment: str) -> None:
    """A single value for a list, and a number for a text."""
    table, (key, _, value) = assignment.partition(".")[0], assignment.partition(".")[2].partition("=")
    typed = int(value) if value.isdigit() else value
    assert list(CHECK.iter_errors({table: {key: typed}})) == []
    assert from_table({table: {key: typed}}) == override(Recipe(), [assignment])


@pytest.mark.parametrize(("table", "why"), WRONG)
def test_what_is_wrong_is_marked(table: dict[str, Any], why: str) -> None:
    """And is refused by the reader too."""
    assert [error for error in CHECK.iter_errors(table) if why in error.message]
    with pytest.raises(RecipeError):
        from_table(table)


def test_what_gansmith_writes_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RunFolder(tmp_path / "run").create(Recipe())
    assert main(["recipes", "digits"]) == 0
    printed = capsys.readouterr().out
    for written in (RunFolder(tmp_path / "run").recipe.read_text(encoding="utf-8"), printed, to_toml(Recipe())):
        first, _, rest = written.partition("\n")
        assert first.startswith("#:schema file://")
        assert Path(url2pathname(urlsplit(first.removeprefix("#:schema ")).path)) == SCHEMA
        assert tomllib.loads(rest)
    assert printed.partition("\n")[2] == recipes.text("digits")


def test_an_editor_s_checker_understands_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """taplo is what editors use for TOML; it finds the schema by the first line alone."""
    if shutil.which("taplo") is None:
        pytest.skip("taplo is not installed")
    assert main(["recipes", "mnist"]) == 0
    right = capsys.readouterr().out
    for name, written, code in (
        ("right", right, 0),
        ("written", to_toml(recipes.load("mnist")), 0),
        ("key", right.replace("\ndim = ", "\ndmi = "), 1),
        ("type", right.replace("batch = 64", 'batch = "many"'), 1),
        ("choice", right.replace('"non-saturating"', '"hing"'), 1),
    ):
        (tmp_path / f"{name}.toml").write_text(written, encoding="utf-8")
        done = subprocess.run(
            ["taplo", "lint", f"{name}.toml"], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == code, (name, done.stderr)
