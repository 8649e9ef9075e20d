"""A cell of a comparison ends with the process that started it, also where that one was killed."""

from __future__ import annotations

import subprocess
import sys

from checkpoint_arrays import PATIENCE

CELL = """
import sys
import time

from gansmith.compare import cell


def work(folder, threads):
    print("at work", flush=True)
    while True:
        time.sleep(0.01)


cell.work = work
sys.exit(cell.main(["folder", "1"]))
"""


def test_a_cell_stops_at_the_end_of_its_standard_input():
    process = subprocess.Popen(
        [sys.executable, "-c", CELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.readline().strip() == b"at work"
        process.stdin.close()  # as the system does when the other process ends
        assert process.wait(PATIENCE) == 130
        assert process.stderr.read() == b""
