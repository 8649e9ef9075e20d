"""Containers of other programs. Those whose library is absent are skipped here, and refused in one line there."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from gansmith.data.formats.containers import parquet
from gansmith.data.formats.listing import Reader
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

RNG = np.random.default_rng(0)


def opened(path, **settings):
    return open_store(DataSettings(source=str(path), **settings))


def random(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def test_matlab_counts_pictures_in_the_last_dimension(tmp_path):
    """SVHN's X is (height, width, channels, count) and its y (count, 1) of 1 .. 10."""
    from scipy.io import savemat

    pictures, classes = random(9, 8, 3, 20), np.arange(20) % 10 + 1
    savemat(tmp_path / "train_32x32.mat", {"X": pictures, "y": classes[:, None].astype(np.uint8)})
    store = opened(tmp_path / "train_32x32.mat")
    assert np.array_equal(store.items, np.moveaxis(pictures, 3, 0))
    assert [store.class_names[label] for label in store.labels] == [str(value) for value in classes]
    savemat(tmp_path / "grey.mat", {"faces": random(9, 8, 20)})
    assert opened(tmp_path / "grey.mat").items.shape == (20, 9, 8, 1)


def test_a_damaged_matlab_file_is_refused_in_a_line(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"MATLAB 5.0")
    with pytest.raises(DataError, match="cannot be read as a MATLAB file"):
        opened(tmp_path / "a.mat")


def matlab4(name: bytes, order: int = 0, rows: int = 2) -> bytes:
    """A matrix of doubles (rows, 2) in MATLAB's oldest format; order: of its bytes, 0 = little endian, 4 = Cray's."""
    return struct.pack("<5i", 1000 * order, rows, 2, 0, len(name) + 1) + name + b"\0" + bytes(16 * rows)


def test_what_matlab_files_may_say_wrongly_is_refused(tmp_path):
    (tmp_path / "cray.mat").write_bytes(matlab4(b"x", order=4))
    with pytest.raises(DataError, match=r"cannot be read as a MATLAB file .*Cray"):
        opened(tmp_path / "cray.mat")
    (tmp_path / "long.mat").write_bytes(matlab4(b"\xff\x01" * 300, rows=0))
    with pytest.raises(DataError) as caught:
        opened(tmp_path / "long.mat")
    assert len(str(caught.value).replace(str(tmp_path), "")) < 300
    assert str(caught.value).isprintable()
    alike = b"x" * 90
    (tmp_path / "two.mat").write_bytes(matlab4(alike + b"1") + matlab4(alike + b"2") + matlab4(b"small"))
    with pytest.raises(DataError, match=r"holds small, x+ \.\.\. x+1, x+ \.\.\. x+2: name the array"):
        opened(tmp_path / "two.mat")
    scipy.io.savemat(tmp_path / "twice.mat", {"images": np.zeros((6, 6, 20), np.uint8)})
    whole = (tmp_path / "twice.mat").read_bytes()
    (tmp_path / "twice.mat").write_bytes(whole + whole[128:])  # after the heading: the same variable once more
    assert opened(tmp_path / "twice.mat").count == 20


def test_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    pictures, classes = random(12, 8, 8), np.arange(12) % 3
    with h5py.File(tmp_path / "usps.h5", "w") as file:
        for part, rows in (("train", slice(9)), ("test", slice(9, 12))):
            file[f"{part}/data"], file[f"{part}/target"] = pictures[rows], classes[rows]
    train, test = (opened(tmp_path / "usps.h5", split=split) for split in ("train", "test"))
    assert np.array_equal(train.items[..., 0], pictures[:9])
    assert np.array_equal(test.items[..., 0], pictures[9:])
    assert test.labels.tolist() == [0, 1, 2]
    with h5py.File(tmp_path / "v73.mat", "w", userblock_size=512) as file:  # MATLAB's: the dimensions in reverse
        file["X"], file["y"] = random(8, 9, 3, 20).T, np.arange(20, dtype=float)[None] % 2
    assert opened(tmp_path / "v73.mat").items.shape == (20, 8, 9, 3)
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(DataError, match="cannot be read as HDF5"):
        opened(tmp_path / "bad.h5")


