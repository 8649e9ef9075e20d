"""What a person can type is written about, and the repository speaks of the product alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from house import PACKAGE, ROOT, nobody

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


def undocumented() -> Iterator[str]:
    text = pages()
    for name in COMMANDS:
        if not re.search(rf"(gansmith|\./run) {re.escape(name)}\b", text):
            yield f"README.md and docs/ never show `gansmith {name}`"
    for name in recipes.names():
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
            yield f"README.md and docs/ never name recipe {name}"


def test_every_command_and_every_recipe_is_documented():
    nobody(undocumented())


def mute_commands() -> Iterator[str]:
    for name, command in COMMANDS.items():
        if not command.summary or not command.examples:
            yield f"{name}: no summary or no examples"
        yield from (f"{name}: {line}" for line in command.examples if not line.startswith(f"gansmith {name}"))


def test_every_command_has_examples_of_itself():
    nobody(mute_commands())


def without_arguments() -> Iterator[str]:
    for name in recipes.names():
        lines = recipes.text(name).splitlines()
        header = [line for line in lines[: lines.index("")] if line.startswith("#")]
        if len(header) < 3 or not recipes.summary(name).endswith("."):
            yield f"{name}: a header of three lines begins with a sentence"
        if not any(line.startswith("# Cost") for line in header):
            yield f"{name}: no line `# Cost`"
        if not any(line.startswith(("# Expect", "# Needs")) for line in header):
            yield f"{name}: no line `# Expect` or `# Needs`"


def test_every_recipe_argues():
    """A header that says what it is, what to expect or need, and what it costs."""
    nobody(without_arguments())


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
    nobody(lines_with(rf"(?<![\w.\-/])/({places})(/|(?![\w.]))", files()))


def test_the_package_knows_no_temporary_folder():
    nobody(lines_with(r"(?<![\w.])/tmp\b", (path for path in files() if PACKAGE in path.parents)))


def test_no_text_was_left_half_done():
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX"))
    nobody(lines_with(rf"\b({words})\b", (path for path in files() if path.suffix in (".py", ".md", ".toml"))))


def test_no_merge_was_left_half_done():
    nobody(lines_with(r"^(<{7}|={7}|>{7})( |$)", files()))
