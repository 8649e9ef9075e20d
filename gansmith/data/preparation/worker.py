"""A process that prepares chunks of pictures for another: `python -m gansmith.data.preparation.worker`.

It reads orders from its standard input and writes answers to its standard output, a line of JSON each:

    first order       {"kind": ..., "path": ..., "frame": {...}, "slots": ...}        answer    {} when it is ready
    every other       {"start": 128, "names": [...]}                                  answer    a `prepare.Chunk`

It ends when its input does, so it does not outlive the process that started it.
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
    """Prepare the ordered chunks, until the orders end."""
    work = json.loads(orders.readline())
    resized(np.zeros((2, 2, 3), np.uint8), 1, 1)  # loads what resizing needs
    frame, slots = Frame(**work["frame"]), Path(work["slots"])
    with READERS[work["kind"]](Path(work["path"])) as opened:
        answers.write("{}\n")
        answers.flush()
        for line in orders:
            order = json.loads(line)
            block, chunk = prepare.read_chunk(opened, order["names"], frame, order["start"])
            prepare.put(slots, block, chunk)
            answers.write(json.dumps(asdict(chunk)) + "\n")
            answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # so that only answers are read as such
    with open(0, encoding="utf-8", closefd=False) as orders:
        serve(orders, answers)
