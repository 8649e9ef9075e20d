"""What `fuzz.py` damages: a small whole example of every file that Gansmith reads, and the command that reads it."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import os
import pickle
import struct
import tarfile
import tempfile
import wave
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

Files = dict[str, bytes]
SIZE = 6  # of the pictures, in pixels


@dataclass(frozen=True)
class Reader:
    """Files by their paths below a folder, and the command that reads them: "HERE" stands for the folder.

    pack: makes one file of members; then a member is damaged, or the file.
    """

    files: Callable[[], Files]
    command: tuple[str, ...] = ("data", "prepare", "HERE", "OUT", "--workers", "1", "--size", "8", "--json")
    pack: tuple[str, Callable[[Files], bytes]] | None = None
    only: str = ""  # damaged are the files whose path begins so
    needs: tuple[str, ...] = field(default=())  # modules

    def whole(self, files: Files) -> Files:
        """The files, or the file that they are members of."""
        return {self.pack[0]: self.pack[1](files)} if self.pack else files


def picture(kind: str = "PNG", mode: str = "RGB") -> bytes:
    """A small picture as a file."""
    values = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).convert(mode).save(buffer, format=kind)
    return buffer.getvalue()


def pictures() -> Files:
    """Two classes of two pictures."""
    return {f"{name}/{index}.png": picture() for name in "ab" for index in range(2)}


def kinds() -> Files:
    """A picture in every format."""
    forms = ("JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "PNG")
    return {f"p.{kind.lower()}": picture(kind) for kind in forms} | {"grey.png": picture("PNG", "I;16")}


def npy(array: np.ndarray, *, objects: bool = False) -> bytes:
    """An array as a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=objects)
    return buffer.getvalue()


ITEMS = np.arange(4 * SIZE * SIZE, dtype=np.uint8).reshape(4, SIZE, SIZE)
LABELS = np.arange(4) % 2


def zipped(files: Files) -> bytes:
    """A zip of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def tarred(files: Files) -> bytes:
    """A tar of the files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def idx() -> Files:
    """MNIST's two training files."""
    images = struct.pack(">IIII", 0x803, 4, SIZE, SIZE) + ITEMS.tobytes()
    labels = struct.pack(">II", 0x801, 4) + LABELS.astype(np.uint8).tobytes()
    return {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte.gz": gzip.compress(labels, mtime=0)}


class Harm:
    """An object whose reading would run a program."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch fuzz-was-here",)


def objects() -> Files:
    """Arrays of objects, which pickle would read by running what they name."""
    return {"items.npy": npy(np.array([Harm()], object), objects=True)}


def cifar() -> Files:
    """A batch of CIFAR-10, which is a pickle, and its names."""
    values = np.random.default_rng(0).integers(0, 256, (4, 3072), np.uint8)
    batch = {b"data": values, b"labels": [0, 1, 0, 1], b"batch_label": b"one"}
    names = {b"label_names": [b"a", b"b", *[b"c%d" % n for n in range(8)]]}
    return {"data_batch_1": pickle.dumps(batch, 2), "batches.meta": pickle.dumps(names, 2)}


def written(name: str, write: Callable[[Path], None]) -> Files:
    """What a library writes to a path: a file, or the files of a folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        return {each.relative_to(folder).as_posix(): each.read_bytes() for each in found}


def hdf5() -> Files:
    """Arrays in HDF5."""
    import h5py

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["images"], file["labels"] = ITEMS, LABELS

    return written("items.h5", write)


def mat() -> Files:
    """Arrays of MATLAB."""
    from scipy.io import savemat

    return written("items.mat", lambda path: savemat(path, {"images": ITEMS.transpose(1, 2, 0), "labels": LABELS}))


def lmdb() -> Files:
    """A data base of pictures."""
    import lmdb

    def write(path: Path) -> None:
        with lmdb.open(str(path), map_size=2**16) as base, base.begin(write=True) as transaction:
            for index in range(4):
                transaction.put(b"%d.png" % index, picture())

    return {name.partition("/")[2]: data for name, data in written("base", write).items()}


def parquet() -> Files:
    """Rows with a picture and a label."""
    import pyarrow
    import pyarrow.parquet

    rows = [{"image": {"bytes": picture(), "path": f"{n}.png"}, "label": n % 2} for n in range(4)]
    return written("train.parquet", lambda path: pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path))


def lists() -> Files:
    """Pictures with lists of their classes and attributes."""
    names = [f"{index}.png" for index in range(4)]
    attributes = ["4", "Smiling Young", *(f"{name} 1 -1" for name in names)]
    rows = ["file_name,label", *(f"{name},{index % 2}" for index, name in enumerate(names))]
    lines = [f'{{"file_name": "{name}", "label": {index % 2}}}' for index, name in enumerate(names)]
    texts = {"list_attr_celeba.txt": attributes, "labels.csv": rows, "metadata.jsonl": lines}
    return {name: picture() for name in names} | {name: "\n".join(text).encode() for name, text in texts.items()}


def table() -> Files:
    """Pictures as rows of numbers."""
    rows = [["label", *(f"pixel{n}" for n in range(SIZE * SIZE))]]
    rows += [[str(label), *map(str, item.ravel())] for label, item in zip(LABELS, ITEMS, strict=True)]
    return {"train.csv": "\n".join(",".join(row) for row in rows).encode()}


