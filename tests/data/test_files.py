"""Folders and zips: classes, splits, order, and members that must not be read."""

import os
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.data.formats import classes, files, picture_files
from gansmith.data.formats.listing import interleaved
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings


def opened(path, **settings):
    return open_store(DataSettings(source=str(path), **settings))


def make_tree(root, encode, names, width=8, height=6):
    """A picture for each name, all of one colour that tells which: its green is the name's place."""
    for index, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(np.full((height, width, 3), (200, index, 10), np.uint8)))
    return root


def greens(store):
    return store.items[:, 0, 0, 1].tolist()


def test_subfolders_are_classes_dealt_in_turn(tmp_path, encode):
    names = ["10/a.png", "2/a.png", "2/b.png", "2/deeper/c.png", "9/a.png"]
    store = opened(make_tree(tmp_path / "set", encode, names))
    assert store.class_names == ("2", "9", "10")
    assert store.labels is not None
    assert store.labels.tolist() == [0, 1, 2, 0, 0]
    assert greens(store) == [1, 4, 0, 2, 3]
    assert store.item_shape == (3, 6, 8)
    first = opened(tmp_path / "set", first=3)
    assert first.labels is not None
    assert first.labels.tolist() == [0, 1, 2]


def test_a_flat_folder_has_no_labels_and_keeps_the_order_of_names(tmp_path, encode):
    store = opened(make_tree(tmp_path / "set", encode, ["c.png", "a.png", "b.png"]))
    assert store.labels is None
    assert store.classes == 0
    assert greens(store) == [1, 2, 0]
    with pytest.raises(DataError, match=r"data\.labels.*no labels"):
        opened(tmp_path / "set", labels="classes")


def test_pictures_outside_the_class_folders_cost_the_labels(tmp_path, encode):
    store = opened(make_tree(tmp_path / "set", encode, ["cats/a.png", "dogs/a.png", "cover.png"]))
    assert store.labels is None
    assert store.count == 3
    assert "no labels, as 1 of 3 pictures lie outside the class folders" in store.description


def test_splits_and_shared_tops(tmp_path, encode):
    names = [f"data/v1/{split}/{name}/x.png" for split in ("Train", "val") for name in ("cat", "dog", "owl")]
    make_tree(tmp_path / "set", encode, names)
    train, held_out, both = (opened(tmp_path / "set", split=split) for split in ("train", "test", "all"))
    assert train.splits == ("train", "validation")
    assert (greens(train), greens(held_out), greens(both)) == ([0, 1, 2], [3, 4, 5], [0, 1, 2, 3, 4, 5])
    assert train.class_names == ("cat", "dog", "owl")
    assert "split validation of train, validation" in held_out.description


def test_one_folder_called_train_is_no_split(tmp_path, encode):
    store = opened(make_tree(tmp_path / "set", encode, ["train/a.png", "train/b.png"]), split="test")
    assert store.splits == ()
    assert store.count == 2
    toys = opened(make_tree(tmp_path / "toys", encode, ["train/a.png", "plane/b.png"]))
    assert toys.class_names == ("plane", "train")


def test_a_split_that_is_missing_is_named(tmp_path, encode):
    make_tree(tmp_path / "set", encode, ["val/a.png", "test/b.png"])
    with pytest.raises(DataError, match="no split 'train', only validation, test"):
        opened(tmp_path / "set")


def test_zip_and_folder_make_the_same_store(tmp_path, encode):
    names = ["t/cat/a.png", "t/dog/b.png", "t/dog/c.png"]
    root = make_tree(tmp_path / "set", encode, names)
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in reversed(names):
            archive.write(root / name, "top/" + name)
        archive.writestr("__MACOSX/top/._a.png", b"junk")
        archive.writestr("top/.DS_Store", b"junk")
        archive.writestr("top/LICENSE", b"text")
    folder, packed = opened(root), opened(tmp_path / "set.zip")
    assert folder.fingerprint == packed.fingerprint
    assert packed.class_names == ("cat", "dog")
    assert packed.skipped == ()


