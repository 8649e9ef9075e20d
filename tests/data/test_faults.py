"""A folder of everything that can be wrong with a picture's file: none is fatal, each is named once, counts are right."""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from gansmith.cli import main
from gansmith.data.formats import picture_files
from gansmith.data.preparation import decode, prepare
from gansmith.data.store import open_store, prepare_store
from gansmith.data.survey import survey
from gansmith.ground.recipes.settings import DataSettings


def photo(seed: int = 0, width: int = 60, height: int = 40) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(kind: str, image: Image.Image | None = None, **options) -> bytes:
    file = BytesIO()
    (image or photo()).save(file, kind, **options)
    return file.getvalue()


def cut(kind: str, share: float = 0.6, **options) -> bytes:
    data = encoded(kind, **options)
    return data[: int(len(data) * share)]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, pixels: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def without(data: bytes, marker: bytes) -> bytes:
    """A JPEG whose segments of one kind were made comments."""
    return data.replace(marker, b"\xff\xfe")


def scan_cut_at_once(data: bytes) -> bytes:
    return data[: data.index(b"\xff\xda") + 6]


FAULTS: dict[str, Callable[[], bytes]] = {
    "empty.jpg": lambda: b"",
    "text.jpg": lambda: b"This is no picture.\n",
    "page.gif": lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "drawing.png": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>',
    "program.png": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 60 40\nshowpage\n",
    "document.jpg": lambda: b"%PDF-1.7\n1 0 obj<<>>endobj\n",
    "archive.png": lambda: b"PK\x03\x04" + bytes(60),
    "noise.png": lambda: np.random.default_rng(3).bytes(2000),
    "zeros.bmp": lambda: bytes(4096),
    "head-only.jpg": lambda: encoded("JPEG")[:20],
    "cut.jpg": lambda: cut("JPEG"),
    "cut-progressive.jpg": lambda: cut("JPEG", progressive=True),
    "no-scan.jpg": lambda: scan_cut_at_once(encoded("JPEG")),
    "no-frame.jpg": lambda: without(encoded("JPEG"), b"\xff\xc0"),
    "no-quantisation.jpg": lambda: without(encoded("JPEG"), b"\xff\xdb"),
    "cut.png": lambda: cut("PNG"),
    "no-signature.png": lambda: patched(encoded("PNG"), 0, b"\x00\x00\x00\x00"),
    "wrong-checksum.png": lambda: patched(encoded("PNG"), 29, b"\x00\x00\x00\x00"),
    "not-deflated.png": lambda: png(60, 40, b"no zlib stream at all"),
    "damaged-rows.png": lambda: png(60, 40, patched(zlib.compress(bytes(range(181)) * 40), 90, b"\xff" * 20)),
    "no-width.png": lambda: png(0, 40, zlib.compress(b"")),
    "bomb.png": lambda: png(60_000, 60_000, zlib.compress(b"")),
    "wide-bomb.png": lambda: png(2**31 - 1, 1, zlib.compress(b"")),
    "bad-depth.png": lambda: png(60, 40, zlib.compress(bytes(40 * 61)), depth=7),
    "cut.gif": lambda: cut("GIF"),
    "no-frame.gif": lambda: b"GIF89a" + struct.pack("<HHBBB", 60, 40, 0, 0, 0) + b";",
    "cut.webp": lambda: cut("WEBP"),
    "riff-of-nothing.webp": lambda: b"RIFF" + struct.pack("<I", 4) + b"WEBP",
    "cut.bmp": lambda: cut("BMP"),
    "bomb.bmp": lambda: patched(encoded("BMP"), 18, struct.pack("<ii", 100_000, 100_000)),
    "cut.tif": lambda: cut("TIFF"),
    "directory-outside.tif": lambda: patched(encoded("TIFF"), 4, struct.pack("<I", 2**31)),
    "floats.tif": lambda: encoded("TIFF", Image.fromarray(np.full((40, 60), 0.5, np.float32))),
    "wide-integers.tif": lambda: encoded("TIFF", Image.fromarray(np.full((40, 60), 70_000, np.int32))),
    "cut.ppm": lambda: cut("PPM"),
    "negative.ppm": lambda: b"P6\n-60 40\n255\n" + bytes(7200),
    "dot.png": lambda: encoded("PNG", photo(width=1, height=1)),
    "thread.jpg": lambda: encoded("JPEG", photo(width=300, height=2)),
}
"""Every name with the bytes of a picture that cannot be used."""

if features.check("avif"):
    FAULTS["cut.avif"] = lambda: cut("AVIF")

