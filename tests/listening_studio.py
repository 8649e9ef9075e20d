"""A studio that really listens, on a port of its own, in a thread of the tests' process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gansmith.studio.server import Address, server_of

PATIENCE = 120.0  # seconds that a test waits for what has to come: a busy machine is no failure


@contextmanager
def listening(folder: Path, token: str) -> Iterator[int]:
    """A studio on a folder, as long as the context lasts; its port."""
    ready = threading.Event()
    server, own = server_of(folder, Address(token=token), lambda _: ready.set())
    thread = threading.Thread(target=server.run, args=([own],))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield own.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        own.close()
