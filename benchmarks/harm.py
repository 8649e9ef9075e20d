"""Commands of Gansmith in processes that can be killed at any moment, or at any of their writes.

A process is a fork of this one, which has loaded all libraries, so that a thousand of them cost seconds and not an hour.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "shutil.rmtree"}
"""Events of Python's audit that change a file system; `open` is one where it opens to write."""

Stop = tuple[int, ...]
HARMS: dict[str, Stop] = {
    "SIGKILL": (signal.SIGKILL,),
    "SIGTERM": (signal.SIGTERM,),
    "SIGHUP": (signal.SIGHUP,),
    "Ctrl-C": (signal.SIGINT,),
    "two Ctrl-C": (signal.SIGINT, signal.SIGINT),
    "closed output": (),
}
"""What is done to a process: the signals that it gets; without any, the reader of its output goes away."""

PATIENCE = 600.0  # seconds after which a process counts as hanging


@dataclass(frozen=True)
class Blow:
    """One harm, and when it comes."""

    harm: str
    at_write: int = 0  # before which write, counted from 1; 0: by the clock
    seconds: float = 0.0  # after the start
    gap: float = 0.0  # between two signals


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: by a signal), its words, and what it cost."""

    code: int
    said: str
    seconds: float
    writes: int
    left_alive: bool  # a process that it started was still there afterwards


def is_write(event: str, given: tuple[Any, ...]) -> bool:
    """Whether an event of Python's audit is about to change a file."""
    if event != "open":
        return event in WRITES
    path, mode, flags = given
    if path == os.devnull or isinstance(path, int):
        return False
    return any(sign in mode for sign in "wax+") if mode else bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def run(arguments: list[str], words: Path, blow: Blow | None = None, plant: Callable[[], None] | None = None) -> Ended:
    """Run a command in a process of its own and see how it ends.

    words: a file for what it says. plant: called in the process before the command, for pretended faults.
    """
    reader, writer = os.pipe()
    began, counter = time.monotonic(), words.with_suffix(".writes")
    counter.write_bytes(b"")
    child = os.fork()
    if not child:
        os.close(reader)
        _be_command(arguments, words, writer, counter, blow, plant)
    os.close(writer)
    if blow and not blow.at_write:
        _strike(child, reader, blow)
        reader = -1 if blow.harm == "closed output" else reader
    code = _wait(child)
    seconds = time.monotonic() - began
    if reader >= 0:
        os.close(reader)
    said = words.read_text(encoding="utf-8", errors="replace")
    return Ended(code, said, seconds, len(counter.read_bytes()), _alive(child))


def _be_command(
    arguments: list[str], words: Path, output: int, counter: Path, blow: Blow | None, plant: Callable[[], None] | None
) -> None:
    """The whole life of the forked process."""
    code, log = 1, 2
    try:
        os.setsid()
        log = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.dup2(output if blow and blow.harm == "closed output" else log, 2)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        if plant:
            plant()
        _watch_writes(os.open(counter, os.O_WRONLY | os.O_APPEND), log, blow)
        from gansmith.__main__ import again
        from gansmith.cli import main

        sys.unraisablehook = again
        code = main(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # as the interpreter does, but into the file that is read afterwards
        os.write(log, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _watch_writes(counter: int, log: int, blow: Blow | None) -> None:
    """Count the writes of this process; strike it before the one that the blow names, and again soon after."""
    count, me = 0, os.getpid()

    def heard(event: str, given: tuple[Any, ...]) -> None:
        nonlocal count
        if not is_write(event, given) or os.getpid() != me:
            return
        count += 1
        os.write(counter, b".")
        if blow is None or not blow.at_write:
            return
        if blow.harm == "closed output" and count == blow.at_write:
            gone, end = os.pipe()
            os.close(gone)
            os.dup2(end, 1)
            os.dup2(end, 2)
        elif 0 <= (place := count - blow.at_write) < len(HARMS[blow.harm]):
            os.kill(me, HARMS[blow.harm][place])

    sys.addaudithook(heard)


def _strike(child: int, reader: int, blow: Blow) -> None:
    """Wait for the moment, then do what the blow says; nothing where the process has ended before."""
    end = time.monotonic() + blow.seconds
    while time.monotonic() < end and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(max(0.0, min(0.02, end - time.monotonic())))
    if blow.harm == "closed output":
        os.close(reader)
    for place, number in enumerate(HARMS[blow.harm]):
        time.sleep(blow.gap if place else 0.0)
        os.kill(child, number)  # at worst it has ended, and waits to be asked for


def _wait(child: int) -> int:
    """The exit code of a process; one that hangs is killed, and its code is that of the kill plus 1000."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    return 1000 + os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _alive(group: int) -> bool:
    """Whether a process of the group is left after ten seconds; then it is ended."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return False
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return True
