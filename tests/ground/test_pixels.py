"""Bytes, the networks' ranges, grids and PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gansmith.ground import pixels
from gansmith.ground.recipes.settings import PixelRangeName

RANGES = get_args(PixelRangeName)
ALL_BYTES = np.arange(256, dtype=np.uint8)


def test_every_range_has_a_scale():
    assert set(pixels.SCALE) == set(RANGES) == set(get_args(pixels.PixelRange))


@pytest.mark.parametrize(("name", "low", "high"), [("symmetric", -1, 1), ("unit", 0, 1)])
def test_the_ends_of_each_range(name: pixels.PixelRange, low: float, high: float):
    values = pixels.to_float(ALL_BYTES, name)
    assert values.dtype == np.float32
    assert values[0] == pytest.approx(low, abs=1e-7)
    assert values[255] == pytest.approx(high, abs=1e-6)
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize("name", RANGES)
def test_all_bytes_come_back(name: pixels.PixelRange):
    np.testing.assert_array_equal(pixels.to_bytes(pixels.to_float(ALL_BYTES, name), name), ALL_BYTES)


@pytest.mark.parametrize("name", RANGES)
def test_half_a_step_of_noise_changes_no_byte(name: pixels.PixelRange):
    step = pixels.SCALE[name][0]
    for shift in (-0.49, 0.49):
        noisy = pixels.to_float(ALL_BYTES, name) + np.float32(shift * step)
        np.testing.assert_array_equal(pixels.to_bytes(noisy, name), ALL_BYTES)


@pytest.mark.parametrize("name", RANGES)
def test_what_is_out_of_range_is_clipped_and_what_is_no_number_is_black(name: pixels.PixelRange):
    values = np.array([-9, 9, -np.inf, np.inf, np.nan], np.float32)
    assert pixels.to_bytes(values, name).tolist() == [0, 255, 0, 255, 0]


@pytest.mark.parametrize("name", RANGES)
def test_batches_keep_their_shape(name: pixels.PixelRange):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 2), dtype=np.uint8)
    assert pixels.to_float(pictures, name).shape == pictures.shape
    np.testing.assert_array_equal(pixels.to_bytes(pixels.to_float(pictures, name), name), pictures)


def cell(sheet: np.ndarray, row: int, column: int, height: int, width: int, gap: int = 1) -> np.ndarray:
    top, left = gap + row * (height + gap), gap + column * (width + gap)
    return sheet[top : top + height, left : left + width]


@pytest.mark.parametrize(("count", "rows", "columns"), [(10, 2, 5), (16, 4, 4), (64, 8, 8), (100, 10, 10), (1, 1, 1)])
def test_published_grids_have_their_shape_without_being_told(count: int, rows: int, columns: int):
    sheet = pixels.grid(np.zeros((count, 6, 4, 1), np.uint8))
    assert sheet.shape == (rows * 7 + 1, columns * 5 + 1, 3)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]), st.integers(1, 3))
def test_every_picture_has_its_place(count: int, height: int, width: int, channels: int, zoom: int):
    pictures = np.random.default_rng(count).integers(0, 256, (count, height, width, channels), dtype=np.uint8)
    sheet = pixels.grid(pictures, columns=5, zoom=zoom)
    for index, picture in enumerate(pictures):
        found = cell(sheet, index // 5, index % 5, height * zoom, width * zoom)
        expected = np.broadcast_to(picture, (height, width, 3)).repeat(zoom, 0).repeat(zoom, 1)
        np.testing.assert_array_equal(found, expected)


@given(st.integers(1, 200))
def test_a_sheet_is_about_square_and_has_room_for_all(count: int):
    sheet = pixels.grid(np.full((count, 3, 3, 1), 255, np.uint8))
    rows, columns = (sheet.shape[0] - 1) // 4, (sheet.shape[1] - 1) // 4
    assert rows * columns >= count > rows * (columns - 1) * (rows == 1)
    assert (rows - 1) * columns < count
    assert columns <= 3 * rows or count < 4
    assert rows <= columns


@pytest.mark.parametrize("value", [0, 7, 128, 255])
def test_a_constant_picture_is_drawn_flat(value: int):
    sheet = pixels.grid(np.full((4, 5, 5, 1), value, np.uint8))
    for row in range(2):
        for column in range(2):
            assert (cell(sheet, row, column, 5, 5) == value).all()


def test_a_dim_picture_is_not_stretched():
    picture = np.full((1, 4, 4, 1), 10, np.uint8)
    picture[0, 0, 0] = 20
    assert cell(pixels.grid(picture), 0, 0, 4, 4).max() == 20


def test_red_stays_red(tmp_path: Path):
    red = np.zeros((3, 4, 4, 3), np.uint8)
    red[..., 0] = 255
    assert (cell(pixels.grid(red), 0, 0, 4, 4) == [255, 0, 0]).all()
    pixels.write_png(tmp_path / "red.png", red[0])
    with Image.open(tmp_path / "red.png") as stored:
        assert stored.format == "PNG"
        assert stored.mode == "RGB"
        assert stored.getpixel((1, 1)) == (255, 0, 0)
    assert "38;2;255;0;0;48;2;255;0;0m" in pixels.half_blocks(red[0])


def test_png_keeps_every_grey(tmp_path: Path):
    picture = ALL_BYTES.reshape(16, 16, 1)
    pixels.write_png(tmp_path / "grey.png", picture)
    with Image.open(tmp_path / "grey.png") as stored:
        np.testing.assert_array_equal(np.asarray(stored), picture[:, :, 0])


@pytest.mark.parametrize("height", [1, 2, 5])
def test_half_blocks_are_half_as_high(height: int):
    lines = pixels.half_blocks(np.full((height, 6, 3), 9, np.uint8)).split("\n")
    assert len(lines) == -(-height // 2)
    assert all(line.count("\u2580") == 6 and line.endswith("\x1b[0m") for line in lines)


@pytest.mark.parametrize(("height", "width", "zoom"), [(8, 8, 8), (28, 28, 2), (64, 64, 1), (300, 200, 1), (8, 64, 1)])
def test_small_pictures_are_enlarged_for_looking_at(height: int, width: int, zoom: int):
    assert pixels.display_zoom(height, width) == zoom


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4))
def test_a_sheet_is_cut_into_its_pictures(count: int, height: int, width: int, zoom: int, columns: int):
    pictures = np.random.default_rng(0).integers(129, 256, (count, height, width, 3), np.uint8)
    sheet = pixels.grid(pictures, columns, zoom=zoom)
    assert (pixels.cut(sheet, height, width, zoom) == pictures).all()
    assert len(pixels.cut(sheet[:0], height, width, zoom)) == 0