def test_lmdb(tmp_path, encode):
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(tmp_path / "church_lmdb"), map_size=2**20) as base, base.begin(write=True) as change:
        for index in range(5):
            change.put(
                f"{index:040x}".encode(), encode(np.full((6, 6, 3), (200, index, 9), np.uint8), "WEBP", lossless=True)
            )
        change.put(b"length", b"5")
    store = opened(tmp_path / "church_lmdb")
    assert store.items[:, 0, 0, 1].tolist() == [0, 1, 2, 3, 4]
    assert opened(tmp_path / "church_lmdb" / "data.mdb").fingerprint == store.fingerprint


def test_parquet(tmp_path, encode):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    heading = {"info": {"features": {"label": {"names": ["cat", "dog", "owl"], "_type": "ClassLabel"}}}}
    (tmp_path / "hub" / "data").mkdir(parents=True)
    (tmp_path / "hub" / "README.md").write_text("about")
    for part, count in (("train", 8), ("test", 3)):
        rows = [{"bytes": encode(np.full((6, 6, 3), (200, i, 9), np.uint8)), "path": None} for i in range(count)]
        table = pa.table({"image": rows, "label": pa.array([i % 2 for i in range(count)], pa.int64())})
        table = table.replace_schema_metadata({b"huggingface": json.dumps(heading).encode()})
        pq.write_table(table, tmp_path / "hub" / "data" / f"{part}-00000-of-00001.parquet", row_group_size=3)
    store = opened(tmp_path / "hub", labels="classes")
    assert store.class_names == ("cat", "dog")
    assert store.remarks == ("the class without items left out: owl",)
    assert store.items[:, 0, 0, 1].tolist() == list(range(8))
    assert (store.labels == store.items[:, 0, 0, 1] % 2).all()
    assert opened(tmp_path / "hub", split="test").count == 3
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        opened(tmp_path / "bad.parquet")


def test_a_name_in_a_parquet_that_is_no_text_does_not_matter(tmp_path, encode):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pictures = [encode(np.full((6, 6, 3), (200, row, 9), np.uint8)) for row in range(3)]
    names = pa.array([b"\xff", b"b", b"c"]).view(pa.string())
    column = pa.StructArray.from_arrays([pa.array([*pictures[:2], None]), names], ["bytes", "path"])
    pq.write_table(pa.table({"image": column}), tmp_path / "a.parquet")
    store = opened(tmp_path / "a.parquet")
    assert store.items[:, 0, 0, 1].tolist() == [0, 1]
    assert store.skipped == (("a.parquet/2", "no picture in this row"),)


