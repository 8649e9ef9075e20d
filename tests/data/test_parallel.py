"""Preparing with helpers: the same bytes, whoever helps, dies or dawdles."""

import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import asdict
from io import BytesIO, StringIO
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from checkpoint_arrays import PATIENCE
from gansmith.data import cache
from gansmith.data.preparation import decode, parallel, prepare, worker
from gansmith.data.preparation.resize import Frame, framed
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings


@pytest.fixture
def folder(tmp_path, photo, encode):
    """Forty pictures, two of them broken, in chunks of four."""
    root = tmp_path / "own"
    root.mkdir()
    for index in range(40):
        data = encode(photo(index, 30 + index, 40), "JPEG")
        (root / f"{index:02d}.jpg").write_bytes(data[:300] if index in (7, 30) else data)
    return root


@pytest.fixture
def eager(monkeypatch):
    """Helpers are hired after the first chunk, however little there is to do."""
    monkeypatch.setattr(prepare, "CHUNK", 4)
    monkeypatch.setattr(parallel, "ALONE", 0.0)
    monkeypatch.setattr(parallel, "WORTH_A_HELPER", 1e-9)


def alone(path):
    """What one process makes of it; the store is put out of the way afterwards."""
    store = open_store(DataSettings(source=str(path), size="24"), workers=1)
    ready = next(entry for entry in cache.stores().iterdir() if entry.is_dir())
    ready.rename(cache.folder() / "alone")  # where nobody looks for pictures to copy
    return store


def test_helpers_make_the_same_bytes(folder, eager, monkeypatch):
    expected = alone(folder)
    helped = threading.Event()
    mine = []
    read_chunk, chunk_of = prepare.read_chunk, prepare.chunk_of

    def patient(*args):  # this process waits for the helper before it goes on
        mine.append(args)
        if len(mine) > 1:
            assert helped.wait(PATIENCE)
        return read_chunk(*args)

    def noted(row):
        helped.set()
        return chunk_of(row)

    monkeypatch.setattr(prepare, "read_chunk", patient)
    monkeypatch.setattr(prepare, "chunk_of", noted)
    store = open_store(DataSettings(source=str(folder), size="24"), workers=2)
    assert len(mine) < 10
    assert store.fingerprint == expected.fingerprint
    assert store.skipped == expected.skipped
    assert [name for name, _ in store.skipped] == ["07.jpg", "30.jpg"]


@pytest.mark.parametrize(
    "program",
    [
        "pass",  # gone at once
        "print('what?', flush=True)",  # no JSON
        "print('{}', flush=True); input(); input()",  # gone with a span in hand
        "import time; time.sleep(600)",  # never ready
        "print('{}', flush=True); import time; time.sleep(600)",  # never answers
    ],
)
def test_helpers_that_fail_cost_nothing(folder, eager, monkeypatch, program):
    expected = alone(folder)
    started = []

    def useless():
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        started.append(process)
        return process

    monkeypatch.setattr(parallel, "start_process", useless)
    store = open_store(DataSettings(source=str(folder), size="24"), workers=3)
    assert store.fingerprint == expected.fingerprint
    assert len(started) <= 2
    assert all(process.poll() is not None for process in started)  # none is left behind


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_the_workers_side_of_the_talk(folder, tmp_path, kind):
    path = folder
    if kind == "zip":
        path = folder.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            for picture in folder.iterdir():
                archive.write(picture, picture.name)
    frame = Frame(8, 8, 3, 0, "crop")
    prepare.empty_slots(tmp_path / "slots.npy", (4, 8, 8, 3))
    first = {"kind": kind, "path": str(path), "frame": asdict(frame), "slots": str(tmp_path / "slots.npy")}
    orders = [first, {"start": 1, "names": ["06.jpg", "07.jpg"]}]
    answers = StringIO()
    worker.serve(StringIO("".join(json.dumps(order) + "\n" for order in orders)), answers)
    ready, answer = map(json.loads, answers.getvalue().splitlines())
    assert ready == {}
    assert prepare.chunk_of(answer) == prepare.Chunk(
        1, 3, True, [(2, "07.jpg", answer["skipped"][0][2])], [(1, 0.1, 0.0)]
    )
    slots = np.load(tmp_path / "slots.npy")
    picture, _ = decode.picture(BytesIO((folder / "06.jpg").read_bytes()))
    assert np.array_equal(slots[1], framed(picture, frame))
    assert not slots[[0, 2, 3]].any()


def test_short_work_is_done_alone(folder, monkeypatch):
    """By a clock that is a thousandth of a second on at every look."""
    monkeypatch.setattr(parallel, "time", SimpleNamespace(monotonic=count(0, 0.001).__next__))
    monkeypatch.setattr(parallel, "start_process", lambda: pytest.fail("started a process for forty pictures"))
    assert open_store(DataSettings(source=str(folder), size="24"), workers=8).count == 38


def test_a_worker_ends_with_its_orders():
    process = parallel.start_process()
    process.communicate("", timeout=PATIENCE)
    assert process.returncode is not None
