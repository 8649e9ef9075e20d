"""The studio's server: its routes, what guards them, and how it is started and ended."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from gansmith.ground.errors import RunError, counted
from gansmith.studio import documents, making, steering
from gansmith.studio.answers import refused
from gansmith.studio.guard import EVERYWHERE, Guard, is_loopback
from gansmith.studio.starting import asking
from gansmith.studio.starting.preparing import Preparing
from gansmith.studio.starting.uploads import Uploads
from gansmith.studio.studio import Studio
from gansmith.studio.watching import reading
from gansmith.studio.watching.follow import Follower
from gansmith.studio.watching.home import Cards, recipes
from gansmith.studio.watching.socket import MOST_BYTES, Sockets

SHORTEST = 16  # characters of a token for another address than this machine's own
TOKEN = re.compile(r"[A-Za-z0-9_-]+")
THREADS = 64  # for requests: most wait for a file or a process, and a few long ones keep none from an answer
CLOSING = 2  # seconds that open requests get at the end
CONNECTIONS = 256  # at a time


@dataclass(frozen=True)
class Address:
    """Where the studio is served. port 0: a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = ""  # "": one is drawn


def app_of(studio: Studio) -> tuple[Starlette, Sockets]:
    """The studio's routes as an app without its guard, and its sockets, which have yet to know the token."""
    cards = Cards(studio)
    follower = Follower(cards)
    sockets = Sockets(studio.hub, follower)

    @asynccontextmanager
    async def alive(_: Starlette) -> AsyncIterator[None]:
        studio.hub.loop = loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS))
        following = asyncio.create_task(follower.follow())
        warming = asyncio.create_task(asyncio.to_thread(warm, cards))
        try:
            yield
        finally:
            for task in (following, warming):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            studio.jobs.close()
            studio.hub.loop = None

    routes = [
        *documents.routes(),
        *sockets.routes(),
        *asking.routes(studio),
        *making.routes(studio),
        *Preparing(studio).routes(),
        *Uploads(studio).routes(),
        *steering.routes(studio),
        *reading.routes(cards),
    ]
    app = Starlette(routes=routes, lifespan=alive, exception_handlers={404: unknown, 405: unknown})
    return app, sockets


def warm(cards: Cards) -> None:
    """Make what the first page asks for before it asks; one that comes earlier makes it itself."""
    documents.page()
    recipes()
    with suppress(OSError):
        cards.all()


async def unknown(_: Request, error: Exception) -> Response:
    """The answer to an address that there is not."""
    status = getattr(error, "status_code", 404)
    return refused(status, "there is nothing at this address: reload the page")


def serve(folder: Path, address: Address, ready: Callable[[str], None]) -> None:
    """Serve a folder until Ctrl-C. ready: is told the link, once it can be opened. Raises RunError."""
    server, listening = server_of(folder, address, ready)
    server.run(sockets=[listening])


def server_of(folder: Path, address: Address, ready: Callable[[str], None]) -> tuple[Server, socket.socket]:
    """The server of a folder, and the socket that it is to listen on. Raises RunError."""
    check_token(address)
    listening = listen(address)
    port, token = listening.getsockname()[1], address.token or secrets.token_urlsafe(24)
    app, sockets = app_of(Studio(folder))
    sockets.guard = guard = Guard(app, address.host, port, token)  # pyright: ignore[reportArgumentType]
    config = uvicorn.Config(
        guard,  # pyright: ignore[reportArgumentType]
        ws="websockets-sansio",
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=CLOSING,
    )
    shown = "127.0.0.1" if address.host in EVERYWHERE else f"[{address.host}]" if ":" in address.host else address.host
    return Server(config, lambda: ready(f"http://{shown}:{port}/#token={token}")), listening


def check_token(address: Address) -> None:
    """Raise RunError for a token that cannot be sent, or that others could guess."""
    token = address.token
    if token and not TOKEN.fullmatch(token):
        raise RunError("--token stands in an address and in a header: give letters, digits, - and _")
    if not is_loopback(address.host) and 0 < len(token) < SHORTEST:
        raise RunError(
            f"--token has {counted(len(token), 'character')}, and --host {address.host} lets others guess: give {SHORTEST} or more, or "
            "leave it out for one that is drawn"
        )


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if not self.should_exit:
            self.ready()


def listen(address: Address) -> socket.socket:
    """A socket that listens. Raises RunError."""
    if not 0 <= address.port < 2**16:
        raise RunError(f"--port {address.port}: a port is a number up to 65535; leave it out for a free one")
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=128)
    except OSError as error:
        raise RunError(
            f"nothing can be served at {address.host}:{address.port} ({error.strerror or error}): choose another --port, or "
            "leave it out for a free one"
        ) from None
