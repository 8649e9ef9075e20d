"""A studio as a process of its own, and a page of it without a browser: for `studio_kills.py` and `studio_pace.py`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

TOKEN = "of-the-benchmarks"
SMALL = {
    "engine": "numpy", "data.first": "512", "data.batch": "16", "generator.widths": "[16]", "discriminator.widths": "[16]",
    "watch.judge": "0", "watch.diagnose": "0", "watch.stats_every": "20", "watch.samples": "16", "watch.samples_every": "500",
    "watch.checkpoint_every": "100", "threads": "1",
}  # fmt: skip


class Studio:
    """One studio on a folder. It is killed with `process.kill()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        words = [sys.executable, "-m", "gansmith", "studio", str(folder), "--no-browser", "--token", TOKEN]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().partition("/#")[0].rpartition(":")[2])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of a request. Raises urllib's HTTPError for a refusal."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def page(self, watch: str | None = None) -> ClientConnection:
        """An open page's socket."""
        socket = connect(f"ws://127.0.0.1:{self.port}/api/socket").__enter__()
        socket.send(json.dumps({"token": TOKEN}))
        if watch is not None:
            socket.send(json.dumps({"watch": watch}))
        return socket

    def seconds_used(self) -> float:
        """Processor seconds of the process so far (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


def state_told(socket: ClientConnection, name: str, states: tuple[str, ...]) -> tuple[float, dict[str, Any]]:
    """When a card of a run in one of the states was heard, and the card."""
    while True:
        message = socket.recv()
        if isinstance(message, bytes):
            continue
        for card in json.loads(message).get("runs", ()):
            if card["name"] == name and card["state"] in states:
                return time.monotonic(), card
