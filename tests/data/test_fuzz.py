"""A few damaged files for every reader: each is read, or refused in one line. `benchmarks/fuzz.py` damages thousands."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import fuzz
from fuzz_readers import READERS, can_be_read, zipped
from mutate import mutated

COUNT = {"stats": 1, "findings": 1, "resume": 1, "run": 1, "mat": 2, "lmdb": 4}  # which take long
OTHERS = 6


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_told_in_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    reader = READERS[name]
    if not can_be_read(reader):
        pytest.skip(f"needs {', '.join(reader.needs)}")
    monkeypatch.chdir(tmp_path)
    whole = reader.files()
    if name != "objects":
        assert fuzz.attempt(reader, reader.whole(whole), tmp_path).kind == "read"
    for index in range(COUNT.get(name, OTHERS)):
        files = fuzz.damaged(reader, whole, random.Random(f"{name} 1 {index}"))
        verdict = fuzz.attempt(reader, files, tmp_path)
        assert verdict.kind in ("read", "refused"), (index, verdict)


def test_objects_are_never_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An array of objects is a program; pickle would run it."""
    monkeypatch.chdir(tmp_path)
    verdict = fuzz.attempt(READERS["objects"], READERS["objects"].files(), tmp_path)
    assert verdict.kind == "refused"
    assert "holds Python objects" in verdict.words
    assert not os.path.exists("fuzz-was-here")


FOUND = {  # files that once were a crash, and the reader
    "a heading that ends in a bracket": ("npy", b"'shape': (4, 6, 6, 1), }", b"'shape': (4, 6, 6, 1, ( "),
    "a member that is no array": ("npz", b"\x93NUMPY", b"\x92NUMPY"),
    "a heading with a sign that Python advises against": ("npy", b"'|u1'", b"'\\]1'"),
    "a line with another number of columns": ("table", b"label,pixel0,", b"label,pixel0,pixel,pixel,"),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_crashed_once_is_refused(case: str, tmp_path: Path):
    name, old, new = FOUND[case]
    whole = READERS[name].files()
    files = {path: data.replace(old, new) for path, data in whole.items()}
    assert files != whole
    assert fuzz.attempt(READERS[name], READERS[name].whole(files), tmp_path).kind == "refused"


def test_a_heading_as_python_2_wrote_it_is_read_without_a_word_of_numpys(tmp_path: Path):
    whole = READERS["npy"].files()
    files = {path: data.replace(b"(4, 6, 6, 1)", b"(4L,6, 6, 1)") for path, data in whole.items()}
    assert files != whole
    assert fuzz.attempt(READERS["npy"], files, tmp_path).kind == "read"


def test_a_name_in_a_zip_that_is_no_text_is_told_shortly(tmp_path: Path):
    """The name in front of the member says that it is UTF-8, and is not."""
    whole = zipped({"a/\u00e9\u00e9.png": b"", **READERS["zip"].files()})
    name = "a/\u00e9\u00e9.png".encode()
    damaged = whole.replace(name, b"a/\xb6\xb6\xb6\xb6.png", 1)
    assert fuzz.attempt(READERS["zip"], {"items.zip": damaged}, tmp_path).kind in ("read", "refused")


def test_damage_is_the_same_for_the_same_seed():
    data = bytes(range(256)) * 4
    once, again = ([mutated(data, random.Random(seed)) for seed in range(50)] for _ in range(2))
    assert once == again
    assert sum(each != data for each in once) > 45
