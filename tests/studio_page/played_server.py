"""A studio's server as a test plays it: answers that are written down, a socket that says what the test says.

The page cannot tell it from a real one, and nothing is trained.
"""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from PIL import Image

from gansmith.studio import documents

ORIGIN = "http://127.0.0.1:9"

Answer = Callable[[Any], object]

REMEDY = {"set": {"optimizer.generator.rate": 0.0002}, "why": "smaller steps", "source": "Radford et al. 2016"}
FINDING = {
    "update": 150,
    "state": "rate too high",
    "since_update": 100,
    "severity": "alarm",
    "certainty": "likely",
    "text": "The generator's steps are too large.",
    "line": "rate too high since update 100 (likely): The generator's steps are too large.",
    "evidence": {"step of the generator": 0.31},
    "remedy": [REMEDY],
}
FIELDS = [
    {
        "key": "data.batch",
        "value": 64,
        "default": 64,
        "meaning": "items in one step",
        "type": "integer",
        "choices": None,
        "reason": "as there is room",
    },
    {
        "key": "loss.name",
        "value": "hinge",
        "default": "non-saturating",
        "meaning": "the loss of both networks",
        "type": "choice",
        "choices": ["non-saturating", "hinge", "relativistic"],
    },
    {"key": "generator.bias", "value": True, "default": True, "meaning": "a bias", "type": "yes-no", "choices": None},
    {
        "key": "generator.widths",
        "value": [64, 32],
        "default": [64, 32],
        "meaning": "widths",
        "type": "list",
        "choices": None,
    },
    {"key": "data.size", "value": "auto", "default": "auto", "meaning": "pixels", "type": "text", "choices": None},
    {"key": "budget.minutes", "value": 2.0, "default": 0.0, "meaning": "minutes", "type": "number", "choices": None},
]
GROUPS = [
    {"table": table, "title": f"about {table}", "fields": [one for one in FIELDS if one["key"].startswith(table)]}
    for table in ("data", "loss", "generator", "budget")
]


def png(shade: int = 128) -> bytes:
    """A sheet in one shade of grey."""
    made = io.BytesIO()
    Image.new("L", (64, 48), shade).save(made, "PNG")
    return made.getvalue()


def row(update: int, loss: float = 0.7) -> dict[str, Any]:
    return {
        "update": update,
        "loss.generator": loss,
        "loss.discriminator": 1.3,
        "accuracy.real": 0.6,
        "accuracy.fake": 0.7,
    }


def card(name: str, **changes: Any) -> dict[str, Any]:
    """A card of a run in training; of another state with what can be done then."""
    can = ["pause", "save", "change", "steer", "export"]
    if changes.get("state", "training") != "training":
        can = ["resume", "delete", "steer", "export"]
    made = {
        "name": name,
        "recipe": "digits",
        "state": "training",
        "reason": None,
        "update": 200,
        "total": 400,
        "share": 0.5,
        "seconds": 75.0,
        "images_per_second": 640.0,
        "finding": None,
        "sheet": 200,
        "changed": 1.0,
        "size": 2_500_000,
        "pictures": True,
        "can": can,
    }
    return {**made, **changes}


