"""A studio, and requests to it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listening_studio import listening

TOKEN = "a-token-that-only-these-tests-know"


@dataclass
class Served:
    """A studio that answers at `origin`."""

    folder: Path
    origin: str

    def ask(self, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
        """The status, headers and body of an answer: to POST where there is a body, else to GET."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.origin}/api/{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def told(self, path: str, body: Any = None) -> dict[str, Any]:
        """The JSON of an answer that has to be 200."""
        status, _, data = self.ask(path, body)
        assert status == 200, data
        return json.loads(data)

    def refusal(self, path: str, body: Any = None) -> tuple[int, str]:
        """The status and the sentence of a refusal."""
        status, _, data = self.ask(path, body)
        return status, json.loads(data)["error"]

    def ended(self, job: str, seconds: float = 300) -> dict[str, Any]:
        """What a job told last, once it has ended."""
        end = time.monotonic() + seconds
        while not (standing := self.told(f"jobs/{job}"))["ended"]:
            assert time.monotonic() < end, standing
            time.sleep(0.1)
        return standing


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """A studio on a folder, as long as the context lasts."""
    with listening(folder, TOKEN) as port:
        yield Served(folder, f"http://127.0.0.1:{port}")
