"""Sheets: cells are cut where the grid drew them, and a page's pictures stay small."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gansmith.ground import pixels
from gansmith.report import sheets

from . import synthetic


@settings(deadline=None, max_examples=60)
@given(
    count=st.integers(1, 40),
    height=st.integers(2, 12),
    width=st.integers(2, 12),
    columns=st.integers(1, 12),
    zoom=st.integers(1, 4),
)
def test_cells_undo_the_grid(count: int, height: int, width: int, columns: int, zoom: int):
    rng = np.random.default_rng(count)
    items = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    columns = min(columns, count)
    sheet = pixels.grid(items, columns, zoom=zoom)
    found = sheets.cells(sheet, count, height, width)
    assert found is not None
    assert len(found) == count
    # More than one layout can fit a sheet's size; the drawn one is what a usual zoom finds.
    if zoom == pixels.display_zoom(height, width):
        assert all(np.array_equal(f[::zoom, ::zoom], item) for f, item in zip(found, items, strict=True))


def test_cells_of_a_usual_sheet_are_exact():
    items = synthetic.strokes(50)
    found = sheets.cells(pixels.grid(items, zoom=8), 50, 8, 8)
    assert found is not None
    assert all(np.array_equal(f[::8, ::8, :1], item) for f, item in zip(found, items, strict=True))


@pytest.mark.parametrize(("count", "height", "width"), [(0, 8, 8), (16, 0, 8), (16, 9, 8), (17, 8, 8), (16, 500, 8)])
def test_cells_that_do_not_fit_are_none(count: int, height: int, width: int):
    assert sheets.cells(pixels.grid(synthetic.strokes(16), zoom=8), count, height, width) is None


def test_listed_pairs_sheets_with_rows_and_leaves_torn_ones_out(tmp_path: Path):
    folder = synthetic.picture_run(tmp_path / "run")
    synthetic.tear(folder.sample_sheet(2000), 5)
    listed = sheets.listed(folder)
    assert [sheet.update for sheet in listed] == list(synthetic.UPDATES[:-1])
    assert [sheet.row["update"] for sheet in listed] == list(synthetic.UPDATES[:-1])
    folder.sample_rows.unlink()
    assert sheets.listed(folder)[3].verdicts == []


def test_picture_reads_pictures_only(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert sheets.picture(tmp_path / "a.png") is None
    assert sheets.size(tmp_path / "a.png") is None
    assert sheets.picture(tmp_path / "absent.png") is None


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 500), st.integers(1, 60))
def test_spread_out_keeps_the_ends(count: int, limit: int):
    kept = sheets.spread_out(count, limit)
    assert len(kept) == min(count, limit)
    assert kept == sorted(set(kept))
    assert not kept or (kept[0] == 0 and (limit == 1 or kept[-1] == count - 1))


def decoded(uri: str) -> np.ndarray:
    head, data = uri.split(",", 1)
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_small_pictures_are_exact_on_the_page():
    sheet = pixels.grid(synthetic.strokes(16), zoom=8)
    assert np.array_equal(decoded(sheets.data_uri(sheet, 50_000)), sheet)


def test_noise_is_made_to_fit():
    noise = np.random.default_rng(0).integers(0, 256, (700, 1500, 3), dtype=np.uint8)
    uri = sheets.data_uri(noise, 30_000)
    assert len(uri) <= 30_000 * 4 / 3 + 40
    height, width, _ = decoded(uri).shape
    assert max(height, width) <= sheets.SHOWN_SIDE
    assert width / height == pytest.approx(1500 / 700, rel=0.02)
