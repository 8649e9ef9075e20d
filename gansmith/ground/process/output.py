"""Output whose reader may go away: a closed terminal or log viewer, or `| head`. The work goes on without it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

GONE = (errno.EPIPE, errno.EIO, errno.ENXIO)
"""Nobody reads: a pipe without a reader, and a terminal that was closed."""


class Outlived:
    """A text stream that writes to nowhere from the moment on at which its reader is gone; otherwise the stream itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or drop what nobody reads."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._let_go(error)
            return len(text)

    def flush(self) -> None:
        """Pass on what was written, or drop it."""
        try:
            self._stream.flush()
        except OSError as error:
            self._let_go(error)

    def _let_go(self, error: OSError) -> None:
        """Lead the stream to nowhere, so that nothing fails that is written later, by whomever."""
        if error.errno not in GONE:
            raise error
        lead_nowhere(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def lead_nowhere(stream: TextIO) -> None:
    """Lead the file behind a stream to nowhere; nothing where it has none."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextmanager
def outliving_readers() -> Iterator[None]:
    """While the context is open, standard output and standard error may lose their readers."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Outlived(before[0]), Outlived(before[1])
    try:
        yield
    finally:
        ours, (sys.stdout, sys.stderr) = (sys.stdout, sys.stderr), before
        for stream in ours:
            stream.flush()
