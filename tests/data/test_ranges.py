"""Values of more than 8 bits: one range for the whole set, found or given, and said."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gansmith.data.preparation import decode, ranges
from gansmith.data.store import open_store, prepare_store, with_shape
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

Y, X = np.mgrid[:24, :24]


def scan(seed: int, low: int = 900, high: int = 1500) -> np.ndarray:
    """A soft spot whose values lie between `low` and `high`, both of which occur."""
    x, y = np.random.default_rng(seed).uniform(6, 18, 2)
    spot = np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 40)
    spot = (spot - spot.min()) / np.ptp(spot)
    return np.rint(low + (high - low) * spot)


def folder(path, pictures, ending="tif"):
    path.mkdir()
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(path / f"{index:02}.{ending}")
    return DataSettings(source=str(path))


def png16(values: np.ndarray) -> bytes:
    """A PNG of 16-bit samples (H, W, 1 grey, 2 grey and opacity, 3 colour, 4 colour and opacity), which Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, channels = values.shape
    head = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff16(values: np.ndarray) -> bytes:
    """An uncompressed little-endian TIFF of 16-bit colours (H, W, 3)."""
    height, width, channels = values.shape
    data = values.astype("<u2").tobytes()
    tags = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, 8 + len(data)), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 8), (277, 3, 1, channels), (278, 3, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    bits = struct.pack("<3H", 16, 16, 16)
    table = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(data) + len(bits)) + data + bits + table


@pytest.mark.parametrize("ending", ["tif", "png"])
def test_a_narrow_sixteen_bit_set_keeps_its_levels_and_says_so(tmp_path, ending):
    pictures = [scan(seed).astype(np.uint16) for seed in range(12)]
    store = open_store(folder(tmp_path / "scans", pictures, ending))
    assert store.ranges == {"whole": [900, 1500]}
    assert store.remarks == (
        "values 900 to 1,500 of 65,535: mapped from 900..1500 to 0..255 (data.range), at most 256 of 601 levels left",
    )
    expected = np.stack([np.rint((picture - 900.0) * 255 / 600) for picture in pictures])
    assert np.array_equal(store.items[..., 0], expected)
    assert (store.items.min(), store.items.max()) == (0, 255)


def test_one_range_for_the_whole_set_not_one_for_each_picture(tmp_path):
    store = open_store(folder(tmp_path / "scans", [scan(0, 900, 1100).astype(np.uint16), scan(1).astype(np.uint16)]))
    assert store.items[0].max() == 85
    assert store.items[1].max() == 255


