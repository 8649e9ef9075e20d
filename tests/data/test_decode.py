"""Single pictures: every mode, orientation and damage, with Pillow as the referee."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from gansmith.data.formats.listing import Unreadable
from gansmith.data.preparation import decode


def pixels(data: bytes) -> np.ndarray:
    return decode.picture(BytesIO(data))[0]


def test_a_file_of_any_length_is_read_whole(encode, monkeypatch):
    """What is read at first may be less than the file, all of it, or end with it."""
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    data = encode(picture, "PNG")
    for first in (1, len(data) - 1, len(data), len(data) + 1):
        monkeypatch.setattr(decode, "FIRST", first)
        assert np.array_equal(pixels(data), picture)
    monkeypatch.setattr(decode, "MAX_FILE", len(data) - 1)
    monkeypatch.setattr(decode, "FIRST", 8)
    with pytest.raises(Unreadable, match="more than"):
        pixels(data)


def test_jpeg_is_the_same_with_and_without_simplejpeg(photo, encode, monkeypatch):
    files = [
        encode(photo(seed, width, height), "JPEG", quality=quality, subsampling=sampling, progressive=seed % 2 == 1)
        for seed, (width, height) in enumerate([(60, 40), (17, 33), (8, 8), (1, 1)])
        for quality in (40, 95)
        for sampling in (0, 2)
    ]
    fast = [pixels(data) for data in files]
    monkeypatch.setattr(decode, "_simplejpeg", lambda: None)
    slow = [pixels(data) for data in files]
    for data, one, other in zip(files, fast, slow, strict=True):
        assert np.array_equal(one, other)
        assert np.array_equal(one, np.asarray(Image.open(BytesIO(data))))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_as_pillow_has_it(photo, encode, orientation, kind):
    exif = Image.Exif()
    exif[decode.ORIENTATION] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(photo(3, 20, 12), kind, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB"))
    assert np.array_equal(pixels(data), expected)
    head = decode.header(BytesIO(data))
    assert (head.height, head.width) == expected.shape[:2]
    assert (head.width > head.height) == (orientation < 5)


def test_a_damaged_exif_block_does_not_cost_the_picture(photo, encode):
    data = encode(photo(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert pixels(data).shape == (40, 60, 3)


def test_transparency_lies_on_white(encode):
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = (255, 0, 0, 255)
    rgba[0, 1] = (0, 0, 0, 128)
    expected = [[[255, 0, 0], [127, 127, 127]], [[255, 255, 255]] * 2]
    assert pixels(encode(rgba)).tolist() == expected
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 9, 8, 7])
    palette.putpixel((1, 0), 1)
    assert pixels(encode(palette, transparency=0)).tolist() == [[[255] * 3, [9, 8, 7]]]
    assert pixels(encode(palette)).tolist() == [[[0] * 3, [9, 8, 7]]]
    grey_alpha = Image.fromarray(np.array([[[50, 255], [50, 0]]], np.uint8), "LA")
    assert pixels(encode(grey_alpha)).tolist() == [[[50] * 3, [255] * 3]]
    keyed = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    assert pixels(encode(keyed, transparency=(1, 2, 3))).tolist() == [[[255] * 3, [4, 5, 6]]]


def test_sixteen_bits_become_eight(encode):
    values = np.array([[0, 128, 129, 257, 32_768, 65_535]], np.uint16)
    expected = np.rint(values / 257).astype(np.uint8)[..., None]
    for kind in ("PNG", "TIFF", "PPM"):
        assert np.array_equal(pixels(encode(values, kind)), expected), kind


def test_grey_and_bilevel_keep_one_channel(encode):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(pixels(encode(grey)), grey[..., None])
    assert pixels(encode(grey, "JPEG")).shape == (3, 4, 1)
    assert pixels(encode(Image.fromarray(grey > 5))).tolist() == ((grey > 5) * 255)[..., None].tolist()


def test_cmyk_is_what_pillow_makes_of_it(photo, encode):
    data = encode(Image.fromarray(photo()).convert("CMYK"), "JPEG")
    assert np.array_equal(pixels(data), np.asarray(Image.open(BytesIO(data)).convert("RGB")))


def test_an_animation_shows_its_first_frame(encode):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert pixels(data)[0, 0].tolist() == [255, 0, 0]


def test_floats_and_wide_integers_are_refused(encode):
    with pytest.raises(Unreadable, match="floating-point"):
        pixels(encode(np.zeros((2, 2), np.float32), "TIFF"))
    with pytest.raises(Unreadable, match="32-bit"):
        pixels(encode(np.full((2, 2), 70_000, np.int32), "TIFF"))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(100_000, 100_000), (10_000, 9_000)])
def test_absurd_pixel_counts_are_refused_before_decoding(size):
    for look in (decode.header, decode.picture):
        with pytest.raises(Unreadable, match="more than 89,478,485"):
            look(BytesIO(bomb(*size)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_what_is_no_picture_says_so(data, reason):
    with pytest.raises(Unreadable, match=reason):
        decode.picture(BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_pictures_are_unreadable(photo, encode, kind, share):
    data = encode(photo(1, 90, 70), kind)
    with pytest.raises(Unreadable):
        decode.picture(BytesIO(data[: int(len(data) * share)]))


@given(
    kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF"]),
    places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_any_damage_gives_pixels_or_a_reason(kind, places):
    file = BytesIO()
    Image.fromarray(np.arange(24 * 20 * 3, dtype=np.uint8).reshape(24, 20, 3)).save(file, kind)
    data = bytearray(file.getvalue())
    for place, value in places:
        data[int(place * len(data))] = value
    reason = ""
    try:
        array, head = decode.picture(BytesIO(bytes(data)))
        assert array.dtype == np.uint8
        assert array.shape[2] in (1, 3)
        assert array.shape[:2] == (head.height, head.width)
    except Unreadable as error:
        reason = str(error) or "none given"
    assert reason != "none given"
    assert "\n" not in reason
