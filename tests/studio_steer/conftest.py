"""A studio that serves a small run, and its pages in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from served_studio import TOKEN, Served, serve
from steer_in_chromium import Opened, own, until

import small_runs


@pytest.fixture(scope="module", autouse=True)
def _quick(quick_processes: None) -> None:
    """Trainings and jobs begin at once; those of tests/studio_page are started as by a person."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio on a folder with the run "small", which has two directions and three styles."""
    folder = tmp_path_factory.mktemp("served")
    small_runs.explored(small_runs.make(folder / "small"))
    with serve(folder) as studio:
        yield studio


@pytest.fixture
def opened(browser: Any, served: Served) -> Iterator[Opened]:
    """Opens a part of the run's pages. Errors of the page, and requests elsewhere, fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(part: str = "steer", state: str = "", run: str = "small", **settings: Any) -> Any:
        context = browser.new_context(accept_downloads=True, **settings)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.origin)
        context.set_default_timeout(120_000)  # a busy machine is no failure
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Security Policy" in message.text else None)
        page.on("request", lambda request: None if own(request.url, served) else wrong.append(request.url))
        page.goto(f"{served.origin}/#token={TOKEN}")
        page.locator("nav").first.wait_for()
        page.evaluate("(hash) => { location.hash = hash; }", f"#/run/{run}/{part}{state}")
        page.locator(".caption" if part == "steer" else ".quiz").first.wait_for()
        if part == "steer":
            until(lambda: page.inner_text(".caption") != "", "the first picture")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