SOUND = 5


def test_there_are_many_kinds():
    assert len(FAULTS) >= 25
    assert len({make() for make in FAULTS.values()}) == len(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_each_is_passed_over_by_name_and_costs_nothing_else(name: str, tmp_path: Path):
    folder = tmp_path / "own"
    folder.mkdir()
    for index in range(2):
        (folder / f"good-{index}.png").write_bytes(encoded("PNG", photo(index)))
    (folder / name).write_bytes(FAULTS[name]())
    store = open_store(DataSettings(source=str(folder), size="16"))
    assert store.count == 2
    ((skipped, reason),) = store.skipped
    assert skipped == name
    assert reason
    assert "\n" not in reason
    found = survey(DataSettings(source=str(folder), size="16"))
    assert (found.count, found.skipped) == (2, store.skipped)


@pytest.fixture
def wreck(tmp_path: Path) -> Path:
    """Sound pictures among all of them, and what is no plain file besides."""
    folder = tmp_path / "wreck"
    folder.mkdir()
    for index in range(SOUND):
        (folder / f"sound-{index}.jpg").write_bytes(encoded("JPEG", photo(index)))
    for name, make in FAULTS.items():
        (folder / name).write_bytes(make())
    return folder


def test_all_of_them_in_one_folder(wreck: Path, tmp_path: Path):
    expected = set(FAULTS)
    if hasattr(os, "mkfifo"):
        os.symlink(wreck / "nowhere.png", wreck / "dead-link.png")
        os.mkfifo(wreck / "pipe.png")
        expected |= {"dead-link.png", "pipe.png"}
    (wreck / "notes.txt").write_text("no picture by its name")
    store = prepare_store(DataSettings(source=str(wreck), size="16"), tmp_path / "store")
    assert store.count == SOUND
    names = [name for name, _ in store.skipped]
    assert sorted(names) == sorted(expected)  # each once
    assert f"{len(expected)} skipped" in store.description
    alone = tmp_path / "sound"
    alone.mkdir()
    for path in wreck.glob("sound-*"):
        (alone / path.name).write_bytes(path.read_bytes())
    assert np.array_equal(store.items, open_store(DataSettings(source=str(alone), size="16")).items)


def test_all_of_them_in_one_zip(wreck: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "wreck.zip", "w") as archive:
        for path in sorted(wreck.iterdir()):
            archive.write(path, path.name)
    store = open_store(DataSettings(source=str(tmp_path / "wreck.zip"), size="16"))
    assert store.count == SOUND
    assert sorted(name for name, _ in store.skipped) == sorted(FAULTS)


def test_the_command_line_counts_them_too(wreck: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    sheet = tmp_path / "sheet.png"
    assert main(["data", "info", str(wreck), "--json", "--sheet", str(sheet)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["count"], len(facts["skipped"])) == (SOUND, len(FAULTS))
    assert facts["sheet"] == str(sheet)
    with Image.open(sheet) as drawn:
        assert drawn.size[0] > 16
    assert main(["data", "prepare", str(wreck), str(tmp_path / "out"), "--size", "16"]) == 0
    said = capsys.readouterr().out
    assert f"skipped: {len(FAULTS)}" in said
    assert f"and {len(FAULTS) - 20} more" in said


def test_what_is_larger_than_any_picture_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module in (picture_files, decode):
        monkeypatch.setattr(module, "MAX_FILE", 5000)
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(encoded("JPEG"))
    (folder / "large.bmp").write_bytes(encoded("BMP"))
    store = open_store(DataSettings(source=str(folder), size="16"))
    assert store.skipped == (("large.bmp", "more than 5,000 bytes"),)


def test_a_folder_of_nothing_else_is_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "cut.png").write_bytes(FAULTS["cut.png"]())
    assert main(["data", "prepare", str(tmp_path / "own"), str(tmp_path / "out"), "--size", "16"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "none of 1 picture could be read" in line
    assert "cut.png" in line


def test_sizes_by_headers_pass_over_the_tiny(tmp_path: Path):
    (tmp_path / "own").mkdir()
    for name, image in (("a.png", photo()), ("b.png", photo(width=1, height=1))):
        (tmp_path / "own" / name).write_bytes(encoded("PNG", image))
    found = survey(DataSettings(source=str(tmp_path / "own")), complete=False)
    assert found.sizes == {(60, 40): 1}
    assert found.skipped == (("b.png", f"1 x 1 pixels, less than {prepare.SMALLEST} a side"),)
