"""What the room of data refuses."""

from __future__ import annotations

import gzip
import sys
import urllib.error
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from example import (
    Example,
    after,
    array,
    arrays,
    call,
    each,
    fails,
    full_disk,
    picture,
    text,
    thing,
    where,
    without,
)

from gansmith import kinds
from gansmith.data import cache, comparable, fetch, given, store, survey
from gansmith.data.formats import arrays as array_files
from gansmith.data.formats import attributes, files, hub, idx, left_out, tars
from gansmith.data.formats.containers import cifar, library, lmdb_folder, named_arrays, parquet
from gansmith.data.formats.listing import chosen_splits
from gansmith.data.formats.tables import csv_pictures
from gansmith.data.order import Order
from gansmith.data.preparation import prepare, resize
from gansmith.data.store_files import ITEMS, MANIFEST
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import scaling
from gansmith.kinds.scatter import scatter_sheet
from gansmith.kinds.signal.sounds import wav
from gansmith.kinds.text import alphabet, reading
from gansmith.kinds.text import kind as text_kind


def opens(source: str, **settings: object) -> Example:
    """A source, opened as a training does."""
    return call(store.open_store, DataSettings(source=source, **settings), workers=1)  # pyright: ignore[reportArgumentType]


def saved(items: np.ndarray) -> Example:
    """An array that a program saved, opened as a source."""
    return after(array("x.npy", items), opens("x.npy"))


def prepared(source: str, *then: Example, **settings: object) -> Example:
    """A store made in the folder `made`, and what is done after it."""

    def example(folder: Path, patch: pytest.MonkeyPatch) -> None:
        given = DataSettings(source=source, **settings)  # pyright: ignore[reportArgumentType]
        store.prepare_store(given, Path("made"), workers=1)
        for step in then:
            step(folder, patch)

    return example


def reads_idx(*content: bytes) -> Example:
    """An IDX file of these bytes."""
    return after(text("x.idx", b"".join(content)), call(idx.read, Path("x.idx")))


def idx_file(name: str, *shape: int) -> Callable[[], object]:
    """Writes an IDX file of zeros."""
    head = bytes((0, 0, 8, len(shape))) + b"".join(side.to_bytes(4, "big") for side in shape)
    return text(name, head + bytes(int(np.prod(shape))))


class Rows:
    """No rows of a dataset, in columns of these names."""

    def __init__(self, **features: object) -> None:
        self.features = features

    def __len__(self) -> int:
        return 0

    def cast_column(self, *_: object) -> Rows:
        return self

    def with_format(self, _: object) -> Rows:
        return self


def hub_gives(rows: Rows) -> Example:
    """A dataset of these rows, read by the library of the Hugging Face Hub."""
    image = type("Image", (), {"__init__": lambda self, **_: None})
    made = thing(load_dataset=lambda *_: rows, Image=image)
    return _with_hub(made, call(hub.listing, files.reader("hub", Path("user/name")), "train"))


def _with_hub(found: object, example: Example) -> Example:
    def patched(folder: Path, patch: pytest.MonkeyPatch) -> object:
        patch.setitem(sys.modules, "datasets", found)
        return example(folder, patch)

    return patched


def needs(place: str, name: str, **found: object) -> dict[str, object]:
    """The library that reads a container is this thing."""
    return {f"gansmith.data.formats.containers.{place}.library": lambda *_: thing(**found)}


