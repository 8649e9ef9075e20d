"""How requests are answered: work in a thread, JSON out, and every refusal as one sentence."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from gansmith.ground.errors import GansmithError, brief, printable
from gansmith.studio.errors import StudioError

RUNS = "/api/runs/"
MOST = 2**20  # bytes of a request, unless its route says otherwise

Given = dict[str, Any]
Work = Callable[[Request, Given], Any]
"""Gets the request and its JSON body ({} for GET); returns what is answered: JSON-able, or a Response."""


class BelowRun(Route):
    """A route of something below a run, /api/runs/{name}/..., that leaves the address of a run alone whose own name ends in the
    route's words, as `mine/real` does."""

    def __init__(self, path: str, work: Work, is_run: Callable[[str], bool]) -> None:
        super().__init__(path, endpoint(work, 0), methods=["GET"])
        self.is_run = is_run

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the route is asked for."""
        found, child = super().matches(scope)
        if found is Match.FULL:
            name, asked = child["path_params"]["name"], scope["path"].removeprefix(RUNS)
            rest = asked[len(name) + 1 :].split("/")
            if any(self.is_run("/".join([name, *rest[:count]])) for count in range(1, len(rest) + 1)):
                return Match.NONE, {}
        return found, child


def get(path: str, work: Work) -> Route:
    """A route that is read."""
    return Route(path, endpoint(work, 0), methods=["GET"])


def post(path: str, work: Work, most: int = MOST) -> Route:
    """A route that does something. most: bytes of its body."""
    return Route(path, endpoint(work, most), methods=["POST"])


def endpoint(work: Work, most: int) -> Callable[[Request], Awaitable[Response]]:
    """A route's work as the framework calls it."""

    async def answer(request: Request) -> Response:
        return await answered(request, work, most)

    return answer


async def answered(request: Request, work: Work, most: int) -> Response:
    """What a route's work returns, or the sentence of its refusal."""
    try:
        given = await body(request, most) if most else {}
        found = await asyncio.to_thread(work, request, given)
        return found if isinstance(found, Response) else JSONResponse(found)
    except StudioError as error:
        return refused(error.status, str(error))
    except GansmithError as error:
        return refused(400, str(error))
    except ClientDisconnect:
        return refused(400, "the page went away")
    except OSError as error:
        return refused(500, f"the disk: {error.strerror or error}")
    except Exception as error:  # files that somebody changed by hand
        logging.getLogger("gansmith").exception("%s failed", request.url.path)
        return refused(500, f"this failed ({brief(error)}): the studio's terminal says where")


def refused(status: int, sentence: str) -> JSONResponse:
    """A refusal."""
    return JSONResponse({"error": printable(sentence)}, status)


async def body(request: Request, most: int) -> Given:
    """The JSON object that a request brings. Raises StudioError 413 for more than `most` bytes, and 400 for anything else."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > most:
            raise StudioError(413, f"a request of at most {most / 2**20:g} MB is read here: send less")
    try:
        given = json.loads(bytes(data) or b"{}")
    except (ValueError, RecursionError):
        raise StudioError(400, "the request is no JSON: reload the page") from None
    if not isinstance(given, dict):
        raise StudioError(400, "the request is no JSON object: reload the page")
    return given


def text_of(given: Given, name: str, otherwise: str | None = None) -> str:
    """A text of a request. Raises StudioError 400 where it is missing, or no text."""
    value = given.get(name, otherwise)
    if not isinstance(value, str):
        raise StudioError(400, f"{name!r} is missing, or no text: reload the page")
    return value


def texts_of(given: Given, name: str) -> dict[str, str]:
    """Texts by name. Raises StudioError 400."""
    value = given.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise StudioError(400, f"{name!r} has to hold texts by name: reload the page")
    return value
