"""A Hub on this machine's loopback: it makes repositories, takes commits and gives files, as huggingface_hub asks for them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OWNER = "me"


@dataclass
class Hub:
    """What the Hub holds: (kind, "owner/name") -> path -> bytes."""

    address: str = ""
    repositories: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    settings: dict[tuple[str, str], dict] = field(default_factory=dict)
    announced: dict[str, int] = field(default_factory=dict)  # sizes that it tells instead of the true ones
    commit: str | None = None  # it tells this one

    def sha(self, files: dict[str, bytes]) -> str:
        """The commit of these files."""
        return self.commit or hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


class Answers(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        """An answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def tell(self, value: object, status: int = 200) -> None:
        """An answer in JSON."""
        self.send(status, json.dumps(value).encode())

    def do_POST(self) -> None:
        """Repositories and commits."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        hub = self.hub
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            place = (asked.get("type", "model"), f"{asked.get('organization') or OWNER}/{asked['name']}")
            kind, name = place
            url = f"{hub.address}/{'spaces/' if kind == 'space' else ''}{name}"
            if place in hub.repositories:
                return self.tell({"error": "You already created this repo", "url": url}, 409)
            hub.repositories[place], hub.settings[place] = {}, asked
            return self.tell({"url": url, "name": name})
        if self.path == "/api/validate-yaml":
            return self.tell({"errors": [], "warnings": []})
        found = re.fullmatch(r"/api/(model|space)s/([^/]+/[^/]+)/(preupload|commit)/main", self.path.partition("?")[0])
        if found is None:
            return self.tell({"error": f"no such place: {self.path}"}, 404)
        files = hub.repositories[found[1], found[2]]
        if found[3] == "preupload":
            paths = [each["path"] for each in json.loads(body)["files"]]
            return self.tell({"files": [{"path": p, "uploadMode": "regular", "shouldIgnore": False} for p in paths]})
        for line in body.splitlines():
            row = json.loads(line)
            if row["key"] == "file":
                files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
        sha = hub.sha(files)
        return self.tell({"commitUrl": f"{hub.address}/{found[2]}/commit/{sha}", "commitOid": sha})

    def do_GET(self) -> None:
        """What a repository is, and its files."""
        hub, path = self.hub, self.path.partition("?")[0]
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            files = hub.repositories.get(("model", found[1]))
            if files is None:
                return self.send(404, b"{}", X_Error_Code="RepoNotFound")
            rows = [{"rfilename": name, "size": hub.announced.get(name, len(data))} for name, data in files.items()]
            return self.tell({"id": found[1], "sha": hub.sha(files), "siblings": rows})
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            files = hub.repositories["model", found[1]]
            data = files[found[3]]
            tag = hashlib.sha1(data).hexdigest()
            headers = {"X_Repo_Commit": hub.sha(files), "ETag": f'"{tag}"'}
            return self.send(200, data, "application/octet-stream", **headers)
        return self.tell({"error": f"no such place: {path}"}, 404)

    do_HEAD = do_GET


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub, while it serves."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Answers,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
