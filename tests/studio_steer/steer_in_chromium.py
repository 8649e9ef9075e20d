"""What tests of Steer and Quiz do in a page, and wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from served_studio import Served

from gansmith.trained.generator import Generator

PIXELS = """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
Opened = Callable[..., Any]


def own(url: str, served: Served) -> bool:
    return url.startswith((served.origin, "blob:", "data:"))


def until(true: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def says(page: Any, text: str, place: str = ".caption") -> None:
    """Wait until a place says this; a job, or a quiz, has to start a process first."""
    until(lambda: text in page.locator(place).first.inner_text(), f"{place} never said {text}", 600)


def shown(page: Any, selector: str = "canvas.large", nth: int = 0) -> np.ndarray:
    """The grey picture uint8 (H, W) on a canvas."""
    data = page.locator(selector).nth(nth).evaluate(PIXELS)
    return np.array(data, np.uint8).reshape(16, 16, 4)[:, :, 0]


def of_seed(generator: Generator, seed: int, label: str | None = None) -> np.ndarray:
    return generator.sample(1, seed, label)[0, :, :, 0]


def close(made: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether two pictures differ by a grey level at most."""
    return int(np.abs(made.astype(int) - wanted).max()) <= 1


def slide(page: Any, label: str, value: float) -> None:
    slider = page.get_by_label(label, exact=True)
    slider.evaluate("(s, value) => { s.value = value; s.dispatchEvent(new Event('input', {bubbles: true})); }", value)


def cell(page: Any, nth: int) -> Any:
    return page.get_by_role("group", name="Palette of pictures").get_by_role("button").nth(nth)
