"""The notebooks in examples/ run from their first cell to their last, and are kept without what they print."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fences import ROOT

from gansmith.metrics.feature_networks import classifier, self_supervised

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
SHORTER = {
    r"minutes=[\d.]+": "updates=2",
    r"count=1000": "count=40",
    r"discs\(2000,": "discs(64,",
    r"apart=True": "apart=True, count=60",
}
"""What makes a notebook short enough for a test."""


def cells(path: Path) -> list[dict[str, Any]]:
    """Its cells, as they are stored."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def run_cell(source: str, names: dict[str, Any]) -> object:
    """Run a cell as a notebook does. Returns what it would show: the value of its last line."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None


def test_there_are_two() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first_gan_on_digits", "own_pictures_own_network"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "UPDATES", 2)
    monkeypatch.setattr(self_supervised, "UPDATES", 2)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    pictures, pages = 0, 0
    for cell in cells(path):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            for long, short in SHORTER.items():
                source = re.sub(long, short, source)
            shown = run_cell(source, names)
            pictures += hasattr(shown, "save")
            if hasattr(shown, "_repr_html_"):
                assert "<img" in shown._repr_html_()  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
                pages += 1
    assert pictures >= 3
    assert pages == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    for cell in cells(path):
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert cell["id"]
    assert path.stat().st_size < 20_000
    first = cells(path)[0]
    assert first["cell_type"] == "markdown"
    assert first["source"][0].startswith("# ")


def test_every_shortening_is_used() -> None:
    text = "".join("".join(cell["source"]) for path in NOTEBOOKS for cell in cells(path))
    assert [long for long in SHORTER if not re.search(long, text)] == []
