"""The store: prepared once, whole or not at all, the same from a kill or from many, and known by its source."""

import dataclasses
import errno
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from checkpoint_arrays import PATIENCE
from gansmith.data import cache, store, store_files
from gansmith.data.preparation import prepare, resize
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings


@pytest.fixture
def folder(tmp_path, photo, encode):
    """Nine pictures in two classes: JPEG and PNG of different sizes, one of them broken, one no picture by its name."""
    root = tmp_path / "own"
    for index in range(8):
        path = root / ("left" if index % 2 else "right") / f"{index}.{'jpg' if index % 3 else 'png'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(photo(index, 60 + index, 50), "JPEG" if index % 3 else "PNG"))
    (root / "left" / "3b.jpg").write_bytes((root / "left" / "5.jpg").read_bytes()[:400])
    (root / "notes.txt").write_text("no picture")
    return root


def test_digits_need_nothing(monkeypatch):
    opened = open_store(DataSettings())
    assert opened.items.shape == (1797, 16, 16, 1)
    assert opened.item_shape == (1, 16, 16)
    assert opened.kind.name == "picture"
    assert opened.classes == 10
    assert opened.labels is not None
    assert opened.labels.dtype == np.int64
    assert np.bincount(opened.labels)[0] == 178
    assert "16x16 (enlarged from 8x8)" in opened.description
    small = open_store(DataSettings(size="8"))
    from sklearn.datasets import load_digits

    assert np.array_equal(small.items[..., 0].reshape(1797, 64), np.rint(load_digits(return_X_y=True)[0] * 255 / 16))


@pytest.mark.parametrize(("name", "modes"), [("ring", 8), ("grid", 25), ("spiral", 20)])
def test_mixtures_are_vectors_with_their_modes_as_labels(name, modes):
    opened = open_store(DataSettings(source=name, first=1000), seed=4)
    assert opened.kind.name == "vector"
    assert opened.items.shape == (1000, 2)
    assert opened.item_shape == (2,)
    assert opened.items.dtype == np.float32
    assert opened.classes == modes
    assert open_store(DataSettings(source=name, first=1000), seed=5).fingerprint != opened.fingerprint
    held_out = open_store(DataSettings(source=name, first=1000, split="test"), seed=4)
    assert held_out.fingerprint != opened.fingerprint


def test_a_folder_with_a_broken_picture(folder):
    heard = []
    opened = open_store(DataSettings(source=str(folder)), progress=lambda done, total: heard.append((done, total)))
    assert opened.items.shape == (8, 32, 40, 3)  # the short side is 50; of 5:4 less is cut off than of a square
    assert [name for name, _ in opened.skipped] == ["left/3b.jpg"]
    assert "truncated" in opened.skipped[0][1].lower()
    assert opened.class_names == ("left", "right")
    assert opened.labels is not None
    assert np.bincount(opened.labels).tolist() == [4, 4]
    assert "1 skipped" in opened.description
    assert heard[-1] == (9, 9)


def test_labels_stay_with_their_pictures_when_one_is_lost(folder):
    opened = open_store(DataSettings(source=str(folder), size="50"))
    paths = sorted(folder.rglob("*.*"))
    expected = {}
    for path in paths:
        if path.suffix in (".jpg", ".png") and path.name != "3b.jpg":
            frame = resize.Frame(50, 50, 3, 0, "crop")
            array = resize.framed(np.asarray(Image.open(path).convert("RGB")), frame)
            expected[array.tobytes()] = path.parent.name
    assert opened.labels is not None
    found = {item.tobytes(): opened.class_names[label] for item, label in zip(opened.items, opened.labels, strict=True)}
    assert found == expected


def test_the_second_opening_maps_what_the_first_prepared(folder, monkeypatch):
    settings = DataSettings(source=str(folder))
    first = open_store(settings)
    monkeypatch.setattr(store.build, "build", lambda *_: pytest.fail("prepared again"))
    second = open_store(settings)
    assert isinstance(second.items, np.memmap)
    assert not second.items.flags.writeable
    assert second.fingerprint == first.fingerprint
    assert np.array_equal(second.items, first.items)
    assert dataclasses.replace(second, items=first.items, labels=first.labels) == first


