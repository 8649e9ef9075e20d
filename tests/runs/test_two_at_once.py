"""Two processes and one run: the second says so; and two trainings without a name of their own get two folders."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gansmith
from gansmith.ground.errors import GansmithError, RunError
from gansmith.ground.files.lock import lock
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.processes import alone, free_folder, new_folder
from gansmith.runs.run import resume
from gansmith.training.process_group import SINGLE_PROCESS

SMALL = {"data.batch": 8, "watch.judge": 0.0, "watch.diagnose": 0.0, "watch.samples": 4, "threads": 1,
         "generator.widths": [8, 8, 8], "discriminator.widths": [8, 8, 8], "watch.checkpoint_every": 2}  # fmt: skip
HOLDER = """
import sys
from pathlib import Path
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.processes import alone
from gansmith.training.process_group import SINGLE_PROCESS
with alone(RunFolder(Path(sys.argv[1])), SINGLE_PROCESS):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return gansmith.train("digits", out=tmp_path / "run", updates=2, settings=SMALL).folder


def test_a_run_that_another_process_trains_is_left_alone(run: RunFolder):
    before = run.stats.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match=rf"another process \({holder.pid} on .*\) trains .*run: wait until it ends"):
            resume(run.root)
        holder.kill()  # a killed process loses its lock
    assert run.stats.read_bytes() == before
    with alone(run, SINGLE_PROCESS):
        pass


def test_it_is_free_again_afterwards(run: RunFolder):
    with alone(run, SINGLE_PROCESS), pytest.raises(RunError, match="another process"):
        resume(run.root)
    with pytest.raises(RunError, match="is finished at update 2"):
        resume(run.root)


def test_a_file_system_without_locks_still_trains(run: RunFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gansmith.runs.processes.lock", lambda file, wait, patience: None)
    with alone(run, SINGLE_PROCESS), alone(run, SINGLE_PROCESS):
        pass


def test_a_lock_waits_or_not(tmp_path: Path):
    with open(tmp_path / "lock", "a+b") as first, open(tmp_path / "lock", "a+b") as second:
        assert lock(first) is True
        assert lock(second, wait=False) is False
    with open(tmp_path / "lock", "a+b") as third:
        assert lock(third, wait=False) is True


def test_two_trainings_at_the_same_moment_get_two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    recipe = choose_recipe("digits")
    with new_folder(recipe, None, tmp_path) as first, new_folder(recipe, None, tmp_path) as second:
        assert (first.root.name, second.root.name) == ("digits-001", "digits-002")
    assert not list(tmp_path.iterdir())  # nothing was trained, so both names are given back
    late = iter([RunFolder(tmp_path / "digits-001")])  # chosen by both before either made it
    (tmp_path / "digits-001").mkdir()
    monkeypatch.setattr("gansmith.runs.processes.free_folder", lambda *given: next(late, free_folder(*given)))
    with new_folder(recipe, None, tmp_path) as third:
        assert third.root.name == "digits-002"


def test_a_name_that_was_given_is_kept(tmp_path: Path):
    with new_folder(choose_recipe("digits"), tmp_path / "mine") as folder:
        assert folder.root == tmp_path / "mine"
    assert not folder.root.exists()


def test_a_training_that_cannot_begin_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GansmithError, match="strides has 3 values"):
        gansmith.train("digits", updates=2, settings=SMALL | {"generator.widths": [8, 8]})
    assert not list(tmp_path.iterdir())
    done = gansmith.train("digits", updates=2, settings=SMALL)
    assert done.folder.root == Path("runs/digits-001")


def test_what_a_kill_left_while_the_folder_was_made_goes_with_the_next_training(tmp_path: Path):
    (tmp_path / "run").mkdir()
    left = [tmp_path / "run" / f"{name}.77-0.part" for name in ("environment.json", "recipe.toml", "real.png")]
    for part in left:
        part.write_bytes(b"half")
    folder = gansmith.train("digits", out=tmp_path / "run", updates=2, settings=SMALL).folder
    assert not list(folder.root.rglob("*.part"))


def test_what_a_kill_left_of_the_page_goes_when_the_page_is_written(run: RunFolder):
    left, now = run.root / "progress.gif.77-0.part", run.root / "report.html.78-0.part"
    for part, when in ((left, 1.0), (now, time.time() + 1000)):
        part.write_bytes(b"half")
        os.utime(part, (when, when))
    run.report.unlink()
    resume(run.root)
    assert not left.exists()
    assert now.exists()  # another command is writing it
