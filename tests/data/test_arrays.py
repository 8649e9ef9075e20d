"""NumPy files: the layouts that people save, and what is refused."""

import numpy as np
import pytest

from gansmith.data.preparation.resize import on_background
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (7, 6, 5, 3), dtype=np.uint8)


def opened(path, **settings):
    return open_store(DataSettings(source=str(path), **settings))


def test_samples_as_gansmith_writes_them_come_back(tmp_path, rng):
    labels = np.array([2, 0, 1, 2, 0, 1, 2])
    np.savez(tmp_path / "a.npz", images=PICTURES, labels=labels)
    store = opened(tmp_path / "a.npz")
    assert np.array_equal(store.items, PICTURES)
    assert np.array_equal(store.labels, labels)
    assert store.item_shape == (3, 6, 5)
    vectors = rng.standard_normal((9, 4))
    np.savez(tmp_path / "b.npz", vectors=vectors)
    store = opened(tmp_path / "b.npz")
    assert store.kind == "vectors"
    assert store.items.dtype == np.float32
    assert np.array_equal(store.items, vectors.astype(np.float32))
    assert store.item_shape == (4,)
    assert store.classes == 0


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (PICTURES[..., 0], (7, 6, 5, 1)),
        (np.moveaxis(PICTURES, 3, 1), (7, 6, 5, 3)),
        (RNG.standard_normal(11), (11, 1)),
        (np.arange(12).reshape(4, 3), (4, 3)),
    ],
)
def test_usual_shapes_of_npy(tmp_path, array, shape):
    np.save(tmp_path / "a.npy", array)
    assert opened(tmp_path / "a.npy").items.shape == shape


def test_channels_first_keeps_the_pixels(tmp_path):
    np.save(tmp_path / "a.npy", np.moveaxis(PICTURES, 3, 1))
    assert np.array_equal(opened(tmp_path / "a.npy").items, PICTURES)


def test_keras_and_medmnist_splits_share_their_classes(tmp_path):
    np.savez(
        tmp_path / "keras.npz",
        x_train=PICTURES[:4],
        y_train=np.array([3, 5, 7, 3]),
        x_test=PICTURES[4:],
        y_test=np.array([7, 7, 9]),
    )
    test = opened(tmp_path / "keras.npz", split="test")
    assert test.class_names == ("7", "9")
    assert np.array_equal(test.labels, [0, 0, 1])
    train = opened(tmp_path / "keras.npz")
    assert train.class_names == ("3", "5", "7")
    assert train.remarks == ("the class without items left out: 9",)
    alike = test.numbered_as(train.class_names)
    assert (alike.count, alike.labels.tolist()) == (2, [2, 2])
    np.savez(
        tmp_path / "med.npz",
        train_images=PICTURES[:4],
        train_labels=np.array([[0], [1], [1], [0]]),
        val_images=PICTURES[4:6],
        val_labels=np.array([[1], [1]]),
    )
    held_out = opened(tmp_path / "med.npz", split="test")  # no test split: validation stands in
    assert np.array_equal(held_out.items, PICTURES[4:6])
    assert opened(tmp_path / "med.npz", split="all").count == 6


def test_words_are_class_names(tmp_path):
    np.savez(tmp_path / "a.npz", images=PICTURES[:3], labels=np.array(["dog", "cat", "dog"]))
    store = opened(tmp_path / "a.npz")
    assert store.class_names == ("cat", "dog")
    assert np.array_equal(store.labels, [1, 0, 1])


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ({"images": PICTURES.astype(np.float32)}, "must be uint8"),
        ({"images": PICTURES, "labels": np.zeros(6, int)}, "7 items but 6 labels"),
        ({"images": PICTURES, "labels": np.zeros((7, 3))}, "labels are one whole number"),
        ({"images": PICTURES[:0]}, "empty"),
        ({"vectors": np.array([[1.0, np.nan]])}, "not finite in row 0"),
        ({"left": PICTURES, "right": PICTURES}, "name the array"),
        ({"images": PICTURES[..., :2]}, "2 channels"),
        ({"images": np.array([{}, {}], dtype=object)}, "Python objects"),
    ],
)
def test_what_has_no_meaning_is_refused_in_a_line(tmp_path, saved, words):
    np.savez(tmp_path / "a.npz", **saved)
    with pytest.raises(DataError, match=words) as caught:
        opened(tmp_path / "a.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_damaged_files_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 nothing of the kind")
    with pytest.raises(DataError, match=name):
        opened(tmp_path / name)


def test_a_truncated_npy_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", PICTURES)
    data = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(data[:-10])
    with pytest.raises(DataError, match=r"a\.npy"):
        opened(tmp_path / "a.npy")


def test_transparency_lies_on_ground():
    pixels = np.array([[10, 20, 30, 0], [10, 20, 30, 255], [0, 100, 255, 128]], np.uint8)
    expected = [[255] * 3, [10, 20, 30], [127, round((100 * 128 + 255 * 127) / 255), 255]]
    assert on_background(pixels).tolist() == expected
