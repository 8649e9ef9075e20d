"""How a studio is found and opened: one for a folder, and its token in private files alone, never in a command line."""

from __future__ import annotations

import html
import json
import os
import platform
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gansmith.ground.errors import RunError
from gansmith.ground.files.lock import LOOKED_AT, lock
from gansmith.studio.places import OWN

STARTING = 20.0  # seconds in which a studio that has begun has to say its link
LOOK = 0.1  # seconds between two looks for it
SHOWN = 60.0  # seconds after which a browser has read the page that leads to the studio

LEADS = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Gansmith</title><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0; url={link}"><a href="{link}">The studio</a></html>\n'
)


class Door:
    """What a folder's studio keeps of itself while it is open. `is_mine`: whether this process is that studio."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.own, self.is_mine = folder, folder / OWN, True

    @property
    def link(self) -> Path:
        """Names the studio's link and its machine; only its owner can read it."""
        return self.own / "link.json"

    def keep(self, link: str) -> None:
        """Write down the link, for a second studio of this folder."""
        with suppress(OSError):  # where nothing can be kept, a second one opens beside it
            write_private(self.link, json.dumps({"link": link, "machine": platform.node()}))

    def other(self) -> str:
        """The link of the studio that is open already. Raises RunError."""
        until = time.monotonic() + STARTING
        while True:
            found = self._kept()
            if found.get("machine", platform.node()) != platform.node():
                raise RunError(f"{self.folder} is served by a studio on {found['machine']}: open or close it there")
            if isinstance(link := found.get("link"), str):
                return link
            if time.monotonic() > until:
                raise RunError(f"{self.folder} is served by a studio that says no link: close it, or wait for its end")
            time.sleep(LOOK)

    def _kept(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            found = json.loads(self.link.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}

    def show(self, link: str) -> None:
        """Open a browser at a link; the studio itself calls it in a thread, as it waits until the browser has read it.

        All users of a machine see command lines, so the browser is given a private page that leads to the link.
        """
        page = self.own / f"open-{os.urandom(6).hex()}.html"
        try:
            write_private(page, LEADS.format(link=html.escape(link)))
        except OSError:  # the link was printed
            return
        webbrowser.open(page.as_uri())
        if self.is_mine:  # else the open studio removes it
            time.sleep(SHOWN)
            page.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what was kept."""
        for path in (self.link, *self.own.glob("open-*.html")):
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def door(folder: Path) -> Iterator[Door]:
    """The door of a folder's studio, which holds its lock as long as it is open. A folder that can only be read has no lock."""
    found = Door(folder)
    with ExitStack() as stack:
        with suppress(OSError):
            found.own.mkdir(exist_ok=True)
            file = stack.enter_context(open(found.own / "lock", "ab"))
            found.is_mine = lock(file, wait=False, patience=LOOKED_AT) is not False
        if found.is_mine:
            stack.callback(found.clear)
            found.clear()  # of one that was killed
        yield found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read. Raises OSError."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