@pytest.mark.parametrize(
    "change",
    [
        {"size": "16"},
        {"channels": 1},
        {"crop": 20},
        {"fit": "squeeze", "size": "20x30"},
        {"first": 5},
        {"split": "all"},
    ],
)
def test_settings_that_shape_the_bytes_make_another_store(folder, change):
    settings = DataSettings(source=str(folder))
    one, other = store.sources.find(settings), dataclasses.replace(settings, **change)
    assert store.key(one, settings) != store.key(store.sources.find(other), other)


def test_settings_that_do_not_shape_the_bytes_share_the_store(folder):
    settings = DataSettings(source=str(folder))
    other = dataclasses.replace(settings, batch=7, labels="classes", pixels="unit")
    assert store.key(store.sources.find(settings), settings) == store.key(store.sources.find(other), other)


def test_a_changed_source_is_prepared_afresh(folder, photo, encode):
    settings = DataSettings(source=str(folder), size="16")
    before = open_store(settings)
    (folder / "left" / "new.png").write_bytes(encode(photo(77)))
    grown = open_store(settings)
    assert grown.count == before.count + 1
    assert grown.fingerprint != before.fingerprint
    os.utime(folder / "left" / "new.png", (1, 1))
    assert open_store(settings).fingerprint == grown.fingerprint  # same bytes, prepared again


def test_all_grey_pictures_make_a_grey_store(tmp_path, encode):
    root = tmp_path / "grey"
    root.mkdir()
    values = np.arange(64, dtype=np.uint8).reshape(8, 8)
    (root / "a.png").write_bytes(encode(values))
    (root / "b.png").write_bytes(encode(np.stack([values] * 3, -1)))  # grey, though store_files as colour
    opened = open_store(DataSettings(source=str(root)))
    assert opened.item_shape == (1, 8, 8)
    assert np.array_equal(opened.items[..., 0], [values, values])
    assert open_store(DataSettings(source=str(root), channels=3)).item_shape == (3, 8, 8)
    (root / "c.png").write_bytes(encode(np.stack([values, values, values + 1], -1)))
    assert open_store(DataSettings(source=str(root))).item_shape == (3, 8, 8)


def test_an_incomplete_store_is_prepared_again(folder):
    settings = DataSettings(source=str(folder))
    whole = open_store(settings)
    ready = next(path for path in cache.stores().iterdir() if path.is_dir())
    with open(ready / prepare.ITEMS, "r+b") as file:
        file.truncate(500)
    assert open_store(settings).fingerprint == whole.fingerprint
    (ready / store_files.MANIFEST).write_text("{}")
    assert open_store(settings).fingerprint == whole.fingerprint


def test_a_kill_at_any_chunk_is_taken_up_where_it_was(folder, monkeypatch):
    settings = DataSettings(source=str(folder), size="20")
    whole = open_store(settings).fingerprint
    shutil.rmtree(cache.stores())  # or the pictures would be copied from there
    monkeypatch.setattr(prepare, "CHUNK", 2)
    real, made = prepare.read_chunk, []

    def dying(*args):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(args)
        return real(*args)

    monkeypatch.setattr(prepare, "read_chunk", dying)
    with pytest.raises(KeyboardInterrupt):
        open_store(settings)
    part = next(cache.stores().glob("*.part"))
    with open(part / prepare.DONE, "a") as file:
        file.write('{"start": 6, "sto')  # a row torn by the kill
    monkeypatch.setattr(prepare, "read_chunk", lambda *args: (made.append(args), real(*args))[1])
    opened = open_store(settings)
    assert opened.fingerprint == whole
    assert [name for name, _ in opened.skipped] == ["left/3b.jpg"]
    assert len(made) == 5  # nine pictures in chunks of two: none of them twice
    assert not list(cache.stores().glob("*.part"))


def test_what_was_given_up_long_ago_is_swept_away(folder, own_cache):
    for name, age in (("old", 8), ("new", 1)):
        part = own_cache / "stores" / f"{name}.part"
        part.mkdir(parents=True)
        (part / prepare.SLOTS).write_bytes(b"slots")
        for path in (part / prepare.SLOTS, part):
            os.utime(path, (time.time() - age * 86400,) * 2)
    open_store(DataSettings(source=str(folder)))
    assert [path.name for path in (own_cache / "stores").glob("*.part")] == ["new.part"]


