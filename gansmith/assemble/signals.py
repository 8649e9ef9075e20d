"""Ctrl-C and SIGTERM as a request: the update under way is finished and saved first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class StopRequest:
    """A context in which the first Ctrl-C or SIGTERM is noted (and a second one takes its ordinary effect)."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[signal.Signals, object] = {}

    def __call__(self) -> bool:
        """Whether someone asked to stop."""
        return self.asked

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

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
