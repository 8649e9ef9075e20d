"""Chromium for the tests of what runs in browsers; where there is none, they are skipped by name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

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
def blank(browser: Any) -> Iterator[Any]:
    """An empty page, without a network."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()