def cells() -> Files:
    """A table of whole and broken numbers, categories, dates and gaps."""
    days = [f"2020-{1 + n % 12:02d}-03" for n in range(20)]
    people = [(str(20 + n), "FM"[n % 2], f"{900 + 31 * n}.50" if n % 7 else "", day) for n, day in enumerate(days)]
    rows = [("age", "sex", "income", "day"), *people]
    return {"people.csv": "\r\n".join(",".join(row) for row in rows).encode()}


def sounds() -> Files:
    """Recordings of several widths, rates and channels."""
    files = {}
    for index, (width, rate, channels) in enumerate(((1, 8000, 1), (2, 16000, 2), (3, 22050, 1), (4, 8000, 1))):
        noise = np.random.default_rng(index).integers(0, 256, 1200 * width * channels, np.uint8)
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setparams((channels, width, rate, 0, "NONE", ""))
            file.writeframes(noise.tobytes())
        files[f"{index}.wav"] = buffer.getvalue()
    return files


def series() -> Files:
    """Many series of one length as an array."""
    values = np.random.default_rng(0).normal(0, 300, (20, 1, 64)).astype(np.float32)
    return {"series.npy": npy(values)}


def words() -> Files:
    """Short lines."""
    lines = [
        f"{first}{second}\u00e9" for first in ("An", "Ber", "Co", "Dor", "E") for second in ("na", "ta", "rin", "lo")
    ]
    return {"names.txt": "\n".join(lines).encode()}


def store() -> Files:
    """A prepared store."""
    from gansmith.data.store import prepare_store
    from gansmith.ground.recipes.settings import DataSettings

    with tempfile.TemporaryDirectory() as folder:
        put(pictures(), Path(folder))
        return written("store", lambda path: prepare_store(DataSettings(source=folder, size="8"), path) and None)


@cache
def made_run() -> Files:
    """A finished run of three rows of statistics."""
    from gansmith.cli import main

    small = ("generator.widths=[4]", "discriminator.widths=[4]", "data.batch=8", "watch.samples=4", "threads=1",
             "watch.stats_every=2", "watch.checkpoint_every=2", "watch.diagnose=0.5", "watch.judge=0")  # fmt: skip
    words = [word for setting in small for word in ("--set", setting)]

    def write(path: Path) -> None:
        main(["train", "ring", "--updates", "6", "--quiet", "--seed", "1", "--out", str(path), *words])
        row = {
            "update": 4,
            "state": "collapse",
            "since_update": 2,
            "severity": "alarm",
            "text": "t",
            "evidence": {"a": 1},
        }
        (path / "findings.jsonl").write_text(json.dumps(row | {"remedy": [], "certainty": "certain"}) + "\n")

    return written("run", write)


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


ARRAYS = {"images.npy": npy(ITEMS[..., None]), "labels.npy": npy(LABELS)}
READERS: dict[str, Reader] = {
    "pictures": Reader(kinds),
    "folder": Reader(pictures),
    "npy": Reader(
        lambda: {"items.npy": npy(ITEMS[..., None])}, ("data", "prepare", "HERE/items.npy", *Reader.command[3:])
    ),
    "objects": Reader(objects, ("data", "prepare", "HERE/items.npy", *Reader.command[3:])),
    "npz": Reader(lambda: ARRAYS, ("data", "prepare", "HERE/items.npz", *Reader.command[3:]), ("items.npz", zipped)),
    "zip": Reader(pictures, pack=("items.zip", zipped)),
    "tar": Reader(pictures, pack=("items.tar", tarred)),
    "idx": Reader(idx),
    "cifar": Reader(cifar),
    "lists": Reader(lists, only="l"),
    "jsonl": Reader(lists, only="m"),
    "table": Reader(table),
    "cells": Reader(cells, ("data", "prepare", "HERE/people.csv", "OUT", "--json")),
    "sounds": Reader(sounds, ("data", "prepare", "HERE", "OUT", "--json")),
    "series": Reader(series, ("train", "signal", "--data", "HERE/series.npy", "--dry-run", "--json")),
    "words": Reader(words, ("data", "prepare", "HERE/names.txt", "OUT", "--json")),
    "hdf5": Reader(hdf5, ("data", "prepare", "HERE/items.h5", *Reader.command[3:]), needs=("h5py",)),
    "mat": Reader(mat, ("data", "prepare", "HERE/items.mat", *Reader.command[3:])),
    "lmdb": Reader(lmdb, needs=("lmdb",)),
    "parquet": Reader(parquet, needs=("pyarrow",)),
    "store": Reader(store, ("data", "prepare", "HERE/store", *Reader.command[3:])),
    "recipe": Reader(made_run, ("train", "HERE/run/recipe.toml", "--dry-run", "--json"), only="run/recipe"),
    "checkpoint": Reader(
        made_run, ("sample", "HERE/run", "--count", "2", "--seed", "1", "--out", "OUT.npz"), only="run/che"
    ),
    "run": Reader(made_run, ("diagnose", "HERE/run", "--json")),
    "resume": Reader(made_run, ("resume", "HERE/run", "--updates", "7", "--quiet")),
    "stats": Reader(made_run, ("report", "HERE/run"), only="run/stats"),
    "findings": Reader(made_run, ("report", "HERE/run"), only="run/findings"),
}


def can_be_read(reader: Reader) -> bool:
    """Whether the libraries that it takes are here."""
    return all(importlib.util.find_spec(name) for name in reader.needs)
