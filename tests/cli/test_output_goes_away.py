"""The reader of the output goes away, the terminal closes, or the user is in a hurry: nothing that was trained is lost."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkpoint_arrays import PATIENCE, start_afresh, until
from forked_commands import start
from gansmith.ground.process.output import Outlived, outliving_readers

SMALL = ("--set", "watch.judge=0", "--set", "watch.diagnose=0", "--set", "generator.widths=[8]", "--set", "threads=1")


def test_a_stream_whose_reader_is_gone_leads_to_nowhere():
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        outlived = Outlived(stream)
        outlived.write("read\n")
        outlived.flush()
        assert os.read(reader, 99) == b"read\n"
        os.close(reader)
        for _ in range(3):
            outlived.write("lost" * 9999)
            outlived.flush()
        stream.write("and what others write")  # closing the stream would fail, did its end still lead to the reader
    assert outlived.closed


def test_other_faults_of_a_stream_are_faults(monkeypatch: pytest.MonkeyPatch):
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "no room")

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "no room")

    for act in (lambda: Outlived(Full()).write("x"), lambda: Outlived(Full()).flush()):
        with pytest.raises(OSError, match="no room"):
            act()


def test_the_streams_come_back():
    before = sys.stdout, sys.stderr
    with outliving_readers():
        print("seen")
        assert isinstance(sys.stdout, Outlived)
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("shown", [["--json"], []])
def test_training_goes_on_without_a_reader(tmp_path: Path, shown: list[str]):
    begin = start_afresh if shown else start
    with begin("train", "ring", "--updates", 100, "--out", tmp_path / "run", *SMALL, *shown) as process:
        stream = process.stdout if shown else process.stderr
        assert stream is not None
        assert stream.readline()
        stream.close()  # as `| head -1` does
        assert process.wait(PATIENCE) == 0
    assert (tmp_path / "run" / "checkpoints" / "00000100").is_dir()
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system's terminals end otherwise")
def test_the_end_of_the_terminal_saves_and_stops(tmp_path: Path):
    with start("train", "ring", "--updates", 10**6, "--out", tmp_path / "run", *SMALL) as process:
        until(lambda: (tmp_path / "run" / "stats.jsonl").exists() or process.poll() is not None)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        process.send_signal(signal.SIGHUP)
        assert process.wait(PATIENCE) == 130
    assert len(list((tmp_path / "run" / "checkpoints").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="one process cannot send another a Ctrl-C there")
def test_a_hurried_stop_says_what_is_lost(tmp_path: Path):
    process = start_afresh(
        "train", "ring", "--updates", 10**6, "--out", tmp_path / "run", *SMALL, "--set", "watch.checkpoint_every=40"
    )
    until(lambda: any((tmp_path / "run" / "checkpoints").glob("0*")) or process.poll() is not None)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "gansmith: stopped: at once, and what came after update" in said or "everything is saved" in said
    assert f"gansmith resume {tmp_path / 'run'}" in said


CAUGHT_IN_TEXT = """
import gansmith.cli
from gansmith.__main__ import run_and_exit

def main():
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        return 130

gansmith.cli.main = main
run_and_exit()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process ends by a signal there")
def test_a_stop_that_was_caught_does_not_end_the_program_by_a_signal(tmp_path: Path):
    (tmp_path / "caught.py").write_text(CAUGHT_IN_TEXT, encoding="utf-8")
    ended = subprocess.run([sys.executable, "-m", "caught"], cwd=tmp_path, check=False, timeout=PATIENCE)
    assert ended.returncode == 130  # -2 where CPython still remembers it
