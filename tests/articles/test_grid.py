"""What the articles ask of a comparison: threads by what this process may use, and a recipe's own number of them."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from gansmith.compare import cell, grid
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.files.runfolder import write_json
from gansmith.ground.files.whole import write_text
from gansmith.ground.process.hardware import processors
from gansmith.ground.recipes import recipe as recipes


def test_processors_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3, 5}, raising=False)
    assert processors() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert processors() == 8


@pytest.mark.parametrize(("own", "used"), [(0, 3), (2, 2)])
def test_a_recipe_s_own_threads_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: int, used: int):
    folder = CellFolder(tmp_path)
    chosen = dataclasses.replace(grid.variant("ring").recipe, threads=own)
    write_text(folder.recipe, recipes.to_toml(chosen))
    write_json(folder.order, {"shares": [1.0], "count": 10})
    write_json(folder.result, {})
    seen: list[int] = []
    monkeypatch.setattr(cell, "_train", lambda _, recipe, *rest: seen.append(recipe.threads))
    cell.work(folder, 3)
    assert seen == [used]
    assert json.loads(folder.result.read_text(encoding="utf-8")) == {}
