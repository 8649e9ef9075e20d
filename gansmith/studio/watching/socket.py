"""The socket of a page: who it is, what it watches; everything else it only hears."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from gansmith.studio.errors import StudioError
from gansmith.studio.guard import Guard
from gansmith.studio.watching.follow import Follower
from gansmith.studio.watching.hub import Hub, Outbox, text

MOST_SOCKETS = 40
MOST_UNKNOWN = 40  # that have not said the token yet; beyond, the one that has waited longest is let go
MOST_BYTES = 2**16  # of a message from a page
PATIENCE = 5.0  # seconds in which the token has to come
MOST_MESSAGES = 60  # from one page in BUCKET seconds
BUCKET = 2.0
POLICY, TOO_SLOW, TOO_MANY = 1008, 1013, 1013


class Sockets:
    """All sockets of a studio."""

    def __init__(self, hub: Hub, follower: Follower) -> None:
        self.hub, self.follower = hub, follower
        self.open = 0  # of those that said the token
        self.unknown: deque[asyncio.Timeout] = deque()
        self.guard: Guard | None = None  # knows the token

    def routes(self) -> list[WebSocketRoute]:
        """The socket's route."""
        return [WebSocketRoute("/api/socket", self.serve)]

    async def serve(self, socket: WebSocket) -> None:
        """One page, from its token to its end."""
        with suppress(WebSocketDisconnect, RuntimeError):  # it went away, also while something was sent
            await socket.accept()
            if not await self._is_known(socket):
                await socket.close(POLICY)
            elif self.open >= MOST_SOCKETS:
                await socket.close(TOO_MANY)
            else:
                await self._talk(socket)

    async def _is_known(self, socket: WebSocket) -> bool:
        """Whether its first message is the token."""
        if len(self.unknown) >= MOST_UNKNOWN:  # strangers make room, so that they lock nobody out
            self.unknown.popleft().reschedule(asyncio.get_running_loop().time())
        with suppress(TimeoutError, KeyError):
            async with asyncio.timeout(PATIENCE) as patience:
                self.unknown.append(patience)
                try:
                    given = parsed(await socket.receive_text())
                finally:
                    with suppress(ValueError):  # it had to make room
                        self.unknown.remove(patience)
            return self.guard is not None and self.guard.is_token(given.get("token"))
        return False

    async def _talk(self, socket: WebSocket) -> None:
        self.open += 1
        outbox = Outbox()
        self.hub.outboxes.add(outbox)
        self.follower.add(outbox)
        sides = {asyncio.create_task(self._hear(socket, outbox)), asyncio.create_task(self._tell(socket, outbox))}
        try:
            done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
            code = next((task.result() for task in done if task.exception() is None), None)
            if code is not None:
                await socket.close(code)
        finally:
            self.open -= 1
            self.hub.outboxes.discard(outbox)
            self.follower.remove(outbox)
            for task in sides:
                task.cancel()
            await asyncio.gather(*sides, return_exceptions=True)

    async def _tell(self, socket: WebSocket, outbox: Outbox) -> int:
        while (message := await outbox.take()) is not None:
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
        return TOO_SLOW

    async def _hear(self, socket: WebSocket, outbox: Outbox) -> int:
        clock, since, count = asyncio.get_running_loop().time, -BUCKET, 0
        while True:
            words = await socket.receive_text()
            now = clock()
            since, count = (now, 1) if now - since > BUCKET else (since, count + 1)
            if count > MOST_MESSAGES:
                return POLICY
            given = parsed(words)
            if isinstance(given.get("hidden"), bool):
                outbox.hidden = given["hidden"]
            if "watch" in given:
                name = given["watch"]
                try:
                    found = await asyncio.to_thread(self.follower.find, None if name is None else str(name))
                    self.follower.watched[outbox] = found
                except StudioError as error:
                    outbox.put("error", text({"kind": "error", "error": str(error)}))


def parsed(words: str) -> dict[str, Any]:
    """A message's object; {} for anything else."""
    with suppress(ValueError, RecursionError):
        found = json.loads(words)
        if isinstance(found, dict):
            return found
    return {}
