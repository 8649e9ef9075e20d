"""Items from Python: every usual form gives the same store, and a run knows it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from sklearn.datasets import load_digits

import gansmith
from gansmith.cli import main
from gansmith.data import cache, given
from gansmith.data.store import Store, open_store
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.training.events import Request, UpdateEvent

COUNT = 60
VALUES, CLASSES = load_digits(return_X_y=True)
DIGITS = np.rint(np.asarray(VALUES)[:COUNT].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
LABELS = np.asarray(CLASSES)[:COUNT]


class Pictures:
    """A data set as torchvision writes them: a length, and (PIL picture, label) at an index."""

    def __init__(self, transform: Callable[[Image.Image], Any] | None = None) -> None:
        self.transform = transform

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, index: int) -> tuple[Any, int]:
        picture = Image.fromarray(DIGITS[index])
        return (self.transform(picture) if self.transform else picture), int(LABELS[index])


def to_tensor(picture: Image.Image) -> torch.Tensor:
    """Floats (1, H, W) in 0..1, as torchvision's ToTensor."""
    return torch.from_numpy(np.asarray(picture, np.float32)[None] / 255)


def batches() -> Any:
    return torch.utils.data.DataLoader(Pictures(to_tensor), batch_size=7, shuffle=True)  # type: ignore[arg-type]


FORMS: dict[str, tuple[Any, Any]] = {
    "(N, H, W)": (DIGITS, LABELS),
    "(N, H, W, 1)": (DIGITS[..., None], LABELS),
    "(N, 1, H, W)": (DIGITS[:, None], LABELS.astype(float)),
    "a tensor": (torch.from_numpy(DIGITS[:, None]), torch.from_numpy(LABELS)),
    "floats in 0..1": (DIGITS / np.float32(255), LABELS),
    "floats in -1..1": (DIGITS / np.float32(127.5) - 1, LABELS),
    "floats in 0..255": (DIGITS.astype(np.float32), LABELS),
    "int64": (DIGITS.astype(np.int64), np.eye(10)[LABELS]),
    "a data set of pictures": (Pictures(), None),
    "a data set of tensors": (Pictures(to_tensor), None),
    "a loader of batches": (batches(), None),
    "a list of pairs": ([(picture, int(label)) for picture, label in zip(DIGITS, LABELS, strict=True)], None),
    "a function that yields": (lambda: ({"image": d, "label": y} for d, y in zip(DIGITS, LABELS, strict=True)), None),
}


def opened(data: Any, labels: Any) -> Store:
    return open_store(DataSettings(source=given.source(data, labels)))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_items(form: str):
    store = opened(*FORMS[form])
    assert store.labels is not None
    np.testing.assert_array_equal(np.asarray(store.items)[..., 0], DIGITS)
    assert [store.class_names[label] for label in store.labels] == [str(label) for label in LABELS]
    assert store.fingerprint == opened(DIGITS, LABELS).fingerprint


def test_the_same_items_are_written_once():
    first, again, other = (given.source(items, LABELS) for items in (DIGITS, DIGITS.copy(), DIGITS[::-1].copy()))
    assert first == again != other
    assert Path(first).parent == cache.folder() / given.FOLDER
    assert not list(Path(first).parent.glob("*part*"))


def test_paths_stay_paths(tmp_path: Path):
    assert given.source(tmp_path) == str(tmp_path)
    assert given.source("mnist") == "mnist"
    with pytest.raises(DataError, match="for a file or folder they are read from there"):
        given.source(tmp_path, LABELS)


def test_pictures_of_several_sizes_and_words_as_labels():
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (20 + index, 24, 3), dtype=np.uint8)) for index in range(6)]
    store = opened(pictures, ["cat", "dog", "cat", "dog", "cat", "dog"])
    assert store.count == 6
    assert store.class_names == ("cat", "dog")
    first = torch.from_numpy(np.moveaxis(np.asarray(pictures[0]), 2, 0).copy())
    assert opened([first, *pictures[1:]], ["cat", "dog"] * 3).fingerprint == store.fingerprint


def test_vectors_stay_vectors():
    points = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)
    store = opened(torch.from_numpy(points), None)
    assert store.kind.name == "vector"
    np.testing.assert_allclose(store.kind.in_units(store.items, store.units), points, atol=1e-6)
    np.testing.assert_array_equal(opened(list(points), None).items, store.items)


WRONG: dict[str, tuple[Any, Any, str]] = {
    "a number": (3, None, "data is int: give a path"),
    "a mapping": ({"a": DIGITS}, None, "data is dict: give a path"),
    "nothing": ([], None, "it yields no item"),
    "words and others": (["a.png", 3], None, "item 0 of the data set is str"),
    "labels twice": (Pictures(), LABELS, "leave one of the two out"),
    "labels of some": ([(DIGITS[0], 1), DIGITS[1]], None, "1 label for 2 items"),
    "no picture": ([{"caption": "x"}], None, "holds caption: name its picture 'image'"),
    "objects in records": (np.zeros(3, [("picture", object)]), None, "item 0 of the data set is"),
    "labels of objects in records": (DIGITS, np.zeros(COUNT, [("word", object)]), "a label is a whole number, a word"),
    "floats of several sizes": ([np.zeros((8, 8)), np.zeros((9, 9))], None, "make all of one size"),
}


@pytest.mark.parametrize("what", WRONG)
def test_anything_else_is_refused_in_a_line(what: str):
    data, labels, message = WRONG[what]
    with pytest.raises(DataError, match=message) as caught:
        given.source(data, labels)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


SMALL = {"data.batch": 8, "watch.judge": 0.0, "watch.diagnose": 0.0, "watch.samples": 4, "threads": 1,
         "generator.widths": [8, 8], "discriminator.widths": [8, 8], "watch.checkpoint_every": 2}  # fmt: skip


@pytest.mark.usefixtures("hasty_judges")
def test_a_data_set_is_trained_on_resumed_and_measured(tmp_path: Path):
    settings = SMALL | {"data.labels": "classes", "data.size": "8"}
    whole = gansmith.train("folder", Pictures(to_tensor), out=tmp_path / "whole", updates=6, settings=settings)
    half = gansmith.train("folder", Pictures(to_tensor), out=tmp_path / "half", updates=6, settings=settings,
                          watching=[StopAt(4)])  # fmt: skip
    assert half.ended == "interrupted" or half.ended == "stopped"
    assert main(["resume", str(tmp_path / "half"), "--quiet"]) == 0
    for name, array in load_file(whole.folder.checkpoint(6) / "weights.safetensors").items():
        np.testing.assert_array_equal(array, load_file(half.folder.checkpoint(6) / "weights.safetensors")[name])
    evaluation = gansmith.evaluate(DIGITS[:40], Pictures(), labels=LABELS[:40], features="pixels")
    assert evaluation.count == 40
    with pytest.raises(DataError, match="give the items too"):
        gansmith.train("folder", labels=LABELS)


class StopAt:
    """A watcher that stops a training after an update."""

    def __init__(self, update: int) -> None:
        self.update = update

    def after(self, event: UpdateEvent) -> Request | None:
        return Request("stop", "enough") if event.update == self.update else None
