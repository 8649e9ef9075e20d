"""A disk that fails at a write, a clock that jumps, a folder that is taken away: one line, and nothing that was kept is lost.

`benchmarks/disks.py` fails at each write in turn.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from checkpoint_arrays import equal, typed, weights

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import disks

SMALL = ("--quiet", "--seed", 1, "--set", "watch.judge=0", "--set", "watch.diagnose=0", "--set", "generator.widths=[8]",
         "--set", "watch.checkpoint_every=10", "--set", "watch.stats_every=5", "--set", "threads=1")  # fmt: skip


def test_a_disk_that_fails_at_a_write(tmp_path: Path):
    wanted, writes = disks.in_peace(tmp_path / "peace")
    errors = itertools.cycle(disks.FAULTS.values())
    for last in (1, 2, 6, writes // 4, writes // 2, 3 * writes // 4, writes - 4, writes):
        assert disks.play(tmp_path / "case", wanted, last, next(errors)) == "", last


def test_a_clock_that_jumps_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of the clock on the wall nothing depends but the time of files, and one that runs backwards stops nothing."""
    typed("train", "ring", "--updates", 30, "--out", tmp_path / "steady", *SMALL)
    back = itertools.count()
    monkeypatch.setattr(time, "time", lambda: 1e9 - 3600.0 * next(back))
    typed("train", "ring", "--updates", 20, "--out", tmp_path / "run", *SMALL)
    page = tmp_path / "run" / "report.html"
    os.utime(page, (1e6, 1e6))  # it seems older than the checkpoint: it is written again, and nothing else happens
    typed("resume", tmp_path / "run", "--quiet")
    assert page.stat().st_mtime > 1e6
    typed("resume", tmp_path / "run", "--updates", 30, "--quiet")
    assert equal(weights(tmp_path / "run", 30), weights(tmp_path / "steady", 30))


def test_a_page_that_a_kill_left_unwritten_is_written_by_a_resume(tmp_path: Path):
    typed("train", "ring", "--updates", 10, "--out", tmp_path / "run", *SMALL)
    (tmp_path / "run" / "report.html").unlink()
    typed("resume", tmp_path / "run", "--quiet")
    assert (tmp_path / "run" / "report.html").is_file()
    assert "is finished at update 10" in typed("resume", tmp_path / "run", code=1).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="an open file keeps its folder there")
def test_a_folder_that_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from gansmith.training import watchers

    after = watchers.StopOnNaN.after

    def taking(self: watchers.StopOnNaN, event: Any) -> Any:
        if event.update == 12:
            shutil.rmtree(tmp_path / "run")
        return after(self, event)

    monkeypatch.setattr(watchers.StopOnNaN, "after", taking)
    said = typed("train", "ring", "--updates", 40, "--out", tmp_path / "run", *SMALL, code=1).stderr.strip()
    assert said.startswith("gansmith: ")
    assert "\n" not in said
