"""What is dropped on the page: streamed to the disk, bounded, under cleaned names, in one folder of the served one."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import IO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gansmith.studio.answers import refused
from gansmith.studio.errors import StudioError
from gansmith.studio.places import UPLOADS, cleaned
from gansmith.studio.studio import Studio

MOST = 2 * 2**30  # bytes of one drop
MOST_FILES = 200_000  # of one drop
DEEPEST = 8  # folders within a drop
SPARE = 2**30  # bytes that stay free on the disk
AT_ONCE = 4  # files that are received at a time
BLOCK = 2**20  # bytes that are written at a time
GATHERED = re.compile(r"[A-Za-z0-9_-]{4,40}")


class Uploads:
    """Receives files."""

    def __init__(self, studio: Studio) -> None:
        self.folder = studio.folder
        self.receiving = 0
        self.sizes: dict[str, tuple[int, int]] = {}  # bytes and files of each drop that is being gathered

    def routes(self) -> list[Route]:
        """The route."""
        return [Route("/api/upload", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """One file. Several of a dropped folder have the same `into`, and a `path` each."""
        if self.receiving >= AT_ONCE:
            return refused(429, f"{AT_ONCE} files are received already: wait for one")
        self.receiving += 1
        try:
            drop, path = self._place(request)
            declared = request.headers.get("content-length", "0")
            size = await self._store(request, drop, path, int(declared) if declared.isdecimal() else 0)
            source = f"{UPLOADS}/{drop}" if "into" in request.query_params else f"{UPLOADS}/{drop}/{path.name}"
            return JSONResponse({"source": source, "bytes": size})
        except StudioError as error:
            return refused(error.status, str(error))
        except ClientDisconnect:
            return refused(400, "the page went away before all of it was sent")
        except OSError as error:
            return refused(500, f"it cannot be kept ({error.strerror or error}): make room on the disk")
        finally:
            self.receiving -= 1

    def _place(self, request: Request) -> tuple[str, Path]:
        """The drop's name, and where the file goes. Raises StudioError."""
        given = request.query_params
        if "into" not in given:
            drop = os.urandom(6).hex()
            return drop, self.folder / UPLOADS / drop / cleaned(given.get("name", ""), "upload")
        drop, parts = given["into"], given.get("path", given.get("name", "")).split("/")
        if not GATHERED.fullmatch(drop):
            raise StudioError(400, "'into' is a word of 4 to 40 letters, digits, - and _: reload the page")
        if len(parts) > DEEPEST or not all(parts):
            raise StudioError(
                400, f"a dropped folder may hold {DEEPEST} folders within one another, and each has a name"
            )
        if set(parts) & {".", ".."}:
            raise StudioError(400, "a path within a dropped folder leads nowhere else: drop the folder again")
        return drop, self.folder.joinpath(UPLOADS, drop, *(cleaned(part, "folder") for part in parts))

    async def _store(self, request: Request, drop: str, path: Path, declared: int) -> int:
        before, files = self.sizes.get(drop, (0, 0))
        if files >= MOST_FILES:
            raise StudioError(413, f"at most {MOST_FILES:,} files are taken at once: pack them into a zip")
        room = min(MOST - before, shutil.disk_usage(self.folder).free - SPARE)
        if declared > room:
            raise too_much(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise StudioError(409, f"two files are called {path.name} once their names are cleaned: rename one")
        part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
        try:
            with open(part, "xb") as file:
                size = await _write(request, file, room)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        before, files = self.sizes.get(drop, (0, 0))  # again: other files of the drop have come meanwhile
        self.sizes[drop] = (before + size, files + 1)
        while len(self.sizes) > AT_ONCE * 64:  # drops of long ago
            del self.sizes[next(iter(self.sizes))]
        return size


async def _write(request: Request, file: IO[bytes], room: int) -> int:
    """What arrives, onto the disk. Raises StudioError 413 beyond `room` bytes."""
    size, waiting = 0, bytearray()
    async for piece in request.stream():
        size += len(piece)
        if size > room:
            raise too_much(room)
        waiting += piece
        if len(waiting) >= BLOCK:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    file.write(waiting)
    return size


def too_much(room: int) -> StudioError:
    """The refusal of what does not fit."""
    if room < MOST // 2:
        return StudioError(413, f"there is room for {max(room, 0) / 2**20:,.0f} MB more: make room on the disk")
    return StudioError(
        413,
        f"at most {MOST / 2**30:g} GB are taken here: start it in a terminal, by `gansmith train folder --data PLACE`",
    )
