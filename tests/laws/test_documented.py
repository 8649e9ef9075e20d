"""What a person can type is written about, and the repository speaks of the product alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import PACKAGE, ROOT

from gansmith import recipes
from gansmith.cli.commands import COMMANDS

TEXT = {".md", ".py", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".json", ".html", ".css", ".js", ".sh", ".ipynb", ""}
FOLDERS = ("gansmith", "tests", "docs", "examples", "benchmarks", ".ci")


def pages() -> str:
    """README.md and docs/*.md as one text."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())


def test_there_is_a_readme():
    assert (ROOT / "README.md").is_file()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str):
    typed = re.search(rf"(gansmith|\./run) {re.escape(name)}\b", pages())
    assert typed, f"README.md and docs/ never show `gansmith {name}`"


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_documented(name: str):
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", pages()), f"README.md and docs/ never name recipe {name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_of_itself(name: str):
    command = COMMANDS[name]
    assert command.summary
    assert command.examples
    assert all(example.startswith(f"gansmith {name}") for example in command.examples)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_argues(name: str):
    """A header that says what it is, what to expect or need, and what it costs."""
    lines = recipes.text(name).splitlines()
    header = [line for line in lines[: lines.index("")] if line.startswith("#")]
    assert len(header) >= 3
    assert recipes.summary(name).endswith(".")
    assert any(line.startswith("# Cost") for line in header)
    assert any(line.startswith(("# Expect", "# Needs")) for line in header)


def files() -> Iterator[Path]:
    """Every text file of the repository; what tools leave behind is none of it."""
    for path in [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]:
        left = any(part in ("__pycache__", "_build") or part.startswith(".") for part in path.relative_to(ROOT).parts)
        if path.is_file() and path.suffix in TEXT and (not left or path.parent.name == ".ci"):
            yield path


def lines_with(pattern: str, paths: Iterator[Path]) -> list[str]:
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    return found


def test_no_line_names_a_place_on_somebody_s_machine():
    places = "|".join(("work", "root", "home/[a-z]", "Users/[A-Za-z]"))
    assert not lines_with(rf"(?<![\w.\-/])/({places})(/|(?![\w.]))", files())


def test_the_package_knows_no_temporary_folder():
    assert not lines_with(r"(?<![\w.])/tmp\b", (path for path in files() if PACKAGE in path.parents))


def test_no_text_was_left_half_done():
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX"))
    assert not lines_with(rf"\b({words})\b", (path for path in files() if path.suffix in (".py", ".md", ".toml")))


def test_no_merge_was_left_half_done():
    assert not lines_with(r"^(<{7}|={7}|>{7})( |$)", files())
