"""NumPy files: the layouts that people save, and what is refused."""

from pathlib import Path

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
    assert store.kind.name == "vector"
    assert store.items.dtype == np.float32
    np.testing.assert_allclose(store.kind.in_units(store.items, store.units), vectors, atol=1e-6)
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
    assert "the class without items left out: 9" in train.remarks
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
        ({"images": PICTURES.astype(np.float32) * 3}, r"0 to 765, which is no usual range .*--set data.range=0..765"),
        ({"images": PICTURES / 1000}, r"to 0\.25.* or save bytes, \(255 \* x\)\.clip\(0, 255\)"),
        ({"images": PICTURES / 400 - 0.4}, r"or save bytes, \(\(x \+ 1\) \* 127\.5\)"),
        ({"images": np.where(PICTURES[3, 1, 1, 1] == PICTURES, np.nan, PICTURES / 255)}, "is not finite in row"),
        ({"images": PICTURES.astype(complex)}, "pictures are numbers"),
        ({"images": PICTURES[None]}, "pictures are numbers"),
        ({"images": PICTURES.reshape(7, -1)}, r"flat, or a single one; save x\.reshape\(-1, height, width\)"),
        ({"images": np.zeros((9, 784), np.uint8)}, r"save x\.reshape\(-1, 28, 28\)"),
        ({"images": np.zeros((9, 3072), np.uint8)}, r"save x\.reshape\(-1, 3, 32, 32\)"),
        (
            {"images": PICTURES[0].repeat(5, 0)},
            r"a single picture with channels, or 30 grey ones of 3x5\? Save x\[None\]",
        ),
        ({"images": np.zeros((3, 28, 28), np.uint8)}, r"Save x\.transpose\(1, 2, 0\)\[None\]"),
        ({"images": np.zeros((28, 28, 4, 3), np.uint8)}, "two readings are possible"),
        ({"images": PICTURES, "labels": np.arange(7) + 0.5}, r"with 0\.5 among them"),
        ({"images": PICTURES, "labels": np.array([0, 1, np.nan, 2, 0, 1, 2])}, "with nan among them"),
        ({"images": PICTURES, "labels": np.ones((7, 3))}, "labels are one whole number"),
        ({"images": PICTURES, "labels": np.zeros(6, int)}, "7 items but 6 labels"),
        ({"images": PICTURES, "labels": np.zeros((7, 3))}, "labels are one whole number"),
        ({"images": PICTURES[:0]}, "empty"),
        ({"vectors": np.array([[1.0, np.nan]])}, "not finite in row 0"),
        ({"left": PICTURES, "right": PICTURES}, "name the array"),
        ({"images": PICTURES[..., :2]}, "no side is 1, 3 or 4 channels"),
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


U8 = np.random.default_rng(1).integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
U8[0, 0, 0], U8[0, 0, 1] = 0, 255
CLASSES = np.arange(40) % 4


@pytest.mark.parametrize(
    ("saved", "remark"),
    [
        (U8, None),
        (U8.astype(np.int64), "values 0 to 255 in more than 8 bits: taken as they are"),
        (U8.astype(np.float32), "float values 0 to 255: mapped from 0..255 to 0..255"),
        ((U8 / 255).astype(np.float32), "float values 0 to 1: mapped from 0..1 to 0..255"),
        (U8 / 127.5 - 1, "float values -1 to 1: mapped from -1..1 to 0..255"),
        ((U8 / 255).astype(np.float16), "mapped from 0..1"),
        (U8.astype(np.uint16) * 257, "values 0 to 65,535 of 65,535: mapped from 0..65535 to 0..255"),
        (np.moveaxis(U8, 3, 1), "(40, 3, 12, 12) is read as count, channels, height, width"),
        (np.moveaxis(U8, 0, 3), "(12, 12, 3, 40) is read as height, width, channels, count"),
        (np.moveaxis(U8 / 127.5 - 1, 3, 1), "(40, 3, 12, 12) is read as count, channels, height, width"),
    ],
)
def test_arrays_of_other_programs_are_read_and_the_reading_is_said(tmp_path, saved, remark):
    np.savez(tmp_path / "a.npz", images=saved)
    store = opened(tmp_path / "a.npz")
    assert np.array_equal(store.items, U8)
    assert "the colours are read in the order red, green, blue" in " ".join(store.remarks)
    assert remark is None or remark in " ".join(store.remarks)


