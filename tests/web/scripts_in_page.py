"""Modules of the renderer in a page, and the renderer's answers."""

from __future__ import annotations

import base64
import time
from typing import Any

import numpy as np

from gansmith.web import scripts
from gansmith.web.model import Model

RAW = """([table, data, kernel, latents, labels]) => {
    const renderer = new Renderer(table, bytesOf(data), kernel && bytesOf(kernel));
    return Array.from(renderer.raw(Float32Array.from(latents), labels && Int32Array.from(labels)));
}"""


def load(page: Any, *entries: str) -> None:
    """Run modules in a page; their names are then known there."""
    for entry in entries:
        page.add_script_tag(content=scripts.joined(entry))
    page.add_script_tag(content=scripts.joined("engine/base64.js"))


def text(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode()


def raw(
    page: Any, model: Model, latents: np.ndarray, labels: np.ndarray | None = None, simd: bool = True
) -> np.ndarray:
    """The renderer's output float32 (N, *model.table["output"]) for latents (N, dim)."""
    kernel = text(scripts.kernel()) if simd else None
    table = {**model.table, "latent": {"dim": latents.shape[1]}}
    given = [table, text(model.data), kernel, latents.ravel().tolist(), None if labels is None else labels.tolist()]
    out = page.evaluate(RAW, given)
    return np.array(out, np.float32).reshape(len(latents), *model.table["output"])


def until(page: Any, condition: str, arg: Any = None, seconds: float = 120) -> None:
    """Wait for a condition, a JavaScript function. Playwright's own way evaluates texts in the page, which its policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"never true: {condition} of {arg!r}"
        page.wait_for_timeout(20)
