"""A few random kills, each resumed to the same bits. `benchmarks/kills.py` does a thousand, over everything that writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.ground.files.whole import replacing
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.roll_back import forget_unmade

KILLS = Path(__file__).parents[2] / "benchmarks" / "kills.py"


@pytest.mark.skipif(not hasattr(sys, "getdlopenflags"), reason="processes are forked on POSIX systems only")
def test_a_few_kills_lose_nothing(tmp_path: Path):
    command = [
        sys.executable,
        str(KILLS),
        "--count",
        "20",
        "--only",
        "memory",
        "prepare",
        "arrays",
        "files",
        "--record",
        str(tmp_path / "r.jsonl"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(read_rows(tmp_path / "r.jsonl"))) == 20


def test_the_records_of_a_change_that_was_not_made_are_dropped(tmp_path: Path):
    folder = RunFolder(tmp_path)
    recipe = Recipe()
    rate = recipes.flat(recipe)["optimizer.generator.rate"]
    made = {"at": 5, "change": {"optimizer.generator.rate": [1.0, rate]}}
    unmade = {"at": 9, "change": {"optimizer.generator.rate": [rate, rate / 2]}}
    for path in (folder.changes, folder.findings):
        append_row(path, made)
        append_row(path, unmade)
    for _ in range(2):
        forget_unmade(folder, recipe)
        assert list(read_rows(folder.changes)) == list(read_rows(folder.findings)) == [made]


def test_a_row_after_a_torn_one_is_whole(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"update": 1}\n{"upda')
    append_row(path, {"update": 3})
    assert list(read_rows(path)) == [{"update": 1}, {"update": 3}]


def test_a_file_is_whole_or_the_old_one(tmp_path: Path):
    path = tmp_path / "made.npz"
    for content in (np.zeros(3), np.ones(3)):
        with replacing(path) as file:
            np.savez(file, content)
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", "and then an error"])
    assert np.load(path)["arr_0"].tolist() == [1, 1, 1]
    assert [each.name for each in tmp_path.iterdir()] == ["made.npz"]
    (tmp_path / "link").symlink_to(path)
    with replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert path.read_bytes() == b"new"
