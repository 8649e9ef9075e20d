"""`gansmith settings`: what it prints, what it refuses, and that it needs no engine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gansmith.cli import main
from gansmith.ground.recipes.recipe import flat
from gansmith.ground.recipes.settings import Recipe


def test_every_key_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    printed = [line.split(" = ")[0].strip() for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert printed == list(dict.fromkeys(printed))
    assert set(printed) == set(flat(Recipe()))


def test_one_key_has_its_type_choices_default_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "precision.name"]) == 0
    heading, _, default, choices, *meaning = capsys.readouterr().out.splitlines()
    assert heading.startswith("[precision] ")
    assert default == '  precision.name = "auto"'
    assert choices == "      one of auto, float32, float64, bfloat16"
    assert "bfloat16" in " ".join(meaning)


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "optimizer", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"].split(".")[1] for row in rows] == ["generator"] * 6 + ["discriminator"] * 6
    assert {"name", "kind", "choices", "default", "meaning"} <= set(rows[0])


@pytest.mark.parametrize("assignment", ["loss.nam=hinge", "loss.name=hing", "loss.classifier=much", "loss=hinge"])
def test_a_refused_setting_points_at_it(capsys: pytest.CaptureFixture[str], assignment: str) -> None:
    assert main(["train", "digits", "--set", assignment]) == 1
    assert "`gansmith settings loss" in capsys.readouterr().err


def test_an_unknown_prefix_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "loss.nam"]) == 1
    assert capsys.readouterr().err == "gansmith: unknown setting 'loss.nam'; did you mean 'loss.name'?\n"


def test_no_engine_is_loaded() -> None:
    program = (
        "import sys\nfrom gansmith.cli import main\nassert main(['settings']) == 0\n"
        "assert not {'torch', 'numpy', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