def test_true_is_white(tmp_path):
    np.savez(tmp_path / "a.npz", U8[..., :1] > 99)
    store = opened(tmp_path / "a.npz")
    assert np.array_equal(store.items, np.where(U8[..., :1] > 99, 255, 0))
    assert store.remarks == ("arr_0 in " + str(tmp_path / "a.npz") + ": true is white, false is black",)


@pytest.mark.parametrize(
    "saved",
    [
        CLASSES.astype(np.float32),
        CLASSES[:, None],
        CLASSES[None],
        np.eye(4, dtype=np.float32)[CLASSES],
        np.eye(4, dtype=bool)[CLASSES],
        CLASSES.astype(np.uint8),
    ],
)
def test_labels_of_other_programs(tmp_path, saved):
    np.savez(tmp_path / "a.npz", images=U8, labels=saved)
    store = opened(tmp_path / "a.npz")
    assert np.array_equal(store.labels, CLASSES)
    assert store.class_names == ("0", "1", "2", "3")


def test_bytes_are_words(tmp_path):
    np.savez(tmp_path / "a.npz", images=U8, labels=np.array([f"c{k}" for k in CLASSES], dtype="S2"))
    assert opened(tmp_path / "a.npz").class_names == ("c0", "c1", "c2", "c3")


@pytest.mark.parametrize(
    "names",
    [("images", "labels"), ("X", "y"), ("data", "target"), ("arr_0", "arr_1"), ("imgs", "label"), ("faces", None)],
)
def test_names_of_other_programs(tmp_path, names):
    saved = {name: array for name, array in zip(names, (U8, CLASSES), strict=True) if name}
    np.savez(tmp_path / "a.npz", **saved)
    store = opened(tmp_path / "a.npz")
    assert np.array_equal(store.items, U8)
    assert store.classes == (4 if names[1] else 0)


def test_an_array_that_is_left_alone_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", images=U8, labels=CLASSES, ids=np.arange(40))
    assert "of a.npz are read: images, labels; left alone: ids" in opened(tmp_path / "a.npz").remarks


def test_the_range_of_a_test_split_is_that_of_the_training_split(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=U8 / 255, x_test=U8[1:9] / 1024)
    assert opened(tmp_path / "a.npz", split="test").items.max() == 64
    np.savez(tmp_path / "b.npz", x_train=U8 / 255 * 9)
    assert np.array_equal(opened(tmp_path / "b.npz", range="0..9").items, U8)


def test_labels_settle_a_layout_in_doubt(tmp_path):
    both = RNG.integers(0, 256, (28, 28, 4, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=both, labels=np.arange(28))
    assert opened(tmp_path / "a.npz").items.shape == (28, 28, 4, 3)
    np.savez(tmp_path / "b.npz", images=both, labels=np.arange(3))
    assert opened(tmp_path / "b.npz").items.shape == (3, 28, 28, 3)  # whose four channels were with opacity


def test_transparent_arrays_are_said(tmp_path):
    opaque = np.full((40, 12, 12, 1), 255, np.uint8)
    opaque[:3, 0, 0] = 0
    np.savez(tmp_path / "a.npz", images=np.concatenate([U8, opaque], axis=3))
    assert "3 pictures are transparent: they lie on white (data.background)" in opened(tmp_path / "a.npz").remarks


def test_long_vectors_may_be_flat_pictures(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((40, 784)))
    assert any(
        "if they are flat pictures, save x.reshape(-1, 28, 28)" in line for line in opened(tmp_path / "a.npz").remarks
    )


@pytest.mark.parametrize("kind", ["walks", "waves", "noise", "short", "constant"])
def test_smooth_rows_are_said_to_look_like_signals(kind: str, tmp_path: Path):
    rng = np.random.default_rng(0)
    walks = rng.normal(size=(60, 12 if kind == "short" else 128)).cumsum(axis=1)
    waves = np.sin(np.arange(128) / 9 + rng.random((60, 1)) * 6)
    rows = {"waves": waves, "noise": rng.normal(size=(60, 128)), "constant": np.ones((60, 128)) * 3}.get(kind, walks)
    np.save(tmp_path / "rows.npy", rows)
    said = " ".join(open_store(DataSettings(source=str(tmp_path / "rows.npy"))).remarks)
    assert ("`gansmith train signal`" in said) == (kind in ("walks", "waves"))
