"""The documentation site: its configuration loads, every page is in it, every link leads somewhere, and it builds."""

from __future__ import annotations

import importlib.util
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fences import DOCS, GUIDE, PAGES, ROOT, blocks

from gansmith.cli.commands import COMMANDS

BUILD = """
import socket, sys

def refuse(*_):
    raise OSError("the build asked for the network")

socket.socket.connect = refuse
from sphinx.cmd.build import main
sys.exit(main(["-W", "--keep-going", "-q", "-E", sys.argv[1], sys.argv[2]]))
"""


def extra() -> set[str]:
    """The packages of the extra `docs`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[>=<]", name)[0] for name in project["optional-dependencies"]["docs"]}


def test_the_configuration_loads_and_names_what_the_extra_installs() -> None:
    path = list(sys.path)
    try:
        settings = runpy.run_path(str(DOCS / "conf.py"))
    finally:
        sys.path[:] = path
    assert extra() == {"sphinx", "myst-parser", settings["html_theme"]}
    assert "myst_parser" in settings["extensions"]
    assert not [name for name in settings["extensions"] if "intersphinx" in name], "the build needs no network"


def test_the_extra_is_pinned() -> None:
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().splitlines()
    names = {line.partition("==")[0].replace("_", "-") for line in pinned}
    assert extra() <= names


def test_every_page_is_in_the_table_of_contents() -> None:
    entries = [line for text in blocks(DOCS / "index.md", "{toctree}") for line in text.splitlines()]
    listed = [line for line in entries if line and not line.startswith(":")]
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == {page for page in pages if not page.startswith("_build/")} - {"index"}


def test_every_guide_page_says_first_what_one_can_do_after_it() -> None:
    openings = {page.stem: page.read_text(encoding="utf-8").split("\n\n")[1] for page in GUIDE}
    assert [
        name
        for name, text in openings.items()
        if not text.startswith(("After this page you can", "After this page you know"))
    ] == []


def test_the_page_of_commands_shows_the_help_of_each() -> None:
    text = (DOCS / "guide" / "commands.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^```\{prints\} (\w+)(?: \w+)? --help$", text, flags=re.MULTILINE))
    assert shown == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    files = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:", link)]
    assert [name for name in files if name and not (page.parent / name).exists()] == []


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_parser", "furo")),
    reason="the extra [docs] is not installed",
)
def test_the_site_builds_without_warnings_and_without_a_network(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", BUILD, str(DOCS), str(tmp_path / "site")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    settings = (tmp_path / "site" / "guide" / "settings.html").read_text(encoding="utf-8")
    assert "loss.name = " in re.sub(r"<[^>]+>", "", settings).replace("&quot;", '"')
    assert (tmp_path / "site" / "guide" / "api.html").stat().st_size > 10_000
