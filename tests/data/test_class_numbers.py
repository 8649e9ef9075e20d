"""Classes without items, shares of data.first, and numbers of classes: the same in every kind of source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.data.formats.listing import dealt, occupied
from gansmith.data.store import open_store, prepare_store
from gansmith.data.store_files import Chosen, without_first
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

LABELS = np.repeat([2, 5, 7], [6, 5, 9])  # sorted, as many files are
PICTURES = np.arange(20, dtype=np.uint8)[:, None, None].repeat(4, 1).repeat(4, 2)


def opened(path, **settings):
    return open_store(DataSettings(source=str(path), **settings))


def as_npz(folder, write_idx, encode):
    np.savez(folder / "set.npz", images=PICTURES, labels=LABELS)
    return folder / "set.npz"


def as_idx(folder, write_idx, encode):
    write_idx(folder / "train-images-idx3-ubyte", PICTURES)
    write_idx(folder / "train-labels-idx1-ubyte.gz", LABELS.astype(np.uint8))
    return folder


def as_folders(folder, write_idx, encode):
    for index, (picture, label) in enumerate(zip(PICTURES, LABELS, strict=True)):
        (folder / "set" / str(label)).mkdir(parents=True, exist_ok=True)
        (folder / "set" / str(label) / f"{index:02}.png").write_bytes(encode(picture))
    return folder / "set"


def as_list(folder, write_idx, encode):
    (folder / "set").mkdir()
    for index, picture in enumerate(PICTURES):
        (folder / "set" / f"{index:02}.png").write_bytes(encode(picture))
    rows = "".join(f"{index:02},{label}\n" for index, label in enumerate(LABELS))
    (folder / "set" / "labels.csv").write_text("id,label\n" + rows)
    return folder / "set"


def as_csv(folder, write_idx, encode):
    np.savetxt(folder / "set.csv", np.column_stack([LABELS, PICTURES.reshape(20, -1)]), "%d", ",")
    return folder / "set.csv"


def as_store(folder, write_idx, encode):
    prepare_store(DataSettings(source=str(as_npz(folder, write_idx, encode))), folder / "store")
    return folder / "store"


SOURCES = (as_npz, as_idx, as_folders, as_list, as_csv, as_store)


@pytest.mark.parametrize("make", SOURCES)
def test_the_first_items_are_dealt_evenly_and_numbered_alike(tmp_path, write_idx, encode, make):
    source = make(tmp_path, write_idx, encode)
    whole = opened(source)
    assert whole.class_names == ("2", "5", "7")
    assert np.bincount(whole.labels).tolist() == [6, 5, 9]
    for first, shares in ((3, [1, 1, 1]), (7, [3, 2, 2]), (17, [6, 5, 6])):
        store = opened(source, first=first)
        assert store.class_names == ("2", "5", "7")
        assert np.bincount(store.labels).tolist() == shares
        tones = store.items[:, 0, 0, 0]
        assert np.array_equal(LABELS[tones], np.array([2, 5, 7])[store.labels])
        unused = without_first(whole, store)
        assert sorted([*tones, *unused.items[:, 0, 0, 0]]) == list(range(20))
    two = opened(source, first=2)
    assert two.class_names == ("2", "5")
    assert two.remarks[-1] == "the class without items left out: 7"


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 40))
def test_shares_differ_by_one_until_a_class_is_used_up(labels, first):
    labels = np.array(labels)
    rows = dealt(labels, np.zeros(len(labels), int), first)
    assert (np.diff(rows) > 0).all()
    assert len(rows) == min(first, len(labels))
    held, taken = np.bincount(labels, minlength=5), np.bincount(labels[rows], minlength=5)
    assert all(taken[c] == held[c] or taken[c] >= taken.max() - 1 for c in range(5))


def test_digits_keep_their_own_mixed_order():
    """Runs of older versions were trained on them."""
    assert np.array_equal(opened("digits", first=400).items, opened("digits").items[:400])


def test_a_class_whose_pictures_cannot_be_read_is_left_out_by_name(tmp_path, write_idx, encode):
    source = as_folders(tmp_path, write_idx, encode)
    for path in (source / "5").iterdir():
        path.write_bytes(b"broken")
    store = opened(source)
    assert store.class_names == ("2", "7")
    assert np.bincount(store.labels).tolist() == [6, 9]
    assert store.remarks == ("the class without items left out: 5",)
    assert "2 classes" in store.description


@pytest.mark.parametrize("kind", ["folder", "npz"])
def test_a_class_that_only_the_test_split_has(tmp_path, encode, kind):
    """The players never see it; the test items of the other classes get the training's numbers, by name."""
    source = tmp_path / "set"
    parts = {"train": ["ant", "cat"], "test": ["bee", "cat"]}
    if kind == "folder":
        for part, names in parts.items():
            for tone, name in enumerate(names):
                (source / part / name).mkdir(parents=True)
                (source / part / name / "a.png").write_bytes(encode(np.full((4, 4), tone, np.uint8)))
    else:
        source = tmp_path / "set.npz"
        pictures = PICTURES[:2]
        np.savez(source, x_train=pictures, y_train=parts["train"], x_test=pictures, y_test=parts["test"])
    train, test = opened(source), opened(source, split="test")
    assert (train.class_names, train.labels.tolist()) == (("ant", "cat"), [0, 1])
    alike = test.numbered_as(train.class_names)
    assert (alike.class_names, alike.labels.tolist()) == (("ant", "cat"), [1])
    assert alike.items[:, 0, 0, 0].tolist() == [1]


def test_items_of_unknown_classes_are_left_out_without_a_copy_of_the_others(tmp_path):
    np.savez(tmp_path / "set.npz", images=PICTURES, labels=np.arange(len(PICTURES)) % 3)
    whole = opened(tmp_path / "set.npz")
    part = whole.numbered_as(("2", "0"))
    rows = np.flatnonzero(whole.labels != 1)
    assert isinstance(part.items, Chosen)  # the rows of items that are still mapped
    assert part.items.items is whole.items
    assert np.array_equal(part.items, whole.items[rows])
    assert (part.count, part.items.shape, part.item_shape) == (len(rows), whole.items[rows].shape, whole.item_shape)
    for key in (0, -1, slice(1, None), rows[:2] * 0 + 1, np.arange(len(rows)) % 2 == 0, (slice(None), 0), (..., 0)):
        assert np.array_equal(part.items[key], whole.items[rows][key])
    assert part.part(slice(0, 2), "some").items.tolist() == whole.items[rows[:2]].tolist()


def test_an_attribute_that_all_items_share_makes_no_classes(tmp_path, encode):
    (tmp_path / "set").mkdir()
    for index in range(3):
        (tmp_path / "set" / f"{index}.png").write_bytes(encode(np.zeros((4, 4), np.uint8)))
    (tmp_path / "set" / "list_attr_mine.csv").write_text("id,young\n0.png,1\n1.png,1\n2.png,1\n")
    with pytest.raises(DataError, match="'young' is true of all items: no two classes"):
        opened(tmp_path / "set", attribute="young")


def test_labels_are_numbered_anew():
    labels, names, empty = occupied(np.array([0, 3, 3, 1]), ("a", "b", "c", "d", "e"))
    assert (labels.tolist(), names, empty) == ([0, 2, 2, 1], ("a", "b", "d"), ("c", "e"))
