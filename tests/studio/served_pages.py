"""A studio that really listens, on a port of its own, and a page of it without a browser."""

from __future__ import annotations

import http.client
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.ground.pixels import write_png
from listening_studio import PATIENCE, listening

TOKEN = "secret-of-the-tests"


@dataclass
class Served:
    """A studio that runs in a thread."""

    folder: Path
    port: int

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, token: str = TOKEN
    ) -> tuple[int, Any, dict[str, str]]:
        """The status, the answer (parsed where it is JSON) and the headers of a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            given = {"Authorization": f"Bearer {token}"} | (headers or {})
            connection.putrequest(method, path, skip_host="Host" in given)
            for name, value in {"Content-Length": str(len(data or b""))}.items() | given.items():
                connection.putheader(name, value)
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
                connection.endheaders(data)
            answer = connection.getresponse()
            content = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
            is_json = found.get("content-type", "").startswith("application/json")
            return answer.status, json.loads(content) if is_json else content, found
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What is answered, which is no refusal."""
        status, found, _ = self.ask("GET", path)
        assert status == 200, found
        return found

    def post(self, path: str, body: Any = None) -> Any:
        """The same for what does something."""
        status, found, _ = self.ask("POST", path, {} if body is None else body)
        assert status == 200, found
        return found

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """The status and the sentence of a refusal."""
        status, found, _ = self.ask(method, path, body)
        assert 400 <= status < 500, (status, found)
        assert isinstance(found, dict), found
        assert set(found) == {"error"}
        assert "\n" not in found["error"]
        return status, found["error"]

    def card(self, name: str) -> dict[str, Any]:
        """The card of a run."""
        return next(card for card in self.get("/api/home")["runs"] if card["name"] == name)

    @contextmanager
    def page(self, token: str = TOKEN, **options: Any) -> Iterator[Page]:
        """An open page's socket."""
        with connect(f"ws://127.0.0.1:{self.port}/api/socket", **options) as socket:
            page = Page(socket)
            page.send({"token": token})
            yield page


@dataclass
class Page:
    """What a page hears."""

    socket: ClientConnection

    def send(self, message: Any) -> None:
        """Send a message."""
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def hear(self) -> dict[str, Any]:
        """The next message; of a picture its header, with "bytes"."""
        message = self.socket.recv(timeout=PATIENCE)
        if isinstance(message, str):
            return json.loads(message)
        (length,) = struct.unpack_from("<I", message)
        return json.loads(message[4 : 4 + length]) | {"bytes": message[4 + length :]}

    def until(self, fits: Any) -> dict[str, Any]:
        """The first message that fits, which is a kind or a function."""
        while True:
            message = self.hear()
            if message["kind"] == fits if isinstance(fits, str) else fits(message):
                return message

    def card(self, name: str, *states: str) -> dict[str, Any]:
        """The first card of a run that is in one of the states."""
        while True:
            cards = {card["name"]: card for card in self.until("cards")["runs"]}
            if name in cards and cards[name]["state"] in states:
                return cards[name]


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A studio on a folder, as long as the context lasts."""
    with listening(folder, TOKEN) as port:
        yield Served(folder, port)


def fill(run: RunFolder) -> None:
    """A few rows, a sheet and a finding."""
    for update in (50, 100):
        append_row(run.stats, row(update))
    add_sheet(run, 0)
    append_row(run.findings, finding(100))


def row(update: int) -> dict[str, Any]:
    """A row of statistics."""
    return {
        "update": update,
        "seconds": update / 10,
        "images_per_second": 9.0,
        "loss.generator": 1.0,
        "layers": {"a": [1]},
    }


def finding(update: int) -> dict[str, Any]:
    """A row of findings."""
    return {
        "update": update, "state": "balanced", "since_update": 0, "severity": "course", "certainty": "certain", "text": "Fine.",
        "evidence": {}, "remedy": [],
    }  # fmt: skip


def add_sheet(run: RunFolder, update: int) -> None:
    """A sheet of samples, and its row."""
    write_png(run.sample_sheet(update), np.full((8, 8, 3), update % 256, np.uint8))
    append_row(run.sample_rows, {"update": update, "images_seen": update * 8, "seconds": 1.0, "verdicts": [0.0] * 64})
