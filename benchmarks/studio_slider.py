"""How long the studio's page Steer takes to its first picture, and from a slider to the painted picture.

    python benchmarks/studio_slider.py RUN ...

Every run is served with its folder, and opened in headless Chromium. Printed are the seconds from the address to the first picture,
and the median and the 95th percentile of 200 moves in milliseconds. Only a quiet machine gives a figure that means something.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from pathlib import Path
from time import perf_counter
from typing import Any

from playwright.sync_api import sync_playwright
from studio_process import TOKEN, Studio

MOVES = """async (count) => {
    const canvas = document.querySelector("canvas.large");
    const slider = document.querySelector(".sliders input");
    const times = [];
    for (let i = 0; i < count; i++) {
        const painted = new Promise((done) => canvas.addEventListener("painted", done, {once: true}));
        const before = performance.now();
        slider.value = ((i * 37) % 500) / 100 - 2.5;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        await painted;
        times.push(performance.now() - before);
    }
    return times;
}"""


def measured(chromium: Any, run: Path) -> str:
    """The figures of one run."""
    studio = Studio(run.resolve().parent)
    try:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{studio.port}/#token={TOKEN}")
        page.locator("nav").first.wait_for()
        before = perf_counter()
        page.evaluate("(place) => { location.hash = place; }", f"#/run/{run.resolve().name}/steer")
        page.locator(".caption:not(:empty)").wait_for()
        first = perf_counter() - before
        page.wait_for_timeout(3000)  # the palette fills
        page.evaluate(MOVES, 30)
        times = page.evaluate(MOVES, 200)
    finally:
        studio.process.terminate()
        studio.process.wait()
    return (
        f"{run.name}: first picture {first:.2f} s; slider to painted {statistics.median(times):.1f} ms (median), "
        f"{statistics.quantiles(times, n=20)[-1]:.1f} ms (95%)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for run in options.runs:
            print(measured(chromium, run), flush=True)
        chromium.close()


if __name__ == "__main__":
    main()
