"""IDX files: MNIST's facts, and every way in which a file may be damaged."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.data.formats import idx
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings


def make_set(folder, write_idx, train=12, test=6, suffix=".gz"):
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for name, count in (("train", train), ("t10k", test)):
        write_idx(folder / f"{name}-images-idx3-ubyte{suffix}", rng.integers(0, 256, (count, 5, 4), dtype=np.uint8))
        write_idx(folder / f"{name}-labels-idx1-ubyte{suffix}", np.arange(count, dtype=np.uint8) % 3 + 1)
    return folder


def test_mnist_is_mnist(shared):
    folder = str(shared("mnist"))
    train = open_store(DataSettings(source=folder))
    test = open_store(DataSettings(source=folder, split="test"))
    assert train.items.shape == (60_000, 28, 28, 1)
    assert test.items.shape == (10_000, 28, 28, 1)
    assert train.items.dtype == np.uint8
    assert train.labels is not None
    assert test.labels is not None
    assert np.count_nonzero(train.labels == 0) == 5923
    assert np.count_nonzero(test.labels == 0) == 980
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert train.class_names == tuple("0123456789")
    assert train.splits == ("train", "test")
    assert int(train.items[0].sum(dtype=np.int64)) == int(
        idx.read(shared("mnist") / "train-images-idx3-ubyte.gz")[0].sum()
    )


def test_fashion_knows_its_classes_by_content(shared):
    store = open_store(DataSettings(source=str(shared("fashion-mnist")), split="test"))
    assert store.class_names[1] == "Trouser"
    assert store.class_names[9] == "Ankle boot"
    assert store.labels is not None
    assert np.bincount(store.labels).tolist() == [1000] * 10


def test_splits_of_a_folder_and_numbers_of_labels(tmp_path, write_idx):
    folder = make_set(tmp_path / "set", write_idx)
    train, test, both = (open_store(DataSettings(source=str(folder), split=s)) for s in ("train", "test", "all"))
    assert (train.count, test.count, both.count) == (12, 6, 18)
    assert np.array_equal(both.items, np.concatenate([train.items, test.items]))
    assert train.class_names == ("1", "2", "3")
    assert train.labels is not None
    assert train.labels[:4].tolist() == [0, 1, 2, 0]
    assert train.item_shape == (1, 5, 4)


def test_one_images_file_finds_its_labels_and_plain_files_work(tmp_path, write_idx):
    folder = make_set(tmp_path / "set", write_idx, suffix="")
    store = open_store(DataSettings(source=str(folder / "t10k-images-idx3-ubyte")))
    assert store.count == 6
    assert store.classes == 3
    write_idx(tmp_path / "pictures.idx", np.zeros((2, 5, 4), np.uint8))
    assert open_store(DataSettings(source=str(tmp_path / "pictures.idx"))).labels is None


def test_pytorchs_subfolder_is_looked_into(tmp_path, write_idx):
    (tmp_path / "MNIST").mkdir()
    make_set(tmp_path / "MNIST" / "raw", write_idx)
    assert open_store(DataSettings(source=str(tmp_path / "MNIST"))).count == 12
    assert open_store(DataSettings(source=str(tmp_path))).count == 12


def test_a_missing_split_is_named(tmp_path, write_idx):
    folder = make_set(tmp_path / "set", write_idx)
    for path in folder.glob("t10k*"):
        path.unlink()
    with pytest.raises(DataError, match="no split 'test'"):
        open_store(DataSettings(source=str(folder), split="test"))


def test_labels_of_another_count_are_refused(tmp_path, write_idx):
    folder = make_set(tmp_path / "set", write_idx)
    write_idx(folder / "train-labels-idx1-ubyte.gz", np.zeros(11, np.uint8))
    with pytest.raises(DataError, match="12 items but 11 labels of train"):
        open_store(DataSettings(source=str(folder)))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_truncated_file_is_named_with_both_numbers(tmp_path, write_idx, suffix):
    folder = make_set(tmp_path / "set", write_idx)
    name = f"train-images-idx3-ubyte{suffix}"
    (folder / "train-images-idx3-ubyte.gz").unlink()
    write_idx(folder / name, np.zeros((11, 5, 4), np.uint8), promised=(12, 5, 4))
    with pytest.raises(
        DataError, match=r"train-images.*truncated.*12 x 5 x 4 = 240 bytes, it holds only 220"
    ) as caught:
        open_store(DataSettings(source=str(folder)))
    assert "\n" not in str(caught.value)


def test_a_gzip_cut_short_is_named(tmp_path, write_idx):
    path = write_idx(
        tmp_path / "a-images-idx3-ubyte.gz", np.random.default_rng(0).integers(0, 256, (9, 9, 9), np.uint8)
    )
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="truncated or damaged"):
        idx.read(path)


def test_too_many_bytes_other_types_and_other_files_are_refused(tmp_path, write_idx):
    with pytest.raises(DataError, match="it holds more"):
        idx.read(write_idx(tmp_path / "long", np.zeros(9, np.uint8), promised=(8,)))
    (tmp_path / "floats").write_bytes(bytes((0, 0, 0x0D, 1, 0, 0, 0, 1)) + bytes(4))
    with pytest.raises(DataError, match="0x0d"):
        idx.read(tmp_path / "floats")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(DataError, match="not an IDX file"):
        idx.read(tmp_path / "text")
    (tmp_path / "lies").write_bytes(bytes((0, 0, 8, 4)) + b"\xff" * 16)
    with pytest.raises(DataError, match="damaged header"):
        idx.read(tmp_path / "lies")


def test_several_sets_in_a_folder_ask_for_one_file(tmp_path, write_idx):
    for name in ("emnist-letters", "emnist-digits"):
        write_idx(tmp_path / f"{name}-train-images-idx3-ubyte", np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(DataError, match="several IDX sets"):
        open_store(DataSettings(source=str(tmp_path)))


@given(data=st.binary(max_size=64), packed=st.booleans())
def test_any_bytes_are_read_or_refused(tmp_path_factory, data, packed):
    path = tmp_path_factory.getbasetemp() / "any.idx"
    path.write_bytes(gzip.compress(data) if packed else data)
    refusal = "any.idx"
    try:
        array = idx.read(path)
        assert array.nbytes == len(data) - 4 - 4 * data[3]
    except DataError as error:
        refusal = str(error)
    assert "any.idx" in refusal
