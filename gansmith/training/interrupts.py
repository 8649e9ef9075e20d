"""Ctrl-C, SIGTERM and the end of the terminal as a request: the current update is finished and saved first."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType

REQUESTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""Ctrl-C, a request of the system, the end of the terminal (POSIX), and Ctrl-Break (Windows)."""


class StopRequest:
    """A context that remembers the first signal of REQUESTS; a second one stops the program at once.

    patience: seconds in which further signals are ignored, because launchers repeat the one that the terminal has sent.
    received: whether the first one came before this context.
    """

    def __init__(self, patience: float = 0.0, *, received: bool = False) -> None:
        self.received, self.patience, self.since = received, patience, time.monotonic()
        self.handlers: dict[signal.Signals, object] = {}

    def __call__(self) -> bool:
        """Whether a signal was received."""
        return self.received

    def _receive(self, number: int, _: FrameType | None) -> None:
        if not self.received:
            self.received, self.since = True, time.monotonic()
        elif time.monotonic() - self.since >= self.patience:
            raise KeyboardInterrupt

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():  # signals reach no other thread
            for kind in REQUESTS:
                self.handlers[kind] = signal.signal(kind, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, handler in self.handlers.items():
            signal.signal(name, handler)  # pyright: ignore[reportArgumentType]