def test_unsafe_and_doubtful_members_are_skipped_by_name(tmp_path, encode, monkeypatch):
    picture = encode(np.zeros((4, 4, 3), np.uint8))
    monkeypatch.setattr(picture_files, "MAX_FILE", 5000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("ok.png", "../up.png", "/top.png", "a/../../up.png", "C:/disk.png", "sub\\back.png"):
            archive.writestr(name, picture)
        archive.writestr("large.png", b"\0" * 6000)
        archive.writestr("line\nbreak\x1b[2J.png", b"junk")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("ok.png", picture)
    store = opened(tmp_path / "a.zip")
    assert store.count == 2  # one of them is called sub/back.png
    skipped = dict(store.skipped)
    assert (
        skipped["../up.png"]
        == skipped["/top.png"]
        == skipped["a/../../up.png"]
        == skipped["C:/disk.png"]
        == "unsafe path"
    )
    assert "more than 5,000" in skipped["large.png"]
    assert skipped["ok.png"] == "two members of this name"
    assert all(name.isprintable() for name in skipped)
    assert not (tmp_path.parent / "up.png").exists()


def test_an_encrypted_member_is_skipped(tmp_path, encode):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("ok.png", encode(np.zeros((4, 4), np.uint8)))
        archive.writestr("secret.png", encode(np.ones((4, 4), np.uint8)))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    at = data.rindex(b"PK\x01\x02")  # the last member's row in the directory
    data[at + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert opened(tmp_path / "a.zip").skipped == (("secret.png", "encrypted"),)


def test_a_member_damaged_within_the_zip_is_skipped(tmp_path, encode, photo):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a.png", "b.png"):
            archive.writestr(name, encode(photo()))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    at = data.index(b"b.png") + 100
    data[at : at + 20] = bytes(20)
    (tmp_path / "a.zip").write_bytes(data)
    store = opened(tmp_path / "a.zip")
    assert store.count == 1
    assert store.skipped[0][0] == "b.png"
    assert "CRC" in store.skipped[0][1]


def test_what_holds_no_pictures_is_refused_in_a_line(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no pictures"):
        opened(tmp_path / "empty")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("hello")
    with pytest.raises(DataError, match=r"holds 1 file that is no picture \(\.txt\)"):
        opened(tmp_path / "texts")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.jpg").write_bytes(b"hello")
    with pytest.raises(DataError, match="broken"):
        opened(tmp_path / "broken")
    with pytest.raises(DataError, match="none of 1 picture could be read"):
        opened(tmp_path / "broken", size="8")
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match=r"a\.zip cannot be read as a zip"):
        opened(tmp_path / "a.zip")
    (tmp_path / "a.doc").write_text("hello")
    with pytest.raises(DataError, match="no source that can be read"):
        opened(tmp_path / "a.doc")


@pytest.mark.parametrize("name", ["x" * 5000, "no\0where", "/nowhere/at/all"])
def test_names_of_nothing_are_refused(name):
    with pytest.raises(DataError, match="neither a path that exists nor built in"):
        opened(name)


def test_an_unknown_source_names_the_nearest():
    with pytest.raises(DataError, match="did you mean 'digits'"):
        opened("digit")


def test_a_folder_with_one_archive_is_that_archive(tmp_path, encode):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "LICENSE").write_text("free")
    with zipfile.ZipFile(tmp_path / "set" / "a.zip", "w") as archive:
        archive.writestr("x.png", encode(np.zeros((4, 4, 3), np.uint8)))
    assert opened(tmp_path / "set").count == 1


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_followed_once_and_dead_ones_are_skipped(tmp_path, encode):
    root = make_tree(tmp_path / "set", encode, ["a/x.png"])
    outside = make_tree(tmp_path / "outside", encode, ["y.png"])
    (root / "b").symlink_to(outside, target_is_directory=True)
    (root / "b" / "round").symlink_to(root, target_is_directory=True)
    (root / "a" / "dead.png").symlink_to(tmp_path / "nowhere.png")
    store = opened(root)
    assert store.class_names == ("a", "b")
    assert store.skipped == (("a/dead.png", "a link to nothing"),)


def test_clothing_is_recognised(shared):
    contents = files.in_zip(shared("clothing") / "clothing-128.zip")
    listing = classes.listing(files.reader("zip", shared("clothing") / "clothing-128.zip"), contents, "test")
    assert listing.splits == ("train", "validation", "test")
    assert len(listing) == 372
    assert listing.labels is not None
    counts = dict(zip(listing.class_names, np.bincount(listing.labels).tolist(), strict=True))
    assert (counts["dress"], counts["shoes"], counts["t-shirt"]) == (15, 73, 52)


part = st.text("abcXY09", min_size=1, max_size=3)


@given(st.lists(st.lists(part, min_size=1, max_size=4).map("/".join), min_size=1, max_size=12), part)
def test_a_shared_top_changes_nothing(names, top):
    assert classes.layout([f"{top}/{name}" for name in names]) == classes.layout(names)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_dealing_is_a_permutation_that_keeps_classes_even(labels):
    labels = np.array(labels)
    order = interleaved(labels, np.zeros(len(labels), int))
    assert sorted(order) == list(range(len(labels)))
    known, sizes = np.unique(labels, return_counts=True)
    rounds = len(known) * sizes.min()
    assert np.unique(labels[order][:rounds], return_counts=True)[1].tolist() == [sizes.min()] * len(known)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 5, 1000]), st.integers(0, 2)), max_size=40))
def test_dealing_is_as_counted_class_by_class(pairs):
    labels, splits = np.array(pairs, np.int64).reshape(-1, 2).T
    turn = np.empty(len(labels), np.int64)
    for split in np.unique(splits):
        for label in np.unique(labels):
            same = (splits == split) & (labels == label)
            turn[same] = np.arange(np.count_nonzero(same))
    assert np.array_equal(interleaved(labels, splits), np.lexsort((labels, turn, splits)))
    assert np.array_equal(interleaved(None, splits), np.argsort(splits, kind="stable"))


def test_a_file_without_a_known_ending_is_opened_once_until_it_changes(tmp_path, encode, monkeypatch):
    (tmp_path / "a.png").write_bytes(encode(np.zeros((6, 8, 3), np.uint8)))
    (tmp_path / "b").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "c.what").write_bytes(b"no picture at all")
    real, reads = open, []
    monkeypatch.setattr(files, "open", lambda *given: reads.append(given) or real(*given), raising=False)
    found = [files.in_folder(tmp_path) for _ in range(3)]
    assert {entry.name for entry in found[0].entries} == {"a.png", "b"}
    assert found[0] == found[1] == found[2]
    assert len(reads) == 3  # the first picture too, as so small a file may be a pointer of Git LFS
    (tmp_path / "c.what").write_bytes((tmp_path / "a.png").read_bytes())
    assert len(files.in_folder(tmp_path).entries) == 3
    assert len(reads) == 4


def test_what_was_left_unfinished_is_no_neighbour(tmp_path):
    (tmp_path / "faces.part").mkdir()
    with pytest.raises(DataError) as refused:
        opened(str(tmp_path / "faces"))
    assert "faces.part" not in str(refused.value)
    (tmp_path / "faces2").mkdir()
    with pytest.raises(DataError, match="did you mean"):
        opened(str(tmp_path / "faces"))
