"""A process that prepares chunks of pictures for another: `python -m gansmith.data.preparation.worker`.

Its standard input says what to do, its standard output what became of it, a line of JSON each:

    first line in     {"kind": ..., "path": ..., "frame": {...}, "slots": ...}        out    {} when it is ready
    every other in    {"start": 128, "names": [...]}                                  out    a `prepare.Chunk`

It ends with its input, so it does not outlive whoever started it, by a kill or otherwise.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO

import numpy as np

from gansmith.data.formats.files import READERS
from gansmith.data.preparation import prepare
from gansmith.data.preparation.resize import Frame, resized


def serve(orders: IO[str], answers: IO[str]) -> None:
    """Prepare chunks as they are ordered, until the orders end."""
    work = json.loads(orders.readline())
    resized(np.zeros((2, 2, 3), np.uint8), 1, 1)  # loads what resizing needs before anybody waits for it
    frame, slots = Frame(**work["frame"]), Path(work["slots"])
    with READERS[work["kind"]](Path(work["path"])).opened() as source:
        answers.write("{}\n")
        answers.flush()
        for line in orders:
            order = json.loads(line)
            block, chunk = prepare.read_chunk(source, order["names"], frame, order["start"])
            prepare.put(slots, block, chunk)
            answers.write(json.dumps(asdict(chunk)) + "\n")
            answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started this
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # so that nothing but answers is read as one
    with open(0, encoding="utf-8", closefd=False) as orders:
        serve(orders, answers)
