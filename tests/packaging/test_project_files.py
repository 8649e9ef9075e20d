"""What others read about the project: how to cite it, how it is classified, how a container is made."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gansmith.ground.version import __version__

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_is_of_this_version_and_licence() -> None:
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    told = dict(line.split(": ", 1) for line in lines if re.match(r"[a-z-]+: ", line))
    assert told["cff-version"] == "1.2.0"
    assert (told["version"], told["license"]) == (__version__, PROJECT["license"])
    assert {"message", "title"} <= set(told)
    assert "authors:" in lines
    assert f"  - name: {PROJECT['authors'][0]['name']}" in lines


def test_classifiers_are_those_that_registries_know() -> None:
    known = pytest.importorskip("trove_classifiers")
    assert set(PROJECT["classifiers"]) <= known.classifiers
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Programming Language :: Python :: {lowest}" in PROJECT["classifiers"]


def test_the_container_is_made_of_files_that_are_there() -> None:
    lines = [
        line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
    ]
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    needed = {PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml", "gansmith"}
    assert needed <= set(copied)
    assert len(lines) <= 12
