"""What every request has to pass: the address that it asks for, the page that it comes from, the token."""

from __future__ import annotations

import hmac
import ipaddress
import json
import platform
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Wraps the studio's app. Host and Origin are checked on HTTP and on the socket; the token on /api, where the socket
    brings it as its first message.

    A page of another origin that knows the port can send requests; it cannot set their Host and Origin. A name that was made
    to lead here (DNS rebinding) is the wrong Host.
    """

    def __init__(self, app: App, host: str, port: int, token: str) -> None:
        self.app, self.host, self.port, self.token = app, host, port, token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        sentence = self.refusal(scope)
        if sentence is None:
            return await self.app(scope, receive, with_headers(send))
        if scope["type"] == "websocket":  # before it is accepted: answered as HTTP 403
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        status, words = sentence
        return await answer(with_headers(send), status, words)

    def refusal(self, scope: Message) -> tuple[int, str] | None:
        """The status and the sentence where a request is refused; None where it may pass."""
        hosts, origins, tokens = (values(scope, name) for name in (b"host", b"origin", b"authorization"))
        if len(hosts) != 1 or not self.is_ours(hosts[0]):
            return (
                403,
                f"this address is not the studio's: open it by the link that `gansmith studio` printed ({self.port})",
            )
        if len(origins) > 1 or any(origin != f"http://{hosts[0]}" for origin in origins):
            return 403, "another page asks, and the studio answers its own page alone"
        if scope["type"] == "websocket" or not str(scope["path"]).startswith("/api"):
            return None
        if len(tokens) != 1 or not self.is_token(tokens[0].removeprefix("Bearer ")):
            return 401, "the token is missing or not the studio's: open the link that `gansmith studio` printed"
        return None

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this studio. Served on all addresses, any number is ours, as no name is in it."""
        if ":" not in host.rpartition("]")[2]:
            host += ":80"  # which browsers leave out
        name, _, port = host.lower().rpartition(":")
        if port != str(self.port):
            return False
        if name in LOOPBACK or name.strip("[]") == self.host.lower():
            return True
        if self.host not in EVERYWHERE:
            return False
        return name == platform.node().lower() or is_number(name.strip("[]"))

    def is_token(self, text: object) -> bool:
        """Whether a text is the token; takes as long for any wrong one."""
        return isinstance(text, str) and hmac.compare_digest(text.encode(errors="replace"), self.token.encode())


def is_number(name: str) -> bool:
    """Whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    return host == "localhost" or (is_number(host) and ipaddress.ip_address(host).is_loopback)


def values(scope: Message, name: bytes) -> list[str]:
    """What a request says under a header's name."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def with_headers(send: Send) -> Send:
    """Sends the headers that keep an answer where it belongs, too."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return sending


async def answer(send: Send, status: int, sentence: str) -> None:
    """A refusal as JSON."""
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
