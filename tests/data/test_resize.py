"""Crop, fit and resize: geometry by hand, Pillow as the referee, a circle that stays round."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from gansmith.data.preparation.resize import Frame, box, choose_size, framed, grey, parse_size, resized
from gansmith.ground.errors import DataError


@pytest.mark.parametrize(
    ("text", "size"), [("28", (28, 28)), ("48x64", (64, 48)), (" 48 X 64 ", (64, 48)), ("auto", None), ("1", (1, 1))]
)
def test_sizes_are_width_by_height(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "x", "64x", "x64", "-3", "3.5", "64x0", "5000", "1x2x3", "big"])
def test_other_sizes_are_refused(text):
    with pytest.raises(DataError, match=r"data\.size"):
        parse_size(text)


@given(width=st.integers(1, 90), height=st.integers(1, 90), to=st.integers(1, 60), upright=st.booleans())
@settings(max_examples=40, deadline=None)
def test_resizing_one_way_is_pillows_antialiased_bicubic(width, height, to, upright):
    picture = np.random.default_rng(width * 100 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    size = (to, width) if upright else (height, to)
    ours = resized(picture, *size)
    theirs = np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling.BICUBIC))
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert np.array_equal(resized(picture[:, :, :1], *size), ours[:, :, :1])  # channels do not mix


@pytest.mark.parametrize("size", [(64, 64), (28, 28), (64, 48), (200, 200)])
def test_resizing_both_ways_is_pillows_but_for_overshoot(photo, size):
    picture = photo(1, 178, 218)
    ours = resized(picture, *size).astype(int)
    theirs = np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling.BICUBIC))
    assert np.abs(ours - theirs).max() <= 2
    assert np.abs(ours - theirs).mean() < 0.05


def test_views_resize_like_copies(photo):
    picture = photo(2, 50, 40)
    for view in (picture[5:35, 3:41], picture[::-1, ::-1], picture.swapaxes(0, 1)):
        assert np.array_equal(resized(view, 17, 13), resized(np.array(view), 17, 13))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colours_that_lie_together_resize_like_colours_apart(channels: int):
    """Torch has one way for each; the bytes of a store depend on neither."""
    for seed, (height, width, to) in enumerate(
        [(218, 178, (64, 64)), (9, 50, (13, 7)), (30, 30, (30, 31)), (64, 1, (5, 5))]
    ):
        picture = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
        apart = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
        small = torch.nn.functional.interpolate(apart, size=to, mode="bicubic", antialias=True, align_corners=False)
        assert np.array_equal(resized(picture, *to), small[0].permute(1, 2, 0).numpy())


def test_a_constant_stays_constant():
    for size in ((3, 3), (64, 64)):
        assert (resized(np.full((16, 9, 3), 77, np.uint8), *size) == 77).all()


def test_grey_is_pillows():
    colours = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert np.array_equal(grey(colours)[..., 0], np.asarray(Image.fromarray(colours).convert("L")))


def test_boxes_by_hand():
    crop, squeeze = Frame(64, 64, 3, 0, "crop"), Frame(64, 64, 3, 0, "squeeze")
    assert box((218, 178), crop) == (20, 0, 178, 178)
    assert box((218, 178), squeeze) == (0, 0, 218, 178)
    assert box((218, 178), Frame(64, 64, 3, 108, "crop")) == (55, 35, 108, 108)
    assert box((50, 178), Frame(64, 64, 3, 108, "crop")) == (0, 64, 50, 50)
    assert box((100, 100), Frame(32, 64, 3, 0, "crop")) == (25, 0, 50, 100)
    assert box((100, 50), Frame(64, 32, 3, 0, "crop")) == (0, 0, 100, 50)


@given(
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    target=st.tuples(st.integers(1, 99), st.integers(1, 99)),
    crop=st.integers(0, 200),
    fit=st.sampled_from(["crop", "squeeze"]),
)
def test_boxes_lie_inside_in_the_middle_with_the_frames_proportions(size, target, crop, fit):
    top, left, height, width = box(size, Frame(*target, 3, crop, fit))
    assert top >= 0
    assert left >= 0
    assert 1 <= height <= size[0] - top
    assert 1 <= width <= size[1] - left
    assert abs((size[0] - height) - 2 * top) <= 1
    assert abs((size[1] - width) - 2 * left) <= 1
    if fit == "crop" and min(height, width) > 1:
        assert abs(height * target[1] - width * target[0]) <= max(target)


def test_a_circle_stays_round_through_the_celeba_crop():
    image = Image.new("L", (178, 218), 0)
    ImageDraw.Draw(image).ellipse((89 - 40, 109 - 40, 89 + 40, 109 + 40), fill=255)
    result = framed(np.asarray(image)[..., None], Frame(64, 64, 1, 108, "crop"))[..., 0].astype(float)
    weights = result / result.sum()
    rows, columns = np.mgrid[:64, :64]
    spread = [
        np.sqrt((weights * (axis - (weights * axis).sum()) ** 2).sum()) for axis in (rows, columns)
    ]  # of a disc: radius / 2 each way
    assert spread[0] / spread[1] == pytest.approx(1, abs=0.02)
    assert 2 * spread[0] == pytest.approx(40.5 * 64 / 108, rel=0.02)
    # the circle's middle, pixel 89, 109, lies half a pixel right of and below the middle of 178 x 218
    assert [(weights * axis).sum() for axis in (rows, columns)] == pytest.approx([31.5] * 2, abs=1.0)
    squeezed = framed(np.asarray(image)[..., None], Frame(64, 64, 1, 0, "squeeze"))[..., 0]
    assert (squeezed > 127).any(axis=0).sum() > 1.15 * (squeezed > 127).any(axis=1).sum()


def test_photographs_are_as_good_as_lanczos_makes_them():
    """Clouds whose spectrum falls like a photograph's: at least 40 dB from Pillow's LANCZOS, both ways of framing."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(218)[:, None], np.fft.rfftfreq(178)[None])
    frequency[0, 0] = 1
    errors = []
    for _ in range(10):
        spectra = np.fft.rfft2(rng.standard_normal((3, 218, 178))) / frequency
        clouds = np.fft.irfft2(spectra, (218, 178))
        clouds = 128 + 45 * (clouds - clouds.mean((1, 2), keepdims=True)) / clouds.std((1, 2), keepdims=True)
        picture = np.clip(clouds, 0, 255).astype(np.uint8).transpose(1, 2, 0)
        for frame, kept in (
            (Frame(64, 64, 3, 0, "squeeze"), (0, 0, 178, 218)),
            (Frame(64, 64, 3, 108, "crop"), (35, 55, 143, 163)),
        ):
            ours = framed(picture, frame).astype(float)
            theirs = Image.fromarray(picture).resize((64, 64), Image.Resampling.LANCZOS, box=kept)
            errors.append(((ours - np.asarray(theirs)) ** 2).mean())
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 40


