"""Runs that are trained in processes of their own: waiting for them, and what they left behind."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from gansmith.cli import main

PATIENCE = 300
"""Seconds that another process may take at most. It is never waited out but where something hangs: a busy machine is no
failure."""


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def typed(*arguments: object, code: int = 0) -> Done:
    """Run a command within this process, as if it had been typed; it must end with `code`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        ended = main([str(argument) for argument in arguments])
    done = Done(ended, out.getvalue(), err.getvalue())
    assert done.returncode == code, done.stderr
    return done


def start_afresh(*arguments: object) -> subprocess.Popen[str]:
    """Run a command beside us, as a shell starts it; `forked_commands.start` is quicker."""
    command = [sys.executable, "-m", "gansmith", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def until(happened: Callable[[], object]) -> None:
    """Wait for a condition, looking often."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def weights(run: Path, update: int) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint."""
    return load_file(run / "checkpoints" / f"{update:08d}" / "weights.safetensors")


def equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether two sets of arrays are the same, bit for bit."""
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)
