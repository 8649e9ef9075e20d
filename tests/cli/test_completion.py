"""The scripts of `gansmith completion`, in the shells that this machine has."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from gansmith import recipes
from gansmith.cli import completion, main
from gansmith.cli.commands import COMMANDS
from gansmith.data.sources import SOURCES
from gansmith.ground.recipes.recipe import flat
from gansmith.ground.recipes.settings import Recipe

ASK = {
    "bash": "source {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); compopt() {{ :; }}; "
    '_gansmith_bash gansmith; printf "%s\\n" "${{COMPREPLY[@]}}"',
    "fish": "source {script}; complete -C '{line}' | string split -f 1 \\t",
}
"""A program that prints what a shell offers at the end of a line."""

OFFERED = [
    ("gansmith comp", {"compare", "completion"}),
    ("gansmith train mni", {"mnist"}),
    ("gansmith train mi", {"mine.toml"}),
    ("gansmith train digits --trac", {"--track"}),
    ("gansmith train digits --track tr", {"trackio"}),
    ("gansmith train digits --data fash", {"fashion-mnist"}),
    ("gansmith resume runs/", {"runs/digits-001"}),
    ("gansmith explore runs/digits-001 interp", {"interpolate"}),
    ("gansmith settings watch.tra", {"watch.track"}),
    ("gansmith data get fa", {"fashion-mnist"}),
    ("gansmith train digits --set data.bat", {"data.batch="}),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run, and a recipe."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "digits-001").mkdir(parents=True)
    (tmp_path / "runs" / "digits-001" / "recipe.toml").touch()
    (tmp_path / "mine.toml").touch()
    return tmp_path


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")


def offers(shell: str, line: str, words: str = "") -> set[str]:
    program = ASK[shell].format(script=f"completion.{shell}", line=line, words=words or line)
    done = subprocess.run([shell, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("shell", ASK)
def test_a_shell_completes_what_is_typed(shell: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need(shell)
    (here / f"completion.{shell}").write_text(script(shell, capsys), encoding="utf-8")
    assert [line for line, wanted in OFFERED if not wanted <= offers(shell, line)] == []


def test_bash_completes_a_value_after_the_equals_sign(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It takes the word apart there."""
    need("bash")
    (here / "completion.bash").write_text(script("bash", capsys), encoding="utf-8")
    assert offers("bash", "", "gansmith train digits --set loss.name = hi") == {"hinge"}
    assert "minimax" in offers("bash", "", "gansmith train digits --set loss.name =")
    assert offers("bash", "", "gansmith explore runs/digits-001 interpolate --way sp") == {"spherical"}
    assert offers("bash", "", "gansmith resume runs/") == {"runs/digits-001"}


def test_fish_completes_a_value_after_the_equals_sign(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("fish")
    (here / "completion.fish").write_text(script("fish", capsys), encoding="utf-8")
    assert offers("fish", "gansmith train digits --set loss.name=hi") == {"loss.name=hinge"}


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_a_script_names_everything_and_is_the_same_each_time(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    assert text == script(shell, capsys)
    names = [*COMMANDS, *recipes.names(), *flat(Recipe()), *SOURCES]
    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_one_of_its_shell(shell: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need(shell)
    (here / "script").write_text(script(shell, capsys), encoding="utf-8")
    done = subprocess.run([shell, "-n", "script"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def places(parser: argparse.ArgumentParser, path: str = "") -> set[str]:
    """The names under which `completion.WORDS` may list an argument of a command."""
    found: set[str] = set()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                found |= places(inner, f"{path} {name}".strip())
        name = action.option_strings[-1] if action.option_strings else action.dest
        found |= {name, f"{path} {name}"}
    return found


def test_no_row_of_the_table_is_for_an_argument_that_is_gone() -> None:
    assert set(completion.WORDS) <= places(completion.whole_parser(COMMANDS))


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "csh"]) == 1
    assert "invalid choice: 'csh'" in capsys.readouterr().err