def list_that_vanishes(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A list of attributes is deleted between the search and the reading."""
    each(picture("a.png"), text("list_attr_celeba.txt", "A\na.png 1\n"))()
    found = files.in_folder(folder)
    (folder / "list_attr_celeba.txt").unlink()
    attributes.with_lists(found, files.reader("folder", folder), [])


def nothing_of_mnist(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """MNIST was never downloaded."""
    patch.delenv("GANSMITH_DATA", raising=False)
    patch.setenv("GANSMITH_CACHE", str(folder))
    fetch.downloaded("mnist")


GREY, POINTS = np.zeros((20, 8, 8), np.uint8), np.zeros((20, 2), np.float32)
ATTRIBUTED = each(picture("p/a.png"), picture("p/b.png"), text("p/list_attr_celeba.txt", "Old\na.png 1\nb.png 1\n"))
IDX_HEAD = bytes((0, 0, 8))


def of_digits() -> store.Store:
    """Pictures."""
    return store.open_store(DataSettings(source="glyphs", first=8))


def of_points() -> store.Store:
    """Vectors."""
    return store.open_store(DataSettings(source="ring", first=8))


def silence(name: str) -> Callable[[], object]:
    """A sound file in which nothing is heard."""
    return lambda: Path(name).write_bytes(wav(np.zeros((1, 400)), 8000))


KINDS: tuple[Example, ...] = (
    call(kinds.named, "pictur"),
    call(kinds.KINDS["picture"].read, Path("none.txt"), DataSettings(kind="vector")),
    call(scaling.found, np.array([[1.0, np.nan]]), "auto", "rows"),
    call(scaling.found, np.array([[1.0], [1e300]]), "auto", "rows"),
    call(scatter_sheet, np.zeros((4, 2)), np.zeros((4, 3))),
    call(kinds.KINDS["vector"].prepare, np.array([["a"]]), DataSettings(), "rows"),
    call(kinds.KINDS["vector"].read, Path("rows.txt"), DataSettings()),
    after(text("rows.csv", "a\n" + "1\nx\n" * 9), call(kinds.KINDS["vector"].read, Path("rows.csv"), DataSettings())),
    # signals
    call(kinds.KINDS["signal"].read, Path("none"), DataSettings(kind="signal")),
    after(text("a.wav", "no sound"), call(kinds.KINDS["signal"].read, Path("a.wav"), DataSettings())),
    after(silence("a.wav"), call(kinds.KINDS["signal"].read, Path("a.wav"), DataSettings())),
    *(
        call(kinds.KINDS["signal"].prepare, found, DataSettings(), "x.npy")
        for found in (np.array([["a"]]), np.zeros((0, 9)), np.zeros((2, 2, 9, 9)), np.zeros((9, 4)))
    ),
    call(kinds.KINDS["signal"].rescaled, np.zeros((1, 1, 9, 1)), {"rate": 1}, {"rate": 2}),
    call(kinds.KINDS["signal"].write, Path("a.wav"), np.zeros((1, 1, 9, 1)), {}, None, ()),
    call(alphabet.encode, ["abc"], "abc", 2),
    call(alphabet.encode, ["abd"], "abc", 3),
    call(text_kind.read, Path("."), DataSettings(kind="text")),
    call(text_kind.prepare, np.zeros((20, 2)), DataSettings(kind="text"), "numbers"),
    call(text_kind.prepare, np.array(["a", "b"]), DataSettings(kind="text"), "words"),
    call(reading.read_lines, Path("none.txt")),
    after(text("few.txt", "a\nb\n"), call(reading.read_lines, Path("few.txt"))),
    call(reading.decoded, b"a\0b", "program.txt"),
    call(reading.decoded, b"\xef\xbb\xbf\xff", "half.txt"),
)

EXAMPLES: tuple[Example, ...] = (
    opens("https://example.org/x.zip"),
    after(text("file", ""), call(cache.make, Path("file/below"))),
    after(
        each(array("v.npy", POINTS), array("g.npy", GREY)),
        call(comparable.read_items, Path("v.npy"), 4, DataSettings(source="g.npy")),
    ),
    after(
        each(array("v.npy", POINTS), text("words.txt", "word\n" * 20)),
        call(comparable.read_items, Path("words.txt"), 4, DataSettings(source="v.npy")),
    ),
    after(array("plain.npy", GREY), opens("plain.npy", labels="classes")),
    after(array("flat.npy", POINTS), opens("flat.npy", kind="picture")),
    after(picture("folder/a.png"), opens("folder", kind="vector")),
    lambda folder, patch: of_digits().in_scale_of(of_points()),
    nothing_of_mnist,
    call(fetch.get, "mnits"),
    where({"urllib.request.urlopen": fails(urllib.error.URLError("no route"))}, call(fetch.get, "mnist", Path("here"))),
    # arrays
    after(array("one.npz", GREY), opens("one.npz")),
    call(lambda: array_files.listing(Path("none.npy"), DataSettings())),
    after(text("x.npy", "no array"), opens("x.npy")),
    after(arrays("x.npz", a=GREY, b=GREY), opens("x.npz")),
    after(arrays("x.npz", images=GREY, labels=np.arange(19)), opens("x.npz")),
    after(arrays("x.npz", images=GREY, labels=np.full(20, 0.5)), opens("x.npz")),
    saved(np.zeros((0, 4))),
    saved(np.array([["a", "b"]])),
    saved(np.zeros((3, 8, 8), np.uint8)),
    saved(np.zeros((5, 8, 8, 2), np.uint8)),
    saved(np.linspace(0, 0.1, 20 * 64).reshape(20, 8, 8)),
    saved(np.full((20, 8, 8), np.nan)),
    saved(np.zeros((20, 64), np.uint8)),
    # lists beside pictures
    list_that_vanishes,
    call(lambda: attributes.with_lists(files.in_folder(Path()), files.reader("folder", Path()), [Path("none.txt")])),
    after(
        text("list_attr_celeba.txt", "far too long"),
        where({"gansmith.data.formats.attributes.MAX_LIST": 3}, after(picture("p/a.png"), opens("p"))),
    ),
    call(attributes.table, "list_attr.txt", "Old\n1.png 1\n2.png maybe\n"),
    call(attributes.table, "list_attr.txt", ""),
    call(attributes.table, "list_attr.txt", "A B C D\n1.png 1 -1\n"),
    call(attributes.splits, "list_eval_partition.txt", "1.png 0\n2.png 7\n"),
    after(each(picture("p/a.png"), text("p/list_attr_celeba.txt", "Old\nb.png 1\n")), opens("p")),
    after(ATTRIBUTED, opens("p", attribute="Young")),
    after(ATTRIBUTED, opens("p", attribute="Old")),
    # containers
    after(each(text("c/batches.meta", ""), text("c/data_batch_1", "no")), call(cifar.listing, Path("c"), "all")),
    call(library.library, "no_such_library", Path("x.h5")),
    where(needs("lmdb_folder", "lmdb", Error=OSError, open=full_disk), call(lmdb_folder.in_lmdb, Path("lsun"))),
    call(named_arrays.listing, Path("none.h5"), DataSettings()),
    after(
        text("x.h5", named_arrays.HDF5 + b"no"),
        where(needs("named_arrays", "h5py", File=full_disk), call(named_arrays.listing, Path("x.h5"), DataSettings())),
    ),
    call(library.survives, Path("x.mat"), "import os; os._exit(7)"),
    call(parquet.picture_column, thing(schema_arrow=type("Columns", (list,), {"names": ["id"]})()), Path("x.parquet")),
    call(parquet.listing, files.reader("parquet", Path()), "all"),
    without("datasets", opens("hf:user/name")),
    _with_hub(thing(load_dataset=fails(ValueError("it is not there"))), opens("hf:user/name")),
    hub_gives(Rows(caption=3)),
    hub_gives(Rows(picture=type("Image", (), {})())),
    # folders and archives
    call(files.in_zip, Path("none.zip")),
    after(text("x.zip", "no zip"), opens("x.zip")),
    call(files.in_folder, Path("none")),
    call(left_out.kind_of, Path("none")),
    call(tars.in_tar, Path("none.tar")),
    after(text("x.tar", "no tar"), opens("x.tar")),
    after(text("x.tar.gz", ""), opens("x.tar.gz")),
    # IDX
    reads_idx(b"abcd"),
    reads_idx(bytes((0, 0, 13, 1))),
    reads_idx(IDX_HEAD, bytes((3, 0, 0, 0))),
    reads_idx(gzip.compress(IDX_HEAD + bytes((1, 0, 0, 0, 9)))[:-9]),
    call(idx.read, Path("none.idx")),
    reads_idx(IDX_HEAD, bytes((1, 0, 0, 0, 9)), b"abc"),
    where({"os.listdir": full_disk}, call(idx.in_folder, Path())),
    after(
        each(text("a-train-images-idx3-ubyte", ""), text("b-train-images-idx3-ubyte", "")), call(idx.in_folder, Path())
    ),
    after(idx_file("x.idx", 4, 4), opens("x.idx")),
    after(
        each(idx_file("images.idx", 4, 8, 8), idx_file("labels.idx", 4, 8)),
        opens("images.idx"),
    ),
    call(chosen_splits, "mine", ("train",), "test"),
    # tables
    after(text("x.csv", "file,class\na.png,3\n"), opens("x.csv")),
    after(
        text("x.csv", ",".join(["word"] * 17) + "\n" + ",".join(["word"] * 17)),
        call(csv_pictures.listing, {"": Path("x.csv")}, "x", "all"),
    ),
    after(text("x.csv", ",".join(["pixel"] * 16) + "\n"), call(csv_pictures.listing, {"": Path("x.csv")}, "x", "all")),
    after(text("x.csv", ",".join(["300"] * 16)), opens("x.csv")),
    after(text("x.csv", ",".join(["pixel"] * 16) + "\n" + ",".join(["3"] * 17)), opens("x.csv")),
    # the order
    call(Order, 0, 4, 0),
    call(Order, 4, 4, 0, 2, 2),
    call(Order, 4, 3, 0, 0, 2),
    # preparation
    opens("glyphs", first=8, channels=2),
    opens("glyphs", first=8, crop=-1),
    after(text("p/a.png", "no picture"), opens("p")),
    call(prepare.empty_slots, Path("slots.npy"), (10**18,)),
    after(text("p/a.png", "no picture"), opens("p", size="8")),
    opens("glyphs", first=8, range="5"),
    opens("glyphs", first=8, size="big"),
    opens("glyphs", first=8, background="bleu"),
    without("torch", call(resize.resized, np.zeros((4, 4, 1), np.uint8), 2, 2)),
    after(picture("p/a.tiff", np.linspace(0, 0.1, 64, dtype=np.float32).reshape(8, 8)), opens("p")),
    after(text("p/a.png", "no picture"), call(survey.survey, DataSettings(source="p"), complete=False)),
    # sources
    opens("none/*.png"),
    opens(" "),
    opens("digtis"),
    after(each(text("run/recipe.toml", ""), text("run/data.json", "")), opens("run")),
    opens("*.png"),
    opens("stacked:"),
    after(arrays("x.npz", images=np.zeros((20, 8, 8, 3), np.uint8)), opens("stacked:x.npz")),
    after(arrays("x.npz", images=GREY), opens("stacked:x.npz")),
    # stores
    after(array("x.npy", POINTS), opens("x.npy", labels="classes")),
    after(text("made/letter.txt", ""), prepared("ring")),
    prepared("ring", prepared("made")),
    opens("glyphs", first=8, window="auto"),
    opens("ring", window="2"),
    opens("glyphs", first=8, window="64"),
    where({"gansmith.data.store.build.build": full_disk}, prepared("ring", first=8)),
    where({"gansmith.data.store.build.build": lambda *_: None}, prepared("ring", first=8)),
    opens("ring", first=-1),
    after(each(text(f"made/{MANIFEST}", "{}"), text(f"made/{ITEMS}", "")), opens("made")),
    prepared("glyphs", opens("made", crop=4), first=8),
    prepared("glyphs", opens("made", range="0..9"), first=8),
    prepared("glyphs", opens("made", channels=4), first=8),
    after(
        each(picture("p/train/a.png"), picture("p/train/b.png"), picture("p/test/c.png")),
        prepared("p", opens("made", split="test"), split="all", first=2),
    ),
    # items from Python
    call(given.source, "digits", [1]),
    call(given.source, [(GREY[0], 1)], [1]),
    call(given.source, []),
    call(given.source, [(GREY[0], 1), GREY[1]]),
    call(given.source, 3),
    call(given.source, [{"caption": "a"}]),
    call(given.source, ["a.png", 3]),
    call(given.source, thing(to_csv=lambda index: "", columns=()), [1]),
    call(given.source, [np.zeros((8, 8)), np.zeros((9, 9))]),
    call(given.source, GREY, np.zeros(len(GREY), [("name", "O")])),
    where({"gansmith.data.given.os.replace": full_disk}, call(given.source, GREY)),
)
