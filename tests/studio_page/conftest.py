"""The studio's page in Chromium, before a server that a test plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from played_server import ORIGIN, Played

Opened = Callable[..., Any]
WIDE = {"width": 1280, "height": 800}


class Stage:
    """A tab, and the played server that answers it now."""

    def __init__(self, page: Any) -> None:
        self.page, self.played, self.wrong = page, Played(), []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: None if is_own(request.url) else self.wrong.append(request.url))
        page.on("console", lambda line: self.wrong.append(line.text) if "Security Policy" in line.text else None)
        page.route("**/*", lambda route: self.played.answer(route))
        page.route_web_socket("**/api/socket", lambda socket: self.played.listen(socket))

    def begin(self, played: Played) -> None:
        self.played = played

    def open(self, place: str = "#/", token: str = "right", scheme: str = "light", size: dict[str, int] = WIDE) -> Any:
        """The page at an address of its own."""
        page = self.page
        page.goto("about:blank")
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.goto(f"{ORIGIN}/#token={token}" if token else f"{ORIGIN}/")
        if token == "right":
            page.locator(".card, .first").first.wait_for()
            if place != "#/":
                page.evaluate("(place) => { location.hash = place; }", place)
                page.locator(".cards").wait_for(state="detached")
        return page

    def end(self) -> list[str]:
        """What went wrong; the tab forgets its token."""
        self.page.evaluate("sessionStorage.clear()")
        found, self.wrong = self.wrong, []
        return found


@pytest.fixture(scope="module")
def stage(browser: Any) -> Iterator[Stage]:
    """A tab that all tests of a file use one after the other: opening one takes longer than a test."""
    context = browser.new_context()
    context.set_default_timeout(120_000)  # a busy machine is no failure
    yield Stage(context.new_page())
    context.close()


@pytest.fixture
def played() -> Played:
    """The server, with two runs."""
    return Played()


@pytest.fixture
def opened(stage: Stage, played: Played) -> Iterator[Opened]:
    """Opens the page at an address such as "#/new". Errors of the page, and requests elsewhere, fail the test."""
    stage.begin(played)
    yield stage.open
    assert stage.end() == []


def is_own(url: str) -> bool:
    """Whether a request is for the studio, or for what the page holds itself."""
    return url.startswith((ORIGIN, ORIGIN.replace("http", "ws"), f"blob:{ORIGIN}", "data:", "about:"))
