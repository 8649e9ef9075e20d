"""The open pages, and what waits to be sent to each. A slow page misses pictures; it never grows a queue."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import deque
from typing import Any

TEXTS = 512  # messages that wait for one page; beyond, the page is let go, and comes back by itself
BYTES = 2**26  # of all of them, likewise
PICTURES = 6  # of them pictures; beyond, the oldest are left out


class Outbox:
    """What waits to be sent to one page, in its order."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[str, str | bytes]] = deque()
        self.size = 0  # characters and bytes that wait
        self.there = asyncio.Event()
        self.hidden = False
        self.overflown = False

    def put(self, kind: str, message: str | bytes) -> None:
        """Add a message; `kind` "cards" replaces what waits of its kind, "picture" makes the oldest go. On the loop's thread."""
        if kind == "cards":
            self._drop("cards", keep=0)
        if kind == "picture":
            self._drop("picture", keep=PICTURES - 1)
        if len(self.waiting) >= TEXTS or self.size + len(message) > BYTES:
            self.overflown = True
        else:
            self.waiting.append((kind, message))
            self.size += len(message)
        self.there.set()

    def _drop(self, kind: str, keep: int) -> None:
        places = [place for place, (one, _) in enumerate(self.waiting) if one == kind]
        for place in reversed(places[: max(0, len(places) - keep)]):
            self.size -= len(self.waiting[place][1])
            del self.waiting[place]

    async def take(self) -> str | bytes | None:
        """The next message; None where the page is too slow and has to go."""
        while not self.waiting and not self.overflown:
            self.there.clear()
            await self.there.wait()
        if self.overflown:
            return None
        _, message = self.waiting.popleft()
        self.size -= len(message)
        return message


class Hub:
    """All open pages."""

    def __init__(self) -> None:
        self.outboxes: set[Outbox] = set()
        self.loop: asyncio.AbstractEventLoop | None = None  # while the server runs

    def publish(self, message: dict[str, Any]) -> None:
        """Send a message to every page that is not hidden, and what ends something to those too; from any thread."""
        self._spread(str(message.get("kind", "")), text(message), is_end="done" in message or "error" in message)

    def publish_picture(self, header: dict[str, Any], picture: bytes) -> None:
        """Send a picture to every page that is not hidden; from any thread."""
        self._spread("picture", binary(header, picture))

    def _spread(self, kind: str, message: str | bytes, is_end: bool = False) -> None:
        def spread() -> None:
            for outbox in self.outboxes:
                if is_end or not outbox.hidden:
                    outbox.put(kind, message)

        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(spread)


def text(message: dict[str, Any]) -> str:
    """A message as JSON."""
    return json.dumps(message, separators=(",", ":"))


def binary(header: dict[str, Any], picture: bytes) -> bytes:
    """A message with a picture: the length of its header (uint32, little endian), the header as JSON, the picture's bytes."""
    table = text(header).encode()
    return struct.pack("<I", len(table)) + table + picture
