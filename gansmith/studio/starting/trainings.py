"""Trainings as child processes that outlive the studio, and what is known of them by files alone.

A training's output goes to a file beside the runs. The process holds that file's lock as long as it lives (it inherits it),
so a studio that was started again finds it without any number of a process. Where locks are not inherited (Windows), a
training that a former studio started is seen once it holds the lock of its run.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gansmith.ground.files.lock import LOOKED_AT, is_held, lock
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.studio.children import gansmith
from gansmith.studio.errors import StudioError
from gansmith.studio.places import OWN, as_file, as_name, inside

ENDING = 30.0  # seconds in which a process that has trained has to end
LOOK = 0.1  # seconds between two looks at one that ends
TAIL = 2**16  # bytes at the end of a log that are read
ERROR = re.compile(r"[A-Za-z_][\w.]*(:|$)")
"""How the last line of a traceback begins: with the error's name."""
GOES_ON = ("update ", "training ", "done:")
"""How lines of a training begin that works."""


class Trainings:
    """The trainings of a served folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / OWN / "logs"
        self.mine: dict[str, subprocess.Popen[bytes]] = {}  # those that this studio started
        self.one_start = threading.Lock()

    def log(self, name: str) -> Path:
        """What the newest training of a run that a studio started has printed."""
        return self.logs / f"{as_file(name)}.log"

    def start(self, name: str, words: Sequence[str], facts: dict[str, Any]) -> None:
        """Start `gansmith WORDS` for a run. facts: what is shown of it before its first files are there. Raises StudioError."""
        with self.one_start:
            self.need_idle(name)
            try:
                self._start(name, words, facts)
            except OSError as error:
                raise StudioError(
                    500, f"the training cannot be started ({error.strerror or error}): make room"
                ) from None

    def _start(self, name: str, words: Sequence[str], facts: dict[str, Any]) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self.mine = {one: process for one, process in self.mine.items() if process.poll() is None}
        told = self.log(name).with_suffix(".json")
        write_json(told, facts)
        since = told.stat().st_mtime_ns  # by the clock of the disk, as the time of the run's lock
        with open(self.log(name), "wb") as log:
            if sys.platform != "win32":  # where a lock belongs to one process, and forbids others to write
                lock(log, wait=False, patience=LOOKED_AT)
            self.mine[name] = subprocess.Popen(
                gansmith(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        threading.Thread(target=self.mine[name].wait, daemon=True).start()  # the system forgets it when it has ended
        write_json(told, facts | {"process": self.mine[name].pid, "since": since})

    def need_idle(self, name: str) -> None:
        """Raise StudioError 409 where a run is being trained. A process that has let go of the run, and is ending, is waited
        for."""
        until = time.monotonic() + ENDING
        while self.is_alive(name) or is_held(RunFolder(self.folder / name).lock):
            if time.monotonic() > until or self.is_starting(name) or is_held(RunFolder(self.folder / name).lock):
                raise StudioError(409, f"{name} is being trained: pause it first")
            time.sleep(LOOK)

    def is_alive(self, name: str) -> bool:
        """Whether the process of the newest training that a studio started lives."""
        process = self.mine.get(name)
        if process is not None and process.poll() is None:
            return True
        return is_held(self.log(name))

    def is_starting(self, name: str) -> bool:
        """Whether a training has begun and does not hold its run's lock yet."""
        return self.is_alive(name) and not self.has_trained(name)

    def has_trained(self, name: str) -> bool:
        """Whether some process has held the run's lock since a studio started the newest training."""
        since = self.facts(name).get("since")
        try:
            if not isinstance(since, int):  # it is being started
                since = self.log(name).with_suffix(".json").stat().st_mtime_ns
            return RunFolder(self.folder / name).lock.stat().st_mtime_ns >= since
        except OSError:
            return False

    def unborn(self) -> list[str]:
        """The names of trainings that have no run's files yet, or failed before they had any."""
        if not self.logs.is_dir():
            return []
        names = [as_name(path.stem) for path in self.logs.glob("*.log")]
        return [
            name for name in names if (root := self.folder / name).is_dir() and not RunFolder(root).recipe.is_file()
        ]

    def facts(self, name: str) -> dict[str, Any]:
        """What was said of a training when a studio started it."""
        try:
            found = json.loads(self.log(name).with_suffix(".json").read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        except (OSError, ValueError):
            return {}

    def printed(self, name: str) -> list[str]:
        """The last lines that it has printed."""
        try:
            with open(self.log(name), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                return [line.rstrip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            return []

    def failure(self, name: str) -> str | None:
        """The error with which the newest training ended, in one line; None where it ended well, or was killed, or where a
        training that no studio started came later."""
        lines = self.printed(name)
        if not lines or self.is_alive(name):
            return None
        with suppress(OSError):
            if RunFolder(self.folder / name).lock.stat().st_mtime_ns > self.log(name).stat().st_mtime_ns:
                return None
        said = lines[-1].removeprefix("gansmith: ")
        if said != lines[-1]:
            return None if said.startswith("stopped") else said[:500]
        return lines[-1][:500] if ends_in_traceback(lines) else None

    def kill(self, name: str) -> None:
        """End the processes that train a run, at once. Raises StudioError where none does, or where it is elsewhere."""
        process = self.mine.get(name)
        if process is not None and process.poll() is None:
            kill(process.pid)
            process.wait()
            return
        run, known = RunFolder(inside(self.folder, name)), self.facts(name).get("process")
        if is_held(run.lock):
            kill_holder(run.lock)
        elif isinstance(known, int) and is_held(self.log(name)):  # which its process holds, as long as it lives
            kill(known)
        else:
            raise StudioError(409, f"nobody trains {name} now")

    def forget(self, name: str) -> None:
        """Drop what is known of a run that is gone."""
        for path in (self.log(name), self.log(name).with_suffix(".json")):
            path.unlink(missing_ok=True)
        self.mine.pop(name, None)


def kill_holder(path: Path) -> None:
    """End the process that a run's lock names. Raises StudioError where it is on another machine."""
    number, _, host = path.read_text(encoding="utf-8", errors="replace").strip().partition(" on ")
    if host != platform.node() or not number.isdecimal():
        raise StudioError(409, f"it is trained on {host or 'another machine'}: stop it there")
    kill(int(number))


def kill(number: int) -> None:
    """End a process at once, with all that it started where it leads a session of its own, as a training of a studio does;
    nothing where it has ended."""
    how, all_of = getattr(signal, "SIGKILL", signal.SIGTERM), getattr(os, "killpg", None)  # Windows knows no groups
    with suppress(ProcessLookupError):
        if all_of is not None and os.getsid(number) == number:
            all_of(number, how)
        else:
            os.kill(number, how)


def ends_in_traceback(lines: Sequence[str]) -> bool:
    """Whether the last lines are those of an error that ended a program, and not of one that it went on after."""
    starts = [place for place, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if not starts:
        return False
    after = [line for line in lines[starts[-1] + 1 :] if not line.startswith(" ")]
    return bool(after) and ERROR.match(after[0]) is not None and not any(line.startswith(GOES_ON) for line in after)