@pytest.mark.parametrize(("kept", "reads"), [(2**28, 5), (0, 15)])
def test_a_parquet_sorted_by_class_is_read_once(tmp_path, monkeypatch, kept, reads):
    """The pictures are dealt class by class, and each class lies in groups of its own."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pictures = [bytes([row]) * 9 for row in range(15)]
    table = pa.table({"image": pictures, "label": [row // 3 for row in range(15)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    monkeypatch.setattr(parquet, "KEPT_BYTES", kept)
    groups, whole = [], pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile, "read_row_group", lambda file, group, **how: groups.append(group) or whole(file, group, **how)
    )
    found = parquet.listing(Reader("parquet", tmp_path / "a.parquet", parquet.open_parquet), "train")
    assert found.reader is not None
    with found.reader.opened() as picture:
        read = []
        for name in found.names:
            with picture(name) as file:
                read.append(file.read())
    assert read == [pictures[3 * label + turn] for turn in range(3) for label in range(5)]
    assert len(groups) == reads


@pytest.mark.parametrize(
    ("library", "name"), [("h5py", "a.h5"), ("lmdb", "base/data.mdb"), ("pyarrow", "hub/train-0.parquet")]
)
def test_a_missing_library_is_named(tmp_path, monkeypatch, library, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    for module in (library, f"{library}.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=rf'library `{library}`.*pip install "gansmith\[containers\]", or pip install'):
        opened(path if library == "h5py" else path.parent)


def cifar(folder: Path, **options):
    folder.mkdir()
    pictures = random(60, 3, 32, 32)
    for index in range(6):
        name = f"data_batch_{index + 1}" if index < 5 else "test_batch"
        rows = pictures[10 * index : 10 * index + 10].reshape(10, -1)
        (folder / name).write_bytes(pickle.dumps({b"data": rows, b"labels": list(range(10))}, **options))
    (folder / "batches.meta").write_bytes(pickle.dumps({b"label_names": [f"kind {i}".encode() for i in range(10)]}))
    return pictures.transpose(0, 2, 3, 1)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_cifar_for_python(tmp_path, protocol):
    pictures = cifar(tmp_path / "cifar-10-batches-py", protocol=protocol)
    train, test = (opened(tmp_path / "cifar-10-batches-py", split=split) for split in ("train", "test"))
    assert np.array_equal(train.items, pictures[:50])
    assert np.array_equal(test.items, pictures[50:])
    assert train.class_names == tuple(f"kind {index}" for index in range(10))
    assert train.labels.tolist() == [*range(10)] * 5


def test_cifar_in_bytes(tmp_path):
    (tmp_path / "bin").mkdir()
    rows = random(10, 3073)
    rows[:, 0] = range(10)
    rows.tofile(tmp_path / "bin" / "data_batch_1.bin")
    (tmp_path / "bin" / "batches.meta.txt").write_text("".join(f"k{index}\n" for index in range(10)))
    store = opened(tmp_path / "bin")
    assert np.array_equal(store.items[3], rows[3, 1:].reshape(3, 32, 32).transpose(1, 2, 0))
    assert store.class_names[3] == "k3"


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    cifar(tmp_path / "set")
    (tmp_path / "set" / "data_batch_1").write_bytes(pickle.dumps({b"data": Trap()}))
    with pytest.raises(DataError, match=r"is no sound batch of CIFAR \(it names"):
        opened(tmp_path / "set")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("heading", [True, False])
@pytest.mark.parametrize("labelled", [True, False])
def test_pictures_in_a_csv(tmp_path, heading, labelled):
    """Kaggle's MNIST: a label and 784 numbers a line."""
    pictures = random(12, 6, 6)
    lines = [
        ",".join(map(str, [*([index % 3] if labelled else []), *row.ravel()])) for index, row in enumerate(pictures)
    ]
    first = [",".join([*(["label"] if labelled else []), *(f"pixel{index}" for index in range(36))])] if heading else []
    (tmp_path / "mnist_train.csv").write_text("\n".join([*first, *lines]))
    store = opened(tmp_path / "mnist_train.csv")
    assert np.array_equal(store.items[..., 0], pictures)
    assert (store.labels is None) == (not labelled)
    if labelled:
        assert store.labels.tolist() == [0, 1, 2] * 4


def test_a_folder_of_csvs_has_splits(tmp_path):
    (tmp_path / "digits").mkdir()
    for name, count in (("train.csv", 4), ("test.csv", 2)):
        np.savetxt(tmp_path / "digits" / name, random(count, 37) % 10, "%d", ",")
    assert opened(tmp_path / "digits").items.shape == (4, 6, 6, 1)
    assert opened(tmp_path / "digits", split="test").count == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file_name,label\na.png,cat\n", "has 2 columns, and no square pictures fit in them"),
        (",".join(["300"] * 16) + "\n", "holds 300 .. 300: pixels must be whole numbers from 0 to 255"),
        (",".join(["a"] * 16) + "\n" + ",".join(["b"] * 16), "a table needs at least 10"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_a_csv_of_anything_else_is_refused(tmp_path, text, words):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        opened(tmp_path / "a.csv")


def test_the_extras_that_messages_name_are_declared():
    declared = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert "\ncontainers = [" in declared
    assert "\ndatasets = [" in declared
    assert importlib.util.find_spec("scipy"), "MATLAB's files are read by scipy, which scikit-learn brings"
