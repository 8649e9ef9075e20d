"""A child process that answers one request after another. What it reads may be hostile: it ends alone, and another one begins."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gansmith.studio.errors import StudioError

LONGEST = 2**24  # bytes of an answer


class Companion:
    """Is asked by lines of JSON on its standard input, and answers each by one line. It begins with the first request, remembers
    what it likes, and ends with the studio."""

    def __init__(self, argv: Sequence[str], seconds: float) -> None:
        """seconds: that an answer may take."""
        self.argv, self.seconds = list(argv), seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()
        self.is_closed = False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request; waits for those that came before. Raises StudioError, also where the process dies of it."""
        with self.lock:
            process, late = self._alive(), threading.Event()
            timer = threading.Timer(self.seconds, lambda: (late.set(), process.kill()))
            timer.start()
            try:
                answer = self._answer(process, json.dumps(request).encode() + b"\n")
            finally:
                timer.cancel()
            if answer is None:
                self._end()
                raise died(self.seconds if late.is_set() else None)
        if "refused" in answer:
            status, sentence = answer["refused"]
            raise StudioError(int(status), str(sentence))
        return answer["found"]

    def _answer(self, process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any] | None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError, ValueError):
            process.stdin.write(line)
            process.stdin.flush()
            found = json.loads(process.stdout.readline(LONGEST))
            if isinstance(found, dict) and found.keys() & {"found", "refused"}:
                return found
        return None

    def _alive(self) -> subprocess.Popen[bytes]:
        if self.is_closed:
            raise StudioError(503, "the studio is being closed: open it again")
        if self.process is not None and self.process.poll() is None:
            return self.process
        self._end()
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.argv, stdin=pipe, stdout=pipe, start_new_session=True)
        return self.process

    def close(self) -> None:
        """End the process, and take no more requests."""
        self.is_closed = True
        if (process := self.process) is not None:
            process.kill()  # so that a request that is being answered ends
        with self.lock:
            self._end()

    def _end(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self.process = None


def died(seconds: float | None) -> StudioError:
    """What is said of a request that ended the process. seconds: that it was given, where it took longer."""
    if seconds is not None:
        return StudioError(
            400, f"this data takes longer than {seconds / 60:g} minutes to read: prepare it by `gansmith data prepare`"
        )
    return StudioError(
        400,
        "reading this data ended the process that did it, as where it takes too much memory: try it by `gansmith data info`",
    )
