"""Preparing pictures on all cores: this process works on, and lets others help when the work turns out to be long.

The bytes are the same whoever makes them: every picture has its slot, and its pixels depend on nothing else. Helpers
are plain processes that are told file names, so programs without a `__main__` guard need none.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from gansmith.data.formats.listing import Listing
from gansmith.data.preparation import prepare, reuse
from gansmith.ground.process.hardware import processors

ALONE = 1.0  # seconds of work before helpers are thought of
WORTH_A_HELPER = 4.0  # seconds of one core's work for which another process, and its imports, are started
MAX_HELPERS = 31

Progress = Callable[[int, int], None]
Span = tuple[int, int]  # start, stop


@dataclass
class Work:
    """What is to be done, and what has been."""

    listing: Listing
    job: prepare.Job
    slots: Path
    todo: deque[Span]  # the heap that all take from
    done: queue.SimpleQueue[prepare.Chunk] = field(default_factory=queue.SimpleQueue)

    def take(self) -> Span | None:
        """The next span of the heap, if any."""
        try:
            return self.todo.popleft()
        except IndexError:
            return None


def pictures(
    listing: Listing,
    job: prepare.Job,
    folder: Path,
    progress: Progress | None = None,
    workers: int = 0,
    known: reuse.Earlier | None = None,
) -> list[prepare.Chunk]:
    """Fill the slots in `folder`, but for chunks that an earlier attempt has recorded; 0 `workers` = one for each core.

    `known`: pictures that an earlier store holds are copied from there. Returns what became of every slot, in order.
    Raises DataError, OSError.
    """
    done = prepare.begin(folder, job, len(listing))
    missing = np.ones(len(listing), bool)
    for chunk in done:
        missing[chunk.start : chunk.stop] = False
    count = len(listing) - int(missing.sum())
    chunks = _chunks(listing, job, folder / prepare.SLOTS, missing, workers or processors(), known)
    with open(folder / prepare.DONE, "a", encoding="utf-8") as record:
        for chunk in chunks:
            record.write(json.dumps(asdict(chunk)) + "\n")
            record.flush()
            done.append(chunk)
            count += chunk.stop - chunk.start
            if progress:
                progress(count, len(listing))
    return sorted(done, key=lambda chunk: chunk.start)


def _chunks(
    listing: Listing, job: prepare.Job, slots: Path, missing: np.ndarray, workers: int, known: reuse.Earlier | None
) -> Iterator[prepare.Chunk]:
    """Fill every slot that is missing, bool (N,): from items at hand, from an earlier store, and by decoding."""
    rows = prepare.chunk_rows(job.frame)
    if listing.items is not None:
        for span in reuse.runs(missing, rows):
            yield prepare.put(slots, *prepare.from_items(listing, job, *span))
        return
    if known is not None:
        yield from reuse.copied(known, listing, job.frame, slots, missing, rows)
        missing = missing & (known.rows == reuse.UNKNOWN)
    spans = reuse.runs(missing, rows)
    if spans:
        yield from fill(listing, job, slots, spans, workers)


def fill(listing: Listing, job: prepare.Job, slots: Path, spans: list[Span], workers: int) -> Iterator[prepare.Chunk]:
    """Prepare every span, with at most `workers` processes, this one included; chunks come in any order."""
    assert listing.reader is not None
    work = Work(listing, job, slots, deque(spans))
    missing = dict.fromkeys(spans)  # in order: spans of which no chunk was heard
    helpers: list[Helper] = []
    started = time.monotonic()
    try:
        with listing.reader.opened() as source:
            while missing:
                # With the heap empty, do what a helper has not answered: the same bytes, and nobody waits for the slow.
                start, stop = work.take() or next(reversed(missing))
                block, chunk = prepare.read_chunk(source, listing.names[start:stop], job.frame, start)
                work.done.put(prepare.put(slots, block, chunk))
                while not work.done.empty():
                    chunk = work.done.get()
                    if (chunk.start, chunk.stop) in missing:
                        del missing[chunk.start, chunk.stop]
                        yield chunk
                if not helpers:
                    speed = (len(spans) - len(missing)) / (time.monotonic() - started)  # spans a second, alone
                    helpers = hire(work, workers, speed) if time.monotonic() - started > ALONE else []
    finally:
        for helper in helpers:
            helper.stop()


def hire(work: Work, workers: int, speed: float) -> list[Helper]:
    """Start as many helpers as there are cores for and the rest of the work is worth."""
    count = min(workers - 1, MAX_HELPERS, int(len(work.todo) / speed / WORTH_A_HELPER))
    helpers = [Helper(work) for _ in range(count)]
    for helper in helpers:
        helper.start()
    return helpers


class Helper(threading.Thread):
    """A process that takes spans from the heap, and the thread that talks to it."""

    def __init__(self, work: Work) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.starting = threading.Lock()  # a process that is just being started is not missed by `stop`
        self.stopping = False
        self.process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """Hand over spans one by one; a process that fails gives its span back to the heap."""
        span: Span | None = None
        reader, names = self.work.listing.reader, self.work.listing.names
        assert reader is not None
        order = {"kind": reader.kind, "path": str(reader.path), "frame": asdict(self.work.job.frame)}
        try:
            with self.starting:
                if self.stopping:
                    return
                self.process = start_process()
            with self.process:
                self._ask({**order, "slots": str(self.work.slots)})
                while not self.stopping and (span := self.work.take()) is not None:
                    answer = self._ask({"start": span[0], "names": list(names[span[0] : span[1]])})
                    self.work.done.put(prepare.chunk_of(answer))
        except (OSError, ValueError, TypeError):  # killed, or never started: the others go on without it
            if span is not None:
                self.work.todo.append(span)

    def stop(self) -> None:
        """End the process, whatever it is at: what it has not answered is done, or not wanted any more."""
        with self.starting:
            self.stopping = True
        if self.process is not None:
            self.process.kill()
        self.join()

    def _ask(self, order: dict[str, object]) -> dict[str, object]:
        """The process's answer to an order; ValueError where it has gone."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def start_process() -> subprocess.Popen[str]:
    """A helper process that finds this very package and keeps to one core."""
    home = str(Path(__file__).parents[3])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "gansmith.data.preparation.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