class Played:
    """What the server knows, what it was asked to do, and its sockets."""

    def __init__(self) -> None:
        self.cards = [card("first", finding=FINDING), card("second/of two", state="paused", can=["resume", "delete"])]
        self.asked: list[tuple[str, Any]] = []  # (path, body) of each POST
        self.heard: list[dict[str, Any]] = []  # what pages said through their sockets
        self.sockets: list[Any] = []
        self.is_gone = False
        self.refusals: dict[str, str] = {}  # path of a POST: the sentence that refuses it
        self.failures: dict[str, int] = {}  # path of a GET: how many times it fails yet
        self.check = {"refusal": None, "remarks": [], "refused": {}, "summary": {}}
        self.changes = [{"at": 90, "back_to": 50, "reason": "asked", "change": {"loss.name": ["hinge", "minimax"]}}]
        self.checkpoints = [50, 100]
        self.exported: list[dict[str, Any]] = []
        self.recipe = {"optimizer.generator.rate": 0.02, "loss.name": "hinge", "data.batch": 64}

    # ---- what a page sees

    def say(self, message: dict[str, Any]) -> None:
        """Through every open socket."""
        for one in self.sockets:
            one.send(json.dumps(message))

    def say_sheet(self, name: str, update: int, picture: bytes) -> None:
        head = json.dumps({"kind": "sheet", "name": name, "update": update}).encode()
        for one in self.sockets:
            one.send(struct.pack("<I", len(head)) + head + picture)

    def change(self, name: str, **changes: Any) -> None:
        """A run's card changes, and every page is told."""
        self.cards = [{**one, **changes} if one["name"] == name else one for one in self.cards]
        self.say({"kind": "cards", "runs": self.cards})

    def leave(self) -> None:
        """The studio is killed."""
        self.is_gone = True
        sockets, self.sockets = self.sockets, []
        for one in sockets:
            one.close()

    def listen(self, socket: Any) -> None:
        if self.is_gone:
            socket.close()
            return

        def hear(text: str) -> None:
            message = json.loads(text)
            self.heard.append(message)
            if message.get("token") == "right":
                self.sockets.append(socket)

        socket.on_message(hear)

    def answer(self, route: Any) -> None:
        request = route.request
        if not request.url.startswith(ORIGIN):
            route.abort()  # the test fails for it
        elif self.is_gone:
            route.abort("connectionrefused")
        elif urlsplit(request.url).path == "/":
            page = documents.page()
            headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": documents.policy(page)}
            route.fulfill(body=page, headers=headers)
        elif request.headers.get("authorization") != "Bearer right":
            route.fulfill(status=401, json={"error": "the token is not the studio's"})
        else:
            self._api(route, urlsplit(request.url).path.removeprefix("/api/"))

    def _api(self, route: Any, path: str) -> None:
        request = route.request
        if request.method == "POST":
            given = request.post_data_buffer if path == "upload" else json.loads(request.post_data or "{}")
            self.asked.append((f"{path}?{urlsplit(request.url).query}" if path == "upload" else unquote(path), given))
            if unquote(path) in self.refusals:
                route.fulfill(status=400, json={"error": self.refusals[unquote(path)]})
                return
        if self.failures.get(path):
            self.failures[path] -= 1
            route.fulfill(status=500, json={"error": "the disk: a file is being replaced"})
            return
        if "/picture/" in path or "/sheet/" in path or path.endswith("/real") or "/exports/" in path:
            route.fulfill(body=png(), content_type="image/png")
            return
        found = self._found(unquote(path))
        route.fulfill(status=200 if found is not None else 404, json=found or {"error": "there is no such run"})

    def _found(self, path: str) -> Any:
        fixed: dict[str, Any] = {
            "home": {
                "folder": "/runs",
                "runs": self.cards,
                "recipes": [
                    {"name": "digits", "summary": "Written digits."},
                    {"name": "folder", "summary": "Your own."},
                ],
                "version": "1",
            },
            "form": {"groups": GROUPS, "source": "digits"},
            "survey": {
                "description": "digits: 40 grey pictures",
                "kind": "pictures",
                "labels": {"0": 20, "1": 20},
                "skipped": ["broken.png: it is cut off"],
                "sheet": base64.b64encode(png()).decode(),
            },
            "check": self.check,
            "train": {"name": "first"},
            "upload": {"source": ".uploads/mine"},
            "trash/undo": {},
        }
        if path in fixed:
            return fixed[path]
        names = {one["name"] for one in self.cards}
        name = path.removeprefix("runs/")
        if name in names:
            return self.run(name)
        if name.endswith("/delete"):
            self.cards = [one for one in self.cards if one["name"] != name.removesuffix("/delete")]
            return {"moved": True}
        if name.endswith("/exports"):
            return {"files": self.exported}
        if name.endswith("/export"):
            return {"job": "7", "file": "mine.onnx"}
        return {"asked": "1"} if name.rpartition("/")[0] in names else None

    def run(self, name: str) -> dict[str, Any]:
        found = next(one for one in self.cards if one["name"] == name)
        return {
            "card": found,
            "recipe": self.recipe,
            "meanings": {"loss.name": "the loss of both networks"},
            "rows": [row(50), row(100), row(150)],
            "sheets": [
                {"update": update, "images_seen": update * 64, "seconds": update / 3} for update in (0, 50, 100)
            ],
            "findings": [found["finding"]] if found["finding"] else [],
            "changes": self.changes,
            "judgements": [{"update": 100, "metric": "SWD", "value": 12.5}],
            "log": [{"update": 60, "text": "saved"}],
            "printed": ["training digits"],
            "checkpoints": self.checkpoints,
            "facts": {
                "data": {"count": 40, "item_shape": [1, 8, 8], "class_names": ["0", "1"], "skipped": []},
                "environment": {"threads": 2, "ranks": 1, "bfloat16 products": True},
                "origin": {"run": "/runs/earlier", "taken": [{"player": "generator", "layers": 3}]},
            },
            "changeable": FIELDS[:3],
        }
