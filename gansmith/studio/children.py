"""Jobs: child processes that steer or export, whose lines are told to the pages as they come."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gansmith.studio.companion import Companion
from gansmith.studio.errors import StudioError

MOST = 3  # that run at a time
KEPT = 50  # finished ones that are remembered
LONGEST = 2**25  # bytes of one line


@dataclass(eq=False)
class Job:
    """One child process. `file`: what it makes for download, where it makes something."""

    id: str
    kind: str
    run: str  # the run's name
    process: subprocess.Popen[bytes]
    file: Path | None = None
    ended: bool = False
    cancelled: bool = False
    last: dict[str, Any] = field(default_factory=dict)  # what was told last
    words: deque[str] = field(default_factory=lambda: deque(maxlen=20))  # the last lines that were no JSON

    def cancel(self) -> None:
        """Stop it; nothing where it has ended."""
        self.cancelled = True
        with suppress(OSError):
            self.process.terminate()

    def outcome(self, code: int) -> dict[str, Any]:
        """What is told of one that has said nothing of its end. code: of its process."""
        if self.cancelled or code != 0:
            said = self.words[-1] if self.words else f"it ended with code {code}"
            return {"error": "cancelled" if self.cancelled else said.removeprefix("gansmith: ")}
        notes = list(self.words)
        if self.file is None or not self.file.is_file():
            return {"done": True, "result": {"notes": notes}}
        place = str(self.file.parent)  # which is a place for downloads, and nothing to a person
        notes = [note for note in notes if place not in note]
        size = self.file.stat().st_size
        return {"done": True, "result": {"file": self.file.name, "bytes": size, "notes": notes}}


class Jobs:
    """All jobs of a studio."""

    def __init__(
        self, publish: Callable[[dict[str, Any]], None], picture: Callable[[dict[str, Any], bytes], None]
    ) -> None:
        self.publish, self.picture = publish, picture
        self.all: dict[str, Job] = {}
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.waited_for: set[subprocess.Popen[bytes]] = set()
        self.companions: list[Companion] = []

    def start(
        self, kind: str, argv: Sequence[str], *, run: str, given: bytes = b"", file: Path | None = None, id: str = ""
    ) -> Job:
        """Start a process. Each line of its standard output that is a JSON object goes to the pages as {"kind": "job",
        "job": ID, ...}, and one with "picture" (base64) as a binary message. At the end comes one with "done" or "error".

        given: what it reads on standard input. file: what it makes. Raises StudioError 429 where MOST run already.
        """
        with self.lock:
            if sum(not job.ended for job in self.all.values()) >= MOST:
                raise StudioError(429, f"{MOST} jobs run already: wait for one, or cancel it")
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            job = Job(id or self.new_id(), kind, run, process, file)
            self.all[job.id] = job
            self._forget()
        for work in ((self._feed, (job, given)), (self._listen, (job,))):
            threading.Thread(target=work[0], args=work[1], daemon=True).start()
        return job

    def answer(self, argv: Sequence[str], given: bytes = b"", *, seconds: float) -> subprocess.CompletedProcess[bytes]:
        """What a process answers that a request waits for; it ends with the studio. Raises TimeoutExpired."""
        pipe = subprocess.PIPE
        with subprocess.Popen(list(argv), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
            self.waited_for.add(process)
            try:
                out, errors = process.communicate(given, timeout=seconds)
            finally:
                self.waited_for.discard(process)
                process.kill()  # where it has not ended
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def companion(self, argv: Sequence[str], *, seconds: float) -> Companion:
        """A process that answers requests, each within some seconds; it ends with the studio."""
        self.companions.append(Companion(argv, seconds))
        return self.companions[-1]

    def new_id(self) -> str:
        """A name for a job that is yet to start."""
        return f"job-{next(self.numbers)}"

    def get(self, id: str) -> Job:
        """A job by its name. Raises StudioError 404."""
        if id not in self.all:
            raise StudioError(404, "there is no such job: the studio was started again, or it was long ago")
        return self.all[id]

    def close(self) -> None:
        """Cancel all: without a studio nobody waits for them."""
        for job in list(self.all.values()):
            if not job.ended:
                job.cancel()
        for process in list(self.waited_for):
            process.kill()
        for companion in self.companions:
            companion.close()

    def _forget(self) -> None:
        ended = [job for job in self.all.values() if job.ended]
        for job in ended[: max(0, len(ended) - KEPT)]:
            del self.all[job.id]

    def _feed(self, job: Job, given: bytes) -> None:
        assert job.process.stdin is not None
        with suppress(OSError):  # it ended before it had read all
            job.process.stdin.write(given)
        with suppress(OSError):
            job.process.stdin.close()

    def _listen(self, job: Job) -> None:
        assert job.process.stdout is not None
        try:
            with job.process.stdout as lines:
                while line := lines.readline(LONGEST):
                    self._hear(job, line)
            job.process.wait()
        finally:  # whatever goes wrong here, a job that nobody hears is over, and keeps no other from its place
            job.process.kill()
            code = job.process.wait()
            job.ended = True
            if not ("error" in job.last or job.last.get("done")):
                self._tell(job, job.outcome(code))

    def _hear(self, job: Job, line: bytes) -> None:
        told: Any = None
        with suppress(ValueError):
            told = json.loads(line)
        if not isinstance(told, dict):
            job.words.append(line.decode("utf-8", "replace").strip()[:1000])
            return
        picture = told.pop("picture", None)
        if isinstance(picture, str):
            with suppress(binascii.Error):
                self.picture({**told, "kind": "job", "job": job.id}, base64.b64decode(picture))
            return
        self._tell(job, told)

    def _tell(self, job: Job, told: dict[str, Any]) -> None:
        job.last = told
        self.publish({**told, "kind": "job", "job": job.id})


def gansmith(*words: str) -> list[str]:
    """A command of Gansmith for a child process."""
    return [sys.executable, "-m", "gansmith", *words]
