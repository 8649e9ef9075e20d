"""The page before a real studio: a training is started, watched, paused, killed; the studio is killed, and comes back."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError

TOKEN = "a-token-of-a-test"
NAME = "mine"


class Studio:
    """`gansmith studio` as a process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.start()

    def start(self) -> None:
        words = ["studio", str(self.folder), "--no-browser", f"--token={TOKEN}", f"--port={self.port}"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gansmith", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().split()[-1]
        self.port = int(re.findall(r":(\d+)/", self.link)[0])

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def trainer(self) -> int:
        """The process that trains."""
        return int(re.findall(r"\d+", (self.folder / NAME / ".lock").read_text())[0])


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    started = Studio(tmp_path)
    yield started
    started.kill()
    with suppress(OSError, IndexError):  # it has ended
        os.kill(started.trainer(), signal.SIGKILL)


@pytest.fixture
def page(browser: Any, studio: Studio) -> Iterator[Any]:
    context = browser.new_context()
    context.set_default_timeout(240_000)
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.goto(studio.link)
    yield made
    context.close()
    assert wrong == []


PATIENCE = 180.0  # seconds in which something has to be seen


def says(page: Any, place: str, words: str) -> None:
    page.locator(place, has_text=words).first.wait_for()


def update_of(page: Any) -> int:
    return int(re.findall(r"update ([\d,]+)", page.locator(".run-head .far").inner_text())[0].replace(",", ""))


def goes_on(page: Any) -> None:
    """Wait until more updates are made."""
    before, until = update_of(page), time.monotonic() + PATIENCE
    while update_of(page) <= before:
        page.wait_for_timeout(50)
        assert time.monotonic() < until, page.locator("main").inner_text()[:1500]


def resume(page: Any) -> None:
    """Resume it. Right after a pause it is refused, while the earlier process writes its report: then it is pressed again.
    The button goes as soon as the training has begun, perhaps just before it is pressed."""
    until = time.monotonic() + PATIENCE
    while not page.locator(".state", has_text="training").count():
        assert time.monotonic() < until, page.locator("main").inner_text()[:1500]
        with suppress(TimeoutError):
            page.get_by_role("button", name="Resume").click(timeout=500)
        page.wait_for_timeout(500)


def test_a_training_from_its_start_to_two_crashes(page: Any, studio: Studio):
    page.get_by_role("link", name="Start a first training").click()
    page.get_by_label("A ready recipe").select_option("ring")
    says(page, "dl", "numbers")
    page.get_by_label("How long").fill("1000000")
    page.get_by_label("Unit of the amount").select_option("updates")
    page.get_by_label("Name of the training").fill(NAME)
    page.get_by_role("button", name="Start the training").click()

    says(page, ".state", "training")
    page.locator(".chart canvas").first.wait_for()
    page.locator("img.large:visible").wait_for()
    goes_on(page)
    page.get_by_role("button", name="Save").click()
    says(page, ".log", "saved, as it was asked for")

    page.get_by_text("Change one setting", exact=True).click()
    page.get_by_label("Setting", exact=True).select_option("optimizer.generator.rate")
    page.get_by_label("optimizer.generator.rate").fill("0.0005")
    page.get_by_role("button", name="Change it").click()
    says(page, ".log", "with optimizer.generator.rate: 0.001 → 0.0005")
    goes_on(page)

    page.get_by_role("button", name="Pause").click()
    says(page, ".state", "paused")
    resume(page)
    goes_on(page)

    os.kill(studio.trainer(), signal.SIGKILL)
    says(page, "#notice", f"The training of {NAME} has stopped")
    resume(page)
    goes_on(page)

    studio.kill()
    says(page, "#gone", "The studio is gone")
    studio.start()
    page.locator("#gone:empty").wait_for(state="attached")
    says(page, ".state", "training")
    goes_on(page)
    page.get_by_role("button", name="Stop at once").click()
    page.get_by_role("button", name="Stop it").click()
    page.locator(".state", has_not_text="training").wait_for()
