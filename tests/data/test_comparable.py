"""Another program's items for `gansmith evaluate`: one reader, prepared like the data, rows at random, labels by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith import cli
from gansmith.data.comparable import read_items
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.table import METRICS

DIGITS = DataSettings(source="digits")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def digits() -> tuple[np.ndarray, np.ndarray]:
    store = open_store(DIGITS)
    assert store.labels is not None
    return np.asarray(store.items[:300]), store.labels[:300]


def test_pictures_and_labels_in_the_ways_of_other_programs(tmp_path, digits):
    pictures, labels = digits
    symmetric = (pictures / 127.5 - 1).astype(np.float32)
    ways = {
        "label-float": {"images": pictures, "labels": labels.astype(float)},
        "label-words": {"images": pictures, "labels": labels.astype(str)},
        "label-bytes": {"images": pictures, "labels": labels.astype("S1")},
        "label-column": {"images": pictures, "labels": labels[:, None]},
        "label-onehot": {"images": pictures, "labels": np.eye(10)[labels]},
        "no-channel": {"images": pictures[..., 0]},
        "channels-first": {"images": np.moveaxis(pictures, 3, 1)},
        "unnamed": {"arr_0": pictures},
        "keras": {"x_train": pictures, "y_train": labels},
        "unit": {"images": (pictures / 255).astype(np.float32)},
        "symmetric": {"images": symmetric},
        "symmetric-first": {"images": np.moveaxis(symmetric, 3, 1)},
        "wide": {"images": pictures.astype(np.int64)},
        "colour": {"images": pictures.repeat(3, 3)},
    }
    for name, arrays in ways.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
        taken = read_items(tmp_path / f"{name}.npz", 5000, DIGITS)
        assert np.array_equal(taken.items, pictures), name
        assert (taken.labels is not None) == (len(arrays) == 2)
        assert taken.labels is None or np.array_equal(taken.labels, labels), name
    np.save(tmp_path / "a.npy", pictures)
    assert np.array_equal(read_items(tmp_path / "a.npy", 5000, DIGITS).items, pictures)


def test_labels_that_are_no_classes_of_the_data_are_left_out_and_named(tmp_path, digits):
    pictures, labels = digits
    np.savez(tmp_path / "a.npz", images=pictures, labels=labels + 3)
    taken = read_items(tmp_path / "a.npz", 5000, DIGITS)
    assert taken.labels is None
    assert "labels of a.npz are left out: 10, 11, 12 are no classes of the data" in taken.notes


def test_names_win_over_numbers(tmp_path, digits):
    pictures, labels = digits
    np.savez(tmp_path / "data.npz", images=pictures, labels=np.array([2, 5, 7])[labels % 3])
    data = DataSettings(source=str(tmp_path / "data.npz"))
    np.savez(tmp_path / "names.npz", images=pictures[:9], labels=np.array([2, 7, 7] * 3))
    assert read_items(tmp_path / "names.npz", 99, data).labels.tolist() == [0, 2, 2] * 3
    np.savez(tmp_path / "numbers.npz", images=pictures[:9], labels=np.array([0, 1, 2] * 3))
    assert read_items(tmp_path / "numbers.npz", 99, data).labels.tolist() == [0, 1, 2] * 3


def test_rows_are_a_seeded_choice_of_all(tmp_path, digits):
    pictures, labels = digits
    order = np.argsort(labels, kind="stable")  # sorted by class, as samplers write them
    np.savez(tmp_path / "a.npz", images=pictures[order], labels=labels[order])
    taken = read_items(tmp_path / "a.npz", 100, DIGITS, seed=3)
    assert taken.notes[0] == "100 of 300 items were measured, chosen at random (--count measures more)"
    assert len(np.unique(taken.labels)) == 10
    assert np.array_equal(taken.items, pictures[order][taken.rows])
    assert np.array_equal(taken.labels, labels[order][taken.rows])
    assert np.array_equal(read_items(tmp_path / "a.npz", 100, DIGITS, seed=3).rows, taken.rows)
    assert not np.array_equal(read_items(tmp_path / "a.npz", 100, DIGITS, seed=4).rows, taken.rows)
    (tmp_path / "own").mkdir()
    for row, picture in enumerate(pictures[order]):
        Image.fromarray(picture[..., 0]).save(tmp_path / "own" / f"{row:03}.png")
    folder = read_items(tmp_path / "own", 100, DIGITS, seed=3)
    assert np.array_equal(folder.items, taken.items)
    assert folder.notes[0] == taken.notes[0]


def test_the_larger_pictures_become_as_small_as_the_others(tmp_path, digits):
    pictures, _ = digits
    np.savez(tmp_path / "large.npz", images=pictures.repeat(2, 1).repeat(2, 2).repeat(3, 3))
    taken = read_items(tmp_path / "large.npz", 99, DIGITS)
    assert taken.items.shape == (99, 16, 16, 1)
    assert "large.npz was resized from 32x32 to 16x16, the size of digits" in taken.notes
    assert open_store(taken.settings).item_shape == (1, 16, 16)
    np.savez(tmp_path / "small.npz", images=open_store(DataSettings(size="8")).items[:50])
    taken = read_items(tmp_path / "small.npz", 99, DIGITS)
    assert taken.items.shape == (50, 8, 8, 1)
    assert "digits was resized from 16x16 to 8x8, the size of small.npz" in taken.notes
    assert open_store(taken.settings).item_shape == (1, 8, 8)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "colour.npz", images=rng.integers(0, 256, (50, 16, 16, 3), dtype=np.uint8))
    taken = read_items(tmp_path / "colour.npz", 99, DIGITS)
    assert taken.items.shape == (50, 16, 16, 1)
    assert "colour.npz is in colour, and was made grey as digits is" in taken.notes


def test_sixteen_bit_samples_are_read_in_the_range_of_the_data(tmp_path):
    rng = np.random.default_rng(0)
    for name, low, high in (("real", 900, 1500), ("made", 1000, 1300)):
        (tmp_path / name).mkdir()
        for index in range(9):
            values = rng.integers(low, high + 1, (24, 24)).astype(np.uint16)
            values[0, :2] = low, high
            Image.fromarray(values).save(tmp_path / name / f"{index}.png")
    data = DataSettings(source=str(tmp_path / "real"))
    taken = read_items(tmp_path / "made", 99, data)
    assert (taken.items.min(), taken.items.max()) == (np.rint(100 * 255 / 600), np.rint(400 * 255 / 600))
    np.savez(tmp_path / "bytes.npz", images=np.asarray(open_store(data).items))  # a run's own samples are bytes
    assert np.array_equal(read_items(tmp_path / "bytes.npz", 99, data).items, open_store(data).items)


def test_vectors_and_pictures_are_told_apart(tmp_path):
    np.savez(tmp_path / "a.npz", vectors=np.zeros((20, 2)))
    with pytest.raises(DataError, match="holds vectors, and digits pictures"):
        read_items(tmp_path / "a.npz", 99, DIGITS)
    assert read_items(tmp_path / "a.npz", 99, DataSettings(source="ring")).items.shape == (20, 2)


@pytest.mark.usefixtures("hasty_judges")
def test_as_it_is_typed(tmp_path, digits, capsys, monkeypatch):
    """With one cheap measure, and its copies named by the file's rows."""
    monkeypatch.setattr("gansmith.metrics.table.METRICS", {"memorisation": METRICS["memorisation"]})
    pictures, labels = digits
    np.savez(tmp_path / "a.npz", x_train=np.moveaxis(pictures, 3, 1) / 127.5 - 1, y_train=np.eye(10)[labels])
    command = [
        "evaluate",
        str(tmp_path / "a.npz"),
        "--data",
        "digits",
        "--features",
        "pixels",
        "--count",
        "50",
        "--json",
    ]
    assert cli.main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["count"] == 50
    assert found["notes"][0].startswith("50 of 300 items were measured")
    assert any("mapped from -1..1" in note for note in found["notes"])
    assert all(copy["item"] == copy["training"] for copy in found["copies"])  # the file is the first 300
