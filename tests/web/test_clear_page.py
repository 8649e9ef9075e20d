"""The page of a generator whose pictures have transparency: canvases have alpha, and so has a saved file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scripts_in_page import load as load_scripts
from scripts_in_page import until

import small_runs
from gansmith.exports import export, options
from gansmith.ground import alpha
from gansmith.trained.generator import load

PIXELS = """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""


def made_run(folder: Path) -> Path:
    """An untrained run on pictures 16x16 with transparency."""
    rng = np.random.default_rng(0)
    np.savez(folder / "own.npz", images=rng.integers(0, 256, (20, 16, 16, 4), dtype=np.uint8))
    settings = {"data__source": str(folder / "own.npz"), "data__channels": 4, "data__labels": "none"}
    return small_runs.make(folder / "run", **settings, generator__conditioning="concat", data__first=0).root


def difference(straight: Any, kept: np.ndarray) -> int:
    """Between straight pixels and a premultiplied picture (H, W, 4), in levels that are seen."""
    pixels = np.array(straight, np.uint8).reshape(kept.shape)
    return int(np.abs(alpha.premultiplied(pixels).astype(int) - kept).max())


def test_pictures_have_alpha_on_chequers_and_in_files(browser: Any, tmp_path: Path):
    run = made_run(tmp_path)
    file = export(run, "html", tmp_path / "page.html", options.Html(with_real=4, consent=True)).path
    context = browser.new_context(offline=True, accept_downloads=True)
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(file.as_uri())
    until(page, "() => document.querySelector('#picture').classList.contains('clear')")
    kept = load(run).sample(1, 0)[0]
    assert 0 < kept[..., 3].mean() < 255
    assert difference(page.locator("#picture").evaluate(PIXELS), kept) <= 2  # a canvas rounds once more
    ground = page.locator("#picture").evaluate("(canvas) => getComputedStyle(canvas).backgroundImage")
    assert "conic-gradient" in ground
    with page.expect_download() as download:
        page.click("#save")
    with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as saved:
        assert saved.mode == "RGBA"
        assert difference(np.asarray(saved), kept) <= 2
    context.close()


def test_colours_are_divided_by_alpha_as_in_python(blank: Any):
    """Where alpha is 0, 1, small and large; the canvas itself may round, so what is put on it is looked at."""
    load_scripts(blank, "page/canvas.js")
    kept = alpha.within(np.random.default_rng(0).integers(0, 256, (2, 6, 5, 4), dtype=np.uint8))
    kept[:, :2, :, 3], kept[:, 2, :, 3] = 0, 1
    kept = alpha.within(kept)
    painted = blank.evaluate(
        """([pixels]) => {
            const painter = new Painter([6, 5, 4]);
            painter.paint(painter.canvas(), Uint8Array.from(pixels), 1);
            return Array.from(painter.image.data);
        }""",
        [kept.ravel().tolist()],
    )
    assert painted == alpha.straight(kept[1]).ravel().tolist()
