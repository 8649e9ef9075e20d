"""Files that were made to harm: small ones that would become huge, names that command the terminal, loops, holes."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from checkpoint_arrays import typed
from gansmith.data.formats.files import in_zip
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.training import checkpoint

MANY = int(os.environ.get("GANSMITH_TEST_MEMBERS", 5_000))  # of an archive; a million takes a minute


def png(width: int = 6, height: int = 6) -> bytes:
    """A picture; of a large one only the heading and a few rows of zeros, as an attacker would write it."""
    if width * height < 10_000:
        buffer = io.BytesIO()
        Image.new("RGB", (width, height), (9, 99, 199)).save(buffer, "PNG")
        return buffer.getvalue()

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    heading = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", heading) + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def held() -> int:
    """The most kB that this process ever held; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def prepared(source: Path, code: int = 0) -> str:
    """What is said when the source is prepared, in at most 500 MB."""
    before = held()
    done = typed("data", "prepare", source, source.parent / "out", "--size", "8", "--workers", "1", code=code)
    assert held() - before < 500_000
    said = done.stdout + done.stderr
    assert all(char.isprintable() or char == "\n" for char in said), said
    assert not code or "\n" not in done.stderr.strip()
    return said


def test_a_picture_of_too_many_pixels_is_skipped(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.png").write_bytes(png())
    (tmp_path / "in" / "bomb.png").write_bytes(png(60_000, 60_000))
    assert "bomb.png" in prepared(tmp_path / "in")


def test_a_member_that_unpacks_to_too_much_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gansmith.data.formats.picture_files.MAX_FILE", 10**6)
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", png())
        archive.writestr("bomb.png", png() + bytes(10**7))
    said = prepared(tmp_path / "in.zip")
    assert "bomb.png" in said
    assert "more than 1,000,000" in said


def test_a_member_that_lies_about_its_size_is_cut_off(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", png())
        archive.writestr("liar.png", bytes(10**7))
    data = (tmp_path / "in.zip").read_bytes().replace(struct.pack("<I", 10**7), struct.pack("<I", 100))
    (tmp_path / "in.zip").write_bytes(data)
    assert "liar.png" in prepared(tmp_path / "in.zip")


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path: Path):
    heading = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000, 1000, 3), }"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(heading)) + heading.encode() + bytes(100)
    (tmp_path / "in.npy").write_bytes(data)
    assert "damaged" in prepared(tmp_path / "in.npy", code=1)
    with zipfile.ZipFile(tmp_path / "in.npz", "w") as archive:
        archive.writestr("images.npy", data)
    assert "damaged" in prepared(tmp_path / "in.npz", code=1)


def test_the_holes_of_a_sparse_file_are_not_read(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.png").write_bytes(png())
    with open(tmp_path / "in" / "hole.png", "wb") as file:
        file.truncate(2**33)
    assert "hole.png" in prepared(tmp_path / "in")


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be written there")
@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_names_do_not_command_the_terminal(tmp_path: Path, kind: str):
    name = "\x1b[2J\x1b]0;owned\x07 two\nlines \u202egnp.png"
    if kind == "folder":
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / name).write_bytes(b"no picture")
        (tmp_path / "in" / "good.png").write_bytes(png())
        prepared(tmp_path / "in")
        return
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
            archive.writestr(name, b"no picture")
            archive.writestr("good.png", png())
        prepared(tmp_path / "in.zip")
        return
    with tarfile.open(tmp_path / "in.tar", "w") as archive:
        for member, data in ((name, b"no picture"), ("good.png", png())):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    prepared(tmp_path / "in.tar")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_back_are_followed_once(tmp_path: Path):
    inside = tmp_path / "in" / "a"
    inside.mkdir(parents=True)
    (inside / "good.png").write_bytes(png())
    (inside / "up").symlink_to(tmp_path / "in", target_is_directory=True)
    (inside / "self.png").symlink_to(inside / "self.png")
    assert "self.png" in prepared(tmp_path / "in")


def test_an_archive_of_very_many_members_is_listed(tmp_path: Path):
    """Written by hand, as zipfile would take minutes for a million: one body, to which all names lead."""
    body = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(b""), 0, 0, 1, 0) + b"x"
    entries = []
    for index in range(MANY):
        name = b"%07d.png" % index
        fields = (20, 20, 0, 0, 0, 33, zlib.crc32(b""), 0, 0, len(name), 0, 0, 0, 0, 0, 0)
        entries.append(struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name)
    directory = b"".join(entries)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, MANY, MANY, len(directory), len(body))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body) + len(directory), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "in.zip").write_bytes(body + directory + end64 + locator + end)
    assert len(in_zip(tmp_path / "in.zip").entries) == MANY


def long_heading(path: Path) -> None:
    """A heading of 100 MB, most of it a hole."""
    with open(path, "r+b") as file:
        file.write(struct.pack("<Q", 10**8 + 1))
        file.truncate(10**8 + 100)


def flipped(path: Path) -> None:
    """One bit of the last number: no reader would notice."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [long_heading, flipped])
def test_weights_that_are_not_those_that_were_written_are_not_used(tmp_path: Path, damage: Callable[[Path], None]):
    folder, game = RunFolder(tmp_path / "run"), checkpoint.State({"ema/0.weight": np.ones(9, np.float32)}, {})
    for update in (1, 2):
        checkpoint.save(folder, checkpoint.Checkpoint(update, game, {"seconds": 1.0}))
    weights = folder.checkpoint(2) / checkpoint.WEIGHTS
    damage(weights)
    with pytest.raises(RunError, match="not those that were written"):
        checkpoint.load_network(folder, 2, "ema")
    found, remarks = checkpoint.load_newest(folder)
    assert found.update == 1
    assert "instead" in remarks[0]
    state = folder.checkpoint(2) / checkpoint.STATE  # of a run from before there were checksums
    table = json.loads(state.read_text())
    del table["checksum"]
    state.write_text(json.dumps(table))
    if damage is long_heading:
        with pytest.raises(RunError, match="damaged"):
            checkpoint.load(folder, 2)