def test_channels_as_asked(photo):
    picture = photo()
    assert framed(picture, Frame(8, 9, 1, 0, "crop")).shape == (8, 9, 1)
    tripled = framed(picture[..., :1], Frame(8, 9, 3, 0, "crop"))
    assert tripled.shape == (8, 9, 3)
    assert (tripled == tripled[..., :1]).all()


@pytest.mark.parametrize(
    ("found", "crop", "size"),
    [
        ({(100, 100): 9}, 0, (100, 100)),
        ({(48, 64): 9}, 0, (48, 64)),
        ({(1080, 1920): 9}, 0, (48, 85)),
        ({(300, 300): 9}, 0, (64, 64)),
        ({(218, 178): 9}, 108, (108, 108)),
        ({(128, 200): 5, (300, 128): 4}, 0, (64, 64)),
        ({(40, 50): 5, (45, 45): 4}, 0, (32, 32)),
        ({(9, 9): 5, (7, 8): 4}, 0, (16, 16)),
        ({(3000, 4000): 50, (1080, 1920): 30, (2000, 3000): 20}, 0, (48, 72)),  # all lie: no sides are cut off
        ({(4000, 3000): 50, (900, 600): 49, (500, 500): 1}, 0, (64, 48)),
        ({(3000, 4000): 80, (4000, 3000): 20}, 0, (64, 80)),
        ({(3000, 4000): 60, (4000, 3000): 40}, 0, (64, 64)),
        ({(3000, 4000): 50, (4000, 3000): 50}, 0, (64, 64)),  # half lie, half stand: no frame keeps more
        ({(60, 90): 5, (62, 90): 4}, 0, (48, 72)),
        ({(40, 120): 5, (41, 120): 4}, 0, (32, 96)),
        ({(20, 30): 5, (21, 30): 4}, 0, (16, 20)),  # 16x24 is no frame: thinner ones are halves of 32
    ],
)
def test_automatic_sizes(found, crop, size):
    assert choose_size(Counter(found), crop)[0] == size