def test_concurrent_preparers_agree(folder, own_cache):
    program = (
        "import sys; from gansmith.data.store import open_store; from gansmith.ground.recipes.settings import DataSettings\n"
        "print(open_store(DataSettings(source=sys.argv[1], size='24')).fingerprint)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = {process.communicate(timeout=PATIENCE)[0] for process in started}
    assert len(answers) == 1
    assert len(answers.pop()) == 65
    assert len([path for path in (own_cache / "stores").iterdir() if path.is_dir()]) == 1


def test_a_file_system_without_locks_still_works(folder, monkeypatch):
    monkeypatch.setattr(cache, "lock", lambda file: None)
    assert open_store(DataSettings(source=str(folder))).count == 8


def test_no_room_is_said_before_anything_is_written(folder, monkeypatch):
    monkeypatch.setattr(prepare.shutil, "disk_usage", lambda path: type("usage", (), {"free": 1000}))
    with pytest.raises(DataError, match="GANSMITH_CACHE"):
        open_store(DataSettings(source=str(folder)))


def test_a_disk_that_fills_is_an_error_in_a_line(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(prepare, "put", full)
    with pytest.raises(DataError, match=r"No space left.*GANSMITH_CACHE"):
        open_store(DataSettings(source=str(folder)))


def test_a_cache_that_cannot_be_written_says_so(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="GANSMITH_CACHE"):
        open_store(DataSettings(source=str(folder)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": "big"}, "data.size"),
        ({"channels": 2}, "data.channels"),
        ({"crop": -1}, "data.crop"),
        ({"first": -1}, "first"),
    ],
)
def test_settings_without_meaning_are_refused(folder, change, words):
    with pytest.raises(DataError, match=words):
        open_store(DataSettings(source=str(folder), **change))


def test_the_fingerprint_knows_items_labels_and_shape():
    items = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    labels = np.array([0, 1])
    prints = {
        store_files.fingerprint(items, labels),
        store_files.fingerprint(items, None),
        store_files.fingerprint(items, labels[::-1]),
        store_files.fingerprint(items.reshape(2, 2, 6, 1), labels),
        store_files.fingerprint(items + 1, labels),
    }
    assert len(prints) == 5
    assert store_files.fingerprint(items.copy(), labels.copy()) == store_files.fingerprint(items, labels)


def test_the_manifest_is_plain_json(folder):
    open_store(DataSettings(source=str(folder)))
    manifest = next(cache.stores().glob(f"*/{store_files.MANIFEST}"))
    values = json.loads(manifest.read_text())
    assert values["shape"] == [8, 32, 40, 3]
    assert values["class_names"] == ["left", "right"]


@pytest.mark.parametrize("change", [{}, {"size": "8"}])
@pytest.mark.parametrize("key", ["source", "parts", "frame", "shape", "fingerprint", "class_names"])
def test_a_manifest_without_an_entry_is_a_damaged_store(folder, tmp_path, key, change):
    store.prepare_store(DataSettings(source=str(folder), size="16"), tmp_path / "made")
    path = tmp_path / "made" / store_files.MANIFEST
    found = json.loads(path.read_text())
    missing = {name: value for name, value in found.items() if name != key}
    for damaged in (missing, *([] if isinstance(found[key], str) else [missing | {key: 7}])):
        path.write_text(json.dumps(damaged))
        with pytest.raises(DataError, match="damaged, or of another version: prepare it again"):
            open_store(DataSettings(source=str(tmp_path / "made"), **change))


def test_the_platforms_cache_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("GANSMITH_CACHE")
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "gansmith"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder().parts[-2:] == (".cache", "gansmith")
    monkeypatch.setattr(cache.sys, "platform", "darwin")
    assert cache.folder().parts[-3:] == ("Library", "Caches", "gansmith")
    monkeypatch.setattr(cache.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache.folder() == tmp_path / "gansmith" / "cache"
