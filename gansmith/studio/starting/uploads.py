"""What is dropped on the page: streamed to the disk, bounded, under cleaned names, in one folder of the served one."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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
PATIENCE = 120.0  # seconds without a byte after which a file's place is given to another
GATHERING = 256  # drops whose size is remembered; that of others is counted again
GATHERED = re.compile(r"[A-Za-z0-9_-]{4,40}")


@dataclass
class Drop:
    """How much of one drop is kept, with what is just being received."""

    size: int = 0  # bytes
    files: int = 0


class Uploads:
    """Receives files."""

    def __init__(self, studio: Studio) -> None:
        self.folder = studio.folder
        self.receiving = 0
        self.drops: OrderedDict[str, Drop] = OrderedDict()  # that are being gathered

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

    async def _store(self, request: Request, name: str, path: Path, declared: int) -> int:
        drop = await self._drop(name)
        if drop.files >= MOST_FILES:
            raise StudioError(413, f"at most {MOST_FILES:,} files are taken at once: pack them into a zip")
        if declared > (room := self._room(drop)):
            raise too_much(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise StudioError(409, f"two files are called {path.name} once their names are cleaned: rename one")
        part, before = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part"), drop.size
        drop.files += 1
        written, kept = 0, False
        try:
            with open(part, "xb") as file:
                async for piece in pieces(request):
                    drop.size, written = drop.size + len(piece), written + len(piece)
                    if self._room(drop) < 0:
                        raise too_much(MOST - before)
                    await asyncio.to_thread(file.write, piece)
            os.replace(part, path)
            kept = True
        finally:
            part.unlink(missing_ok=True)
            if not kept:
                drop.size, drop.files = drop.size - written, drop.files - 1
        return written

    async def _drop(self, name: str) -> Drop:
        """What is known of a drop; what lies there from an earlier studio counts too."""
        if name not in self.drops:
            found = await asyncio.to_thread(counted, self.folder / UPLOADS / name)
            self.drops.setdefault(name, found)
        self.drops.move_to_end(name)
        while len(self.drops) > GATHERING:
            self.drops.popitem(last=False)
        return self.drops[name]

    def _room(self, drop: Drop) -> int:
        """Bytes that may still come."""
        return min(MOST - drop.size, shutil.disk_usage(self.folder).free - SPARE)


def counted(folder: Path) -> Drop:
    """A drop that lies in a folder."""
    found = Drop()
    for here, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):
                found.size += os.lstat(os.path.join(here, file)).st_size
                found.files += 1
    return found


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """What arrives, in blocks. Raises StudioError 408 where nothing does for long."""
    stream, waiting = request.stream(), bytearray()
    while True:
        try:
            piece = await asyncio.wait_for(anext(stream, None), PATIENCE)
        except TimeoutError:
            raise StudioError(408, f"nothing came for {PATIENCE:g} seconds: drop it again") from None
        waiting += piece or b""
        if len(waiting) >= BLOCK or (piece is None and waiting):
            yield bytes(waiting)
            waiting.clear()
        if piece is None:
            return


def too_much(room: int) -> StudioError:
    """The refusal of what does not fit."""
    if room < MOST // 2:
        return StudioError(413, f"there is room for {max(room, 0) / 2**20:,.0f} MB more: make room on the disk")
    return StudioError(
        413,
        f"at most {MOST / 2**30:g} GB are taken here: start it in a terminal, by `gansmith train folder --data PLACE`",
    )
