"""Chromium, and the studio's page before a server that a test plays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from played_server import ORIGIN, Played

CHROMIUM = os.environ.get("GANSMITH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",  # a test may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",  # which is small in containers
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium, for the tests of one file."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: install the extra dev")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install Debian's chromium, or name one in GANSMITH_CHROMIUM")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def played() -> Played:
    """The server, with two runs."""
    return Played()


@pytest.fixture
def opened(browser: Any, played: Played) -> Iterator[Opened]:
    """Opens the page at an address such as "#/new". Errors of the page, and requests elsewhere, fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(place: str = "#/", token: str = "right", **settings: Any) -> Any:
        context = browser.new_context(**settings)
        context.set_default_timeout(120_000)  # a busy machine is no failure
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if is_own(request.url) else wrong.append(request.url))
        page.on("console", lambda message: wrong.append(message.text) if "Security Policy" in message.text else None)
        played.answer(page)
        page.goto(f"{ORIGIN}/#token={token}" if token else f"{ORIGIN}/")
        if token == "right":
            page.locator(".card, .first").first.wait_for()
            if place != "#/":
                page.evaluate("(place) => { location.hash = place; }", place)
                page.wait_for_function("!document.querySelector('.cards')")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def is_own(url: str) -> bool:
    """Whether a request is for the studio, or for what the page holds itself."""
    return url.startswith((ORIGIN, ORIGIN.replace("http", "ws"), f"blob:{ORIGIN}", "data:"))
