"""A loud line where a set shows nothing to learn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main
from gansmith.data.contents.blank import PADDED, contents, warning
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)


def test_the_numbers_of_four_pictures_by_hand():
    items = np.zeros((4, 2, 2, 1), np.uint8)
    items[1] = 255
    items[2] = items[3] = np.array([0, 255, 0, 255]).reshape(2, 2, 1)
    seen = contents(items)
    assert (seen.looked, seen.low, seen.high) == (4, 0, 255)
    assert seen.levels == 2 / 256
    assert seen.blank == 0.5
    assert seen.duplicates == 0.25
    # pixels 0, 2: values 0 1 0 0; pixels 1, 3: values 0 1 1 1
    assert seen.spread == pytest.approx(np.sqrt(3) / 4)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (np.full((20, 8, 8, 3), 255, np.uint8), "all 20 pictures are equal and blank"),
        (NOISE[:1].repeat(20, axis=0), "all 20 pictures are equal: nothing"),
        (NOISE[:1], "a single item"),
        (
            12 * np.arange(20, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2),
            "100% of the 20 pictures are blank",
        ),
        (NOISE // 64 + 3, "nearly black: their values are 3 to 6 of 255"),
        (255 - NOISE // 64, "nearly white"),
        (NOISE[:1].repeat(20, axis=0) // 2 + (NOISE > 254), "nearly equal"),
        (NOISE[:5].repeat(4, axis=0), "75% of the pictures are exact copies"),
        (np.ones((9, 2), np.float32), "all 9 vectors are equal"),
        (NOISE, None),
        (np.where(RNG.random((50, 8, 8, 1)) < 0.02, 0, 255).astype(np.uint8), None),  # thin lines on white
        (RNG.standard_normal((9, 2)).astype(np.float32), None),
    ],
)
def test_what_is_warned_of(tmp_path, items, words):
    np.savez(tmp_path / "a.npz", **{"images" if items.ndim == 4 else "vectors": items})
    said = warning(open_store(DataSettings(source=str(tmp_path / "a.npz"))))
    assert (said is None) if words is None else (said is not None and said.startswith("WARNING: ") and words in said)


@pytest.fixture
def icons(tmp_path, monkeypatch):
    """White drawings on transparent ground."""
    (tmp_path / "icons").mkdir()
    for index in range(6):
        pixels = np.zeros((24, 24, 4), np.uint8)
        pixels[4 + index : 12 + index, 5:15] = 255
        Image.fromarray(pixels, "RGBA").save(tmp_path / "icons" / f"{index}.png")
    monkeypatch.chdir(tmp_path)
    return "icons"


def test_white_drawings_on_transparent_ground_are_warned_of_everywhere(icons, capsys):
    for command in (
        ["data", "info", icons],
        ["data", "prepare", icons, "store"],
        ["train", "folder", "--data", icons, "--dry-run"],
    ):
        assert main(command) == 0
        said = capsys.readouterr().out
        assert "6 pictures are transparent: they lie on white (data.background)" in said
        assert "WARNING: all 6 pictures are equal and blank" in said
        assert "--set data.background=black" in said
    assert main(["data", "info", icons, "--background", "black"]) == 0
    said = capsys.readouterr().out
    assert "6 pictures are transparent: they lie on black" in said
    assert "blank" not in said
    assert "colour: 0 in colour, 6 grey" in said  # as the first line says


def test_an_opacity_that_hides_nothing_is_not_called_transparent(tmp_path):
    (tmp_path / "own").mkdir()
    for index in range(3):
        Image.fromarray(np.concatenate([NOISE[index], np.full((8, 8, 1), 255, np.uint8)], 2)).save(
            tmp_path / "own" / f"{index}.png"
        )
    assert open_store(DataSettings(source=str(tmp_path / "own"))).remarks == ()


def test_facts_of_pictures_that_are_copied_from_an_earlier_store_are_kept(icons, tmp_path):
    first = open_store(DataSettings(source="icons"))
    Image.fromarray(NOISE[0].repeat(3, 0).repeat(3, 1)).save(tmp_path / "icons" / "new.png")
    second = open_store(DataSettings(source="icons"))
    assert second.count == first.count + 1
    assert second.remarks == first.remarks


def test_a_border_that_is_the_same_in_every_picture_is_told(tmp_path, capsys):
    pictures = np.zeros((20, 20, 20, 1), np.uint8)
    pictures[:, 2:12, 5:15] = np.random.default_rng(0).integers(0, 256, (20, 10, 10, 1))
    np.savez(tmp_path / "padded.npz", images=pictures)
    assert main(["data", "info", str(tmp_path / "padded.npz")]) == 0
    assert (
        "note: 75% of every picture is a border that is the same in all of them" in capsys.readouterr().out
    )  # 1 - 100 / 400


def test_a_narrow_border_is_not_told():
    pictures = np.zeros((20, 20, 20, 1), np.uint8)
    pictures[:, 1:19, 1:19] = np.random.default_rng(0).integers(0, 256, (20, 18, 18, 1))
    seen = contents(pictures)
    assert seen.padding == pytest.approx(1 - 18 * 18 / 400)
    assert seen.padding < PADDED
