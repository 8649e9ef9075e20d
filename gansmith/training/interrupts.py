"""Ctrl-C and SIGTERM as a request: the update under way is finished and saved first."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType


class StopRequest:
    """A context in which the first Ctrl-C or SIGTERM is noted (and a second one takes its ordinary effect).

    patience: seconds in which further ones are taken for the first: a launcher hands on what the terminal sent already.
    """

    def __init__(self, patience: float = 0.0) -> None:
        self.asked, self.patience, self.since = False, patience, 0.0
        self.before: dict[signal.Signals, object] = {}

    def __call__(self) -> bool:
        """Whether someone asked to stop."""
        return self.asked

    def _note(self, number: int, _: FrameType | None) -> None:
        if not self.asked:
            self.asked, self.since = True, time.monotonic()
        elif time.monotonic() - self.since >= self.patience:
            raise KeyboardInterrupt

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():  # signals reach no other thread
            for kind in (signal.SIGINT, signal.SIGTERM):
                self.before[kind] = signal.signal(kind, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, handler in self.before.items():
            signal.signal(name, handler)  # pyright: ignore[reportArgumentType]
