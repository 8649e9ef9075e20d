"""Does a studio stay alive, and its memory flat, whatever is sent to it?

    python benchmarks/studio_harm.py

Each harm is done to one studio, one after the other; printed are what was answered and the memory of the process (Linux).
"""

from __future__ import annotations

import http.client
import io
import json
import logging
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from studio_process import TOKEN, Studio
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

MOST_GROWTH = 64.0  # MB over all harms


def main() -> int:
    """Exit code 1 where the studio died or grew."""
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a closed socket is what is wanted
    with tempfile.TemporaryDirectory() as place:
        studio = Studio(Path(place))
        studio.ask("GET", "/api/home")
        first = megabytes(studio)
        for name, harm in HARMS.items():
            answers = harm(studio)
            studio.ask("GET", "/api/home")
            print(f"{name:40} {dict(answers)}; then {megabytes(studio):.0f} MB", flush=True)
        growth = megabytes(studio) - first
        studio.process.kill()
        studio.process.wait()
    print(f"from {first:.0f} MB: {growth:+.0f} MB")
    return 0 if growth < MOST_GROWTH else 1


def megabytes(studio: Studio) -> float:
    """The resident memory of the process."""
    lines = Path(f"/proc/{studio.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def status(studio: Studio, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
    """The status of an answer; 0 where the connection was closed."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=600)
    try:
        given = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        connection.request(method, path, body or None, given)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def strangers(studio: Studio) -> Counter[object]:
    """Wrong Host, Origin and token."""
    wrong = ({"Host": f"evil.example:{studio.port}"}, {"Origin": "http://evil.example"}, {"Authorization": "Bearer x"})
    return Counter(status(studio, "GET", "/api/home", headers=one) for one in wrong for _ in range(200))


def large_bodies(studio: Studio) -> Counter[object]:
    """10 MB of JSON, again and again."""
    return Counter(status(studio, "POST", "/api/check", b"x" * 10_000_000) for _ in range(20))


def large_messages(studio: Studio) -> Counter[object]:
    """10 MB through the socket."""
    return Counter(sent(studio, ["x" * 10_000_000]) for _ in range(10))


def floods(studio: Studio) -> Counter[object]:
    """1,000 messages at once."""
    return Counter(sent(studio, [json.dumps({"watch": None})] * 1000) for _ in range(10))


def sent(studio: Studio, messages: list[str]) -> str:
    """How a socket ends that sends these messages."""
    try:
        with studio.page() as socket:
            for message in messages:
                socket.send(message)
            while True:
                socket.recv()
    except ConnectionClosed:
        return "closed"


def many_sockets(studio: Studio) -> Counter[object]:
    """50 pages at a time, and 50 sockets that never say the token."""
    found: Counter[object] = Counter()
    strangers = [connect(f"ws://127.0.0.1:{studio.port}/api/socket").__enter__() for _ in range(50)]
    pages = [studio.page() for _ in range(50)]
    for name, sockets in {"page": pages, "stranger": strangers}.items():
        for socket in sockets:
            try:
                socket.recv(timeout=20)
                found[f"{name} open"] += 1
            except ConnectionClosed:
                found[f"{name} closed"] += 1
    for socket in (*strangers, *pages):
        socket.close()
    return found


def paths(studio: Studio) -> Counter[object]:
    """`../` in every field that is a path."""
    bad = "..%2F..%2Fetc%2Fpasswd"
    reads = [f"/api/runs/{bad}{rest}" for rest in ("", "/real", "/sheet/0", "/picture/x")] + [f"/api/jobs/{bad}"]
    found = Counter[object](status(studio, "GET", path) for path in reads)
    for path in (*(f"/api/runs/{bad}/{verb}" for verb in ("ask", "resume", "delete", "export")), "/api/trash/undo"):
        found[status(studio, "POST", path, b'{"name": "../../etc", "kind": "html"}')] += 1
    for body in ({"source": "../../etc"}, {"recipe": "digits", "source": "../../etc"}, {"recipe": "../../etc"}):
        for path in ("/api/survey", "/api/check", "/api/train"):
            if path != "/api/survey" or "source" in body:
                found[status(studio, "POST", path, json.dumps({"recipe": "digits", **body}).encode())] += 1
    found[status(studio, "POST", "/api/upload?into=../..&path=x", b"x")] += 1
    return found


def surveyed(studio: Studio, data: bytes) -> object:
    """What a survey of an upload answers."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=600)
    connection.request("POST", "/api/upload?name=one.zip", data, {"Authorization": f"Bearer {TOKEN}"})
    source = json.load(connection.getresponse())["source"]
    connection.close()
    return status(studio, "POST", "/api/survey", json.dumps({"source": source}).encode())


def bombs(studio: Studio) -> Counter[object]:
    """A zip of 1 GB of zeros in 1 MB, and one picture of 50 megapixels."""
    bomb, large = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("0.png", "w") as file:
        for _ in range(1024):
            file.write(bytes(2**20))
    with zipfile.ZipFile(large, "w") as archive, archive.open("0.png", "w") as file:
        Image.new("RGB", (10_000, 5000)).save(file, "PNG")
    return Counter([surveyed(studio, bomb.getvalue()), surveyed(studio, large.getvalue())])


HARMS: dict[str, Callable[[Studio], Counter[object]]] = {
    "wrong Host, Origin, token (600)": strangers,
    "`../` in every field": paths,
    "10 MB of JSON (20)": large_bodies,
    "a message of 10 MB (10)": large_messages,
    "1,000 messages at once (10)": floods,
    "50 pages, 50 sockets without a token": many_sockets,
    "a zip bomb, a picture of 50 megapixels": bombs,
}

if __name__ == "__main__":
    sys.exit(main())