def test_the_full_range_of_sixteen_bits_stays_as_it_is(tmp_path):
    every = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    store = open_store(folder(tmp_path / "full", [every], "png"))
    assert np.array_equal(store.items[0, ..., 0], (every.astype(np.int64) * 255 + 32_767) // 65_535)
    assert "65,536 levels" in store.remarks[0]


@pytest.mark.parametrize(
    ("kind", "low", "high", "expected"),
    [
        ("whole", 0, 255, [0, 255]),  # 8 bits in a wider type
        ("whole", 0, 1, [0, 1]),  # a mask
        ("whole", 12, 65_000, [0, 65_535]),
        ("whole", -1000, 3000, [-1000, 3000]),  # a CT
        ("whole", 0, 2**24, [0, 2**24]),
        ("whole", 500, 500, [0, 65_535]),  # says nothing
        ("whole", 70_000, 70_000, None),
        ("float", 0.0, 1.0, [0, 1]),
        ("float", 0.01, 0.98, [0, 1]),
        ("float", -0.99, 0.97, [-1, 1]),
        ("float", -1.004, 1.003, [-1, 1]),  # a sum that rounds
        ("float", 0.0, 254.3, [0, 255]),
        ("float", 0.0, 0.3, None),
        ("float", -2.1, 2.6, None),  # standardised
        ("float", 0.5, 0.5, None),
    ],
)
def test_what_is_guessed(kind, low, high, expected):
    assert ranges.guess(kind, low, high) == expected


def test_values_become_bytes_by_rounding_and_cutting():
    values = np.array([[-2.0, -1.0, 0.0], [0.004, 1.0, 7.0]])
    assert ranges.to_bytes(values, [-1, 1]).tolist() == [[0, 0, 128], [128, 255, 255]]
    assert ranges.to_bytes(np.arange(256), [0, 255]).tolist() == list(range(256))


@pytest.mark.parametrize("text", ["5", "9..3", "a..b", "nan..1", "0..inf", "", "1...2", "3..3"])
def test_a_range_that_is_none_is_refused_in_a_line(tmp_path, text):
    settings = folder(tmp_path / "scans", [scan(0).astype(np.uint16)])
    with pytest.raises(DataError, match=r'no range: write "889..1512"'):
        open_store(DataSettings(source=settings.source, range=text))


def test_a_given_range_wins_and_is_part_of_the_store(tmp_path):
    settings = folder(tmp_path / "scans", [scan(seed).astype(np.uint16) for seed in range(3)])
    given = DataSettings(source=settings.source, range="800..1200")
    store = open_store(given)
    assert store.ranges == {"whole": [800, 1200]}
    assert "values outside are cut off" in store.remarks[0]
    assert store.fingerprint != open_store(settings).fingerprint
    prepare_store(given, tmp_path / "store")
    assert open_store(DataSettings(source=str(tmp_path / "store"))).fingerprint == store.fingerprint
    with pytest.raises(DataError, match=r"prepared with the range 800\.\.1200"):
        open_store(DataSettings(source=str(tmp_path / "store"), range="0..9"))
    plain = folder(tmp_path / "plain", [scan(0, 0, 255).astype(np.uint8)], "png")
    same = open_store(DataSettings(source=plain.source, range="0..9"))
    assert same.remarks == ("data.range = 0..9 changes nothing: all pictures have 8 bits",)
    assert same.fingerprint == open_store(plain).fingerprint


def test_a_test_split_and_a_first_part_are_read_like_the_whole(tmp_path):
    for split, low in (("train", 900), ("test", 1000)):
        (tmp_path / "own" / split).mkdir(parents=True)
        for index in range(3):
            values = scan(index, low).astype(np.uint16)
            Image.fromarray(values).save(tmp_path / "own" / split / f"{index}.png")
    settings = DataSettings(source=str(tmp_path / "own"))
    train = open_store(settings)
    assert open_store(DataSettings(source=settings.source, split="test")).ranges != train.ranges
    alike = with_shape(DataSettings(source=settings.source, split="test"), train.item_shape, train.ranges)
    assert open_store(alike).ranges == train.ranges
    assert open_store(DataSettings(source=settings.source, first=1)).ranges == train.ranges


def test_floats_in_tiff(tmp_path):
    unit = [scan(seed, 0, 1000) / 1000 for seed in range(3)]
    store = open_store(folder(tmp_path / "unit", [picture.astype(np.float32) for picture in unit]))
    assert np.array_equal(store.items[..., 0], np.rint(np.stack(unit).astype(np.float32).astype(float) * 255))
    assert store.remarks == ("float values 0 to 1: mapped from 0..1 to 0..255 (data.range)",)
    odd = folder(tmp_path / "odd", [(9 * picture - 4).astype(np.float32) for picture in unit])
    with pytest.raises(
        DataError, match=r"no usual range \(0 to 1, -1 to 1\): .*--set data\.range=-4\.\.5 for instance"
    ):
        open_store(odd)
    assert open_store(DataSettings(source=odd.source, range="-4..5")).items.max() == 255
    holed = np.array(unit[0], np.float32)
    holed[3, 3] = np.nan
    Image.fromarray(holed).save(tmp_path / "unit" / "holed.tif")
    assert open_store(DataSettings(source=str(tmp_path / "unit"))).skipped == (
        ("holed.tif", "values that are no numbers (NaN or infinity)"),
    )


@pytest.mark.parametrize(("write", "channels"), [(png16, 1), (png16, 2), (png16, 3), (png16, 4), (tiff16, 3)])
def test_all_bits_of_sixteen_bit_colours_are_read(write, channels):
    rng = np.random.default_rng(0)
    values = rng.integers(300, 700, (6, 5, channels)).astype(np.uint16)
    if channels in (2, 4):
        values[..., -1] = 65_535
    colour = values[..., : 1 if channels < 3 else 3].astype(float)
    data = write(values)
    assert decode.extremes(BytesIO(data)) == ("whole", colour.min(), colour.max())
    pixels, _ = decode.picture(BytesIO(data), ranges={"whole": [300, 700]})
    assert np.array_equal(pixels, np.rint((colour - 300) * 255 / 400).astype(int).repeat(3 if channels == 2 else 1, 2))


def test_a_mask_of_32_bit_numbers_is_not_black(tmp_path):
    masks = [(scan(seed, 0, 10) > 5).astype(np.int32) for seed in range(4)]
    store = open_store(folder(tmp_path / "masks", masks))
    assert np.array_equal(np.unique(store.items), [0, 255])
