"""Stacks of three grey pictures: by hand, as a source, over a whole set's paths and splits."""

import gzip

import numpy as np
import pytest

from gansmith.data import sources
from gansmith.data.store import open_store
from gansmith.data.toys import stacked
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings


def test_a_stack_is_three_pictures_and_says_which():
    items = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 5, 1), np.uint8)
    labels = np.arange(10)
    pictures, numbers = stacked.stack(items, labels, 50, seed=3)
    assert pictures.shape == (50, 4, 5, 3)
    assert pictures.dtype == np.uint8
    assert (pictures == pictures[:, :1, :1]).all()
    assert (numbers == pictures[:, 0, 0] @ np.array([100, 10, 1])).all()
    fewer, _ = stacked.stack(items, labels, 5, seed=3)
    assert (fewer == pictures[:5]).all()
    test, _ = stacked.stack(items, labels, 50, seed=3, part=1)
    assert not np.array_equal(test, pictures)


def test_channels_are_drawn_independently_and_evenly():
    items = np.zeros((10, 1, 1, 1), np.uint8)
    _, numbers = stacked.stack(items, np.arange(10), 100_000, seed=1)
    counts = np.bincount(numbers, minlength=1000)
    assert counts.min() > 50
    chi_squared = float(((counts - 100) ** 2 / 100).sum())
    assert chi_squared == pytest.approx(999, abs=4 * np.sqrt(2 * 999))


def test_any_labelled_grey_set_can_be_stacked():
    opened = open_store(DataSettings(source="stacked:digits", first=300), seed=4)
    assert opened.items.shape == (300, 16, 16, 3)
    assert opened.classes == 1000
    assert opened.class_names[427] == "427"
    single = open_store(DataSettings(source="digits"))
    known = {picture.tobytes(): int(label) for picture, label in zip(single.items, single.labels, strict=True)}
    for picture, number in zip(opened.items, opened.labels, strict=True):
        digits = [known[np.ascontiguousarray(picture[..., c]).tobytes()] for c in range(3)]
        assert digits[0] * 100 + digits[1] * 10 + digits[2] == number
    assert open_store(DataSettings(source="stacked:digits", first=300), seed=5).fingerprint != opened.fingerprint


def idx(path, array):
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(gzip.compress(bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()))


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A folder `mnist` of the four files, with brighter pictures in its test split; $GANSMITH_DATA leads there."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, count, base in (("train", 40, 0), ("t10k", 20, 100)):
        labels = np.arange(count, dtype=np.uint8) % 10
        idx(folder / f"{name}-images-idx3-ubyte.gz", np.tile((labels + base)[:, None, None], (1, 28, 28)))
        idx(folder / f"{name}-labels-idx1-ubyte.gz", labels)
    monkeypatch.setenv("GANSMITH_DATA", str(tmp_path))
    return folder


def test_stacked_mnist_by_name_by_path_and_by_split(mnist):
    by_name = open_store(DataSettings(source="stacked-mnist"))
    assert by_name.items.shape == (stacked.COUNT, 28, 28, 3)
    assert by_name.splits == ("train", "test")
    assert (by_name.items[:50, 0, 0] @ np.array([100, 10, 1]) == by_name.labels[:50]).all()
    by_path = open_store(DataSettings(source=f"stacked:{mnist}", first=50))
    assert np.array_equal(by_path.items, by_name.items[:50])
    test = open_store(DataSettings(source="stacked-mnist", split="test"))
    assert len(test.items) == stacked.TEST_COUNT
    assert test.items.min() == 100  # of test pictures alone


def test_names_for_people_and_for_elsewhere(mnist, monkeypatch):
    assert sources.short_name("stacked-mnist") == sources.short_name(f"stacked:{mnist}") == "stacked-mnist"
    assert sources.short_name(str(mnist)) == "mnist"
    assert sources.single_of("stacked-mnist") == sources.single_of("stacked:mnist") == "mnist"
    assert sources.single_of("mnist") is None
    monkeypatch.chdir(mnist.parent)
    assert sources.absolute("stacked:mnist") == "stacked:mnist"  # the built-in name wins
    assert sources.absolute("stacked:./mnist") == f"stacked:{mnist}"
    assert sources.absolute("stacked-mnist") == "stacked-mnist"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("stacked:", "write stacked: and a set"),
        ("stacked:stacked-mnist", "write stacked: and a set"),
        ("stacked:ring", "only grey pictures"),
        ("stacked:/nowhere", "no data source '/nowhere'"),
    ],
)
def test_what_cannot_be_stacked_is_refused_by_name(source, says, mnist):
    with pytest.raises(DataError, match=says):
        open_store(DataSettings(source=source))


def test_colour_and_unlabelled_pictures_are_refused(tmp_path):
    np.savez(tmp_path / "colour.npz", images=np.zeros((20, 8, 8, 3), np.uint8), labels=np.arange(20) % 2)
    np.savez(tmp_path / "grey.npz", images=np.zeros((20, 8, 8, 1), np.uint8))
    with pytest.raises(DataError, match="only grey pictures"):
        open_store(DataSettings(source=f"stacked:{tmp_path}/colour.npz"))
    with pytest.raises(DataError, match="give a set with labels"):
        open_store(DataSettings(source=f"stacked:{tmp_path}/grey.npz"))
