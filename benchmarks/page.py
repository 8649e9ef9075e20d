"""How fast the page of a run is in Chromium, and how far its pictures are from Python's: a line a run.

    python benchmarks/page.py RUN ...        needs the extra dev, and Chromium

first: from opening the file to the first picture. palette: until 100 pictures are there. slider: 200 moves, each until it is
painted. heap: after 10,000 moves more. levels: the largest difference to `gansmith sample`, over five seeds.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from gansmith.exports import export
from gansmith.trained.generator import load

WATCH = """addEventListener("DOMContentLoaded", () => document.querySelector("#picture").addEventListener("painted", () => {
    window.first ??= performance.now();
}))"""
FULL = """() => [...document.querySelectorAll("#palette canvas")]
    .every((one) => one.getContext("2d").getImageData(0, 0, 1, 1).data[3] === 255) && [window.first, performance.now()]"""
MOVE = """async (count) => {
    const canvas = document.querySelector("#picture"), slider = document.querySelector("#directions input"), times = [];
    for (let i = 0; i < count; i++) {
        const begun = performance.now();
        const painted = new Promise((done) => canvas.addEventListener("painted", done, {once: true}));
        slider.value = (i % 600) / 100 - 3.01;
        slider.dispatchEvent(new Event("input"));
        await painted;
        times.push(performance.now() - begun);
    }
    return times;
}"""
PIXELS = """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
SEEDS = (0, 7, 23, 61, 98)


def measured(browser: Any, run: str, folder: Path) -> str:
    """A line on a run."""
    done = export(run, "html", folder / "page.html", force=True)
    generator = load(run)
    page = browser.new_context(offline=True).new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.add_init_script(WATCH)
    page.goto(done.path.as_uri())
    while not (times := page.evaluate(FULL)):
        page.wait_for_timeout(20)
    session = page.context.new_cdp_session(page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    worst = 0
    for seed in SEEDS:
        wanted = generator.sample(1, seed)[0].astype(int)
        data = np.array(page.locator("#palette canvas").nth(seed).evaluate(PIXELS)).reshape(*wanted.shape[:2], 4)
        worst = max(worst, int(np.abs(data[:, :, : wanted.shape[2]] - wanted).max()))
    moves = sorted(page.evaluate(MOVE, 200))
    before = heap()
    page.evaluate(MOVE, 10_000)
    grown = heap() - before
    asked = [url for url in requests if not url.startswith(("file:", "blob:"))]
    return (
        f"{Path(run).name:<28} {done.path.stat().st_size / 1e6:6.2f} MB  first {times[0]:5.0f} ms  palette {times[1]:6.0f} ms  "
        f"slider {moves[100]:5.1f} p95 {moves[190]:5.1f} ms  heap +{grown:.2f} MB  levels {worst}  requests {len(asked)}"
    )


if __name__ == "__main__":
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in sys.argv[1:]:
            print(measured(chromium, name, Path(place)), flush=True)
        chromium.close()
