"""Prepares pictures on all cores: this process starts at once, and helper processes join where the work is long.

The bytes are the same for any number of processes: every picture has its slot, and its pixels depend on nothing else.
Helpers are ordinary processes that get file names, so a user's program needs no `__main__` guard.
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
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from gansmith.data.formats.listing import Listing, Reader
from gansmith.data.preparation import prepare, reuse
from gansmith.data.preparation.resize import Frame
from gansmith.ground.process.hardware import processors
from gansmith.ground.progress import Progress

MANY = 1_500  # pictures for which a helper is started at once: it loads its libraries while this process loads its own
ALONE = 1.0  # seconds of work before more helpers are considered
WORTH_A_HELPER = 4.0  # seconds of one core's work for which a helper is started
MAX_HELPERS = 31

Span = tuple[int, int]  # start, stop


@dataclass
class Work:
    """The pictures to prepare, and the chunks that are done."""

    reader: Reader
    names: Sequence[str]
    frame: Frame
    slots: Path
    todo: deque[Span]  # all processes take from it
    done: queue.SimpleQueue[prepare.Chunk] = field(default_factory=queue.SimpleQueue)

    def take(self) -> Span | None:
        """The next span to prepare, if any."""
        try:
            return self.todo.popleft()
        except IndexError:
            return None


def pictures(
    listing: Listing,
    job: prepare.Job,
    folder: Path,
    progress: Progress | None,
    workers: int,
    known: reuse.Earlier | None,
) -> list[prepare.Chunk]:
    """Fill the slots in `folder`, except chunks that an earlier attempt recorded. `workers` 0 = one for each core.

    Pictures in `known` are copied from the earlier store. Returns all chunks in order. Raises DataError, OSError.
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
    """Fill every slot that is `missing`, bool (N,): from decoded items, from an earlier store, or by decoding."""
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
        assert listing.reader is not None
        yield from fill(Work(listing.reader, listing.names, job.frame, slots, deque(spans)), workers)


def fill(work: Work, workers: int) -> Iterator[prepare.Chunk]:
    """Prepare every span, with at most `workers` processes, this one included; chunks come in any order."""
    missing = dict.fromkeys(work.todo)  # spans whose chunk did not come yet, in order
    count, most = len(missing), min(workers - 1, MAX_HELPERS)
    helpers: list[Helper] = []
    more(helpers, work, min(most, sum(stop - start for start, stop in missing) // MANY))
    started, considered = time.monotonic(), False
    try:
        with work.reader.opened() as opened:
            while missing:
                # If all spans are taken, do one that a helper has not answered: the same bytes, and no wait for it.
                start, stop = work.take() or next(reversed(missing))
                block, chunk = prepare.read_chunk(opened, work.names[start:stop], work.frame, start)
                work.done.put(prepare.put(work.slots, block, chunk))
                while not work.done.empty():
                    chunk = work.done.get()
                    if (chunk.start, chunk.stop) in missing:
                        del missing[chunk.start, chunk.stop]
                        yield chunk
                seconds = time.monotonic() - started
                if not considered and seconds > ALONE:
                    considered = True
                    speed = (count - len(missing)) / seconds  # spans a second
                    more(helpers, work, min(most, int(len(work.todo) / speed / WORTH_A_HELPER)))
    finally:
        for helper in helpers:
            helper.stop()


def more(helpers: list[Helper], work: Work, count: int) -> None:
    """Start helpers until there are `count`."""
    while len(helpers) < count:
        helpers.append(Helper(work))
        helpers[-1].start()


class Helper(threading.Thread):
    """A thread that takes spans and gives them to a process of its own."""

    def __init__(self, work: Work) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.starting = threading.Lock()  # so that `stop` waits for a process that is being started
        self.stopping = False
        self.process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """Give spans to the process one by one. If it fails, its span is put back."""
        span: Span | None = None
        work, reader = self.work, self.work.reader
        order = {"kind": reader.kind, "path": str(reader.path), "frame": asdict(work.frame), "slots": str(work.slots)}
        try:
            with self.starting:
                if self.stopping:
                    return
                self.process = start_process()
            with self.process:
                self._send(order)
                while not self.stopping and (span := work.take()) is not None:
                    answer = self._send({"start": span[0], "names": list(work.names[span[0] : span[1]])})
                    work.done.put(prepare.chunk_of(answer))
        except (OSError, ValueError, TypeError):  # killed, or never started: the others go on without it
            if span is not None:
                work.todo.append(span)

    def stop(self) -> None:
        """End the process at once: what it has not answered is no longer needed."""
        with self.starting:
            self.stopping = True
        if self.process is not None:
            self.process.kill()
        self.join()

    def _send(self, order: dict[str, object]) -> dict[str, object]:
        """The process's answer to an order. Raises ValueError where the process has ended."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def start_process() -> subprocess.Popen[str]:
    """Start a helper process that imports this package and uses one core."""
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
