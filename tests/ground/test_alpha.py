"""Transparency: premultiplied and straight colours, chequers, and pictures on them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.ground import alpha, pixels


def every_pair() -> np.ndarray:
    """All colours with all alphas, uint8 (256, 256, 4): the row is alpha, the column red; green and blue differ."""
    opacity, red = np.mgrid[:256, :256]
    return np.stack([red, 255 - red, red // 2, opacity], -1).astype(np.uint8)


def test_premultiplied_colours_are_the_share_that_is_seen():
    straight = every_pair()
    made = alpha.premultiplied(straight)
    due = straight[..., :3] * (straight[..., 3:] / 255)
    assert np.abs(made[..., :3] - due).max() <= 0.5 + 1e-9
    assert (made[..., :3] <= made[..., 3:]).all()
    assert np.array_equal(made[..., 3], straight[..., 3])


def test_what_is_kept_survives_a_file():
    """Premultiplied, straight, premultiplied: the same bytes, for every colour that can be seen with every alpha."""
    kept = alpha.within(every_pair())
    assert np.array_equal(alpha.premultiplied(alpha.straight(kept)), kept)
    assert not alpha.straight(kept)[0].any()  # no colour where nothing is seen


def test_opaque_colours_stay():
    opaque = every_pair()[255]
    assert np.array_equal(alpha.premultiplied(opaque), opaque)
    assert np.array_equal(alpha.straight(opaque), opaque)
    assert np.array_equal(alpha.opaque(opaque[:, :3]), opaque)


def test_pictures_lie_on_a_ground_as_pillow_lays_them():
    straight = every_pair()
    for ground in ((0, 0, 0), (255, 255, 255), (10, 200, 60)):
        behind = Image.new("RGBA", (256, 256), (*ground, 255))
        due = np.asarray(Image.alpha_composite(behind, Image.fromarray(straight)))[..., :3].astype(int)
        made = alpha.on_ground(alpha.premultiplied(straight), np.array(ground, np.uint8))
        assert np.abs(made - due).max() <= 1


def test_what_is_clear_shows_chequers_and_what_is_opaque_hides_them():
    clear = np.zeros((2, 16, 24, 4), np.uint8)
    seen = alpha.on_chequers(clear)
    assert set(np.unique(seen)) == {alpha.DARK, alpha.LIGHT}
    assert np.array_equal(seen[0], alpha.chequers(16, 24).repeat(3, 2))
    clear[..., 3] = 255
    assert not alpha.on_chequers(clear).any()


def test_bytes_of_a_network_never_have_a_colour_beyond_alpha():
    made = pixels.to_bytes(np.array([[[[1.0, 0.6, -1.0, 0.2]]]]))
    assert made[0, 0, 0].tolist() == [153, 153, 0, 153]
    assert pixels.to_bytes(np.ones((1, 1, 1, 3))).tolist() == [[[[255, 255, 255]]]]


def test_sheets_show_chequers_and_clear_sheets_keep_what_is_clear():
    pictures = np.zeros((3, 8, 8, 4), np.uint8)
    pictures[:, 2:6, 2:6] = (255, 0, 0, 255)
    sheet, clear = pixels.grid(pictures, 2, zoom=2), pixels.clear_grid(pictures, 2, zoom=2)
    assert sheet.shape == (*clear.shape[:2], 3)
    assert np.array_equal(pixels.cut(sheet, 8, 8, 2), alpha.on_chequers(pictures))
    assert clear[0].max() == clear[1 : 1 + 4, 1 : 1 + 4].max() == 0
    assert clear[1 + 4, 1 + 4].tolist() == [255, 0, 0, 255]


@pytest.mark.parametrize("opacity", [0, 1, 100, 255])
def test_a_file_has_straight_colours(tmp_path: Path, opacity: int):
    straight = np.full((4, 4, 4), (200, 100, 0, opacity), np.uint8)
    pixels.write_png(tmp_path / "a.png", alpha.premultiplied(straight))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "RGBA"
        assert np.array_equal(alpha.premultiplied(np.asarray(picture)), alpha.premultiplied(straight))
