"""Real sets: how they are split, what is read of them once, and what is kept for the next time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.metrics import reference as module
from gansmith.metrics.feature_networks.features import Extracted
from gansmith.metrics.feature_networks.imagenet import Imagenet
from gansmith.metrics.measures import memorisation
from gansmith.metrics.real import RealItems, as_size, check, split, take
from gansmith.metrics.reference import Reference, View


def vectors(count: int, **others: object) -> RealItems:
    items = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2)
    return RealItems("any", "any", items, **others)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("count", "heldout"),
    [(16, 8), (3999, 1999), (4002, 2000), (12_000, 2000), (12_006, 2001), (15_000, 2500), (60_006, 10_000)],
)
def test_a_sixth_is_held_out_within_limits(count: int, heldout: int):
    training, held = split(vectors(count))
    assert held is not None
    assert (len(training), len(held)) == (count - heldout, heldout)
    assert np.array_equal(np.sort(np.concatenate([training, held])), np.arange(count))
    whole, none = split(vectors(count, heldout_items=np.zeros((3, 2), np.float32)))
    assert none is None
    assert np.array_equal(np.sort(whole), np.arange(count))


def test_what_a_set_is():
    def pictures(labels: np.ndarray | None) -> RealItems:
        return RealItems("any", "any", np.zeros((3, 8, 8, 1), np.uint8), labels)

    assert pictures(np.array([0, 1, 0])).labelled_pictures()
    for labels in (None, np.array([0, 0, 0]), np.array([], np.int64)):
        assert not pictures(labels).labelled_pictures()
    assert not vectors(3, labels=np.array([0, 1, 2])).labelled_pictures()
    assert (pictures(None).kind.pixels, vectors(3).kind.pixels) == (True, False)
    assert vectors(3, kind_name="table").kind.name == "table"
    assert vectors(3).std == 0.0
    assert (as_size((28, 20, 3)), as_size((5,))) == ("20x28x3", "5 numbers")
    items, labels = take(np.arange(5), np.arange(5) * 2, np.array([3, 1]))
    assert (items.tolist(), labels is not None and labels.tolist()) == ([3, 1], [6, 2])
    assert take(np.arange(5), None, np.array([3]))[1] is None


@pytest.mark.parametrize(
    ("real", "says"),
    [
        (RealItems("any", "", np.zeros((16, 2))), ""),
        (RealItems("any", "", np.zeros((16, 8, 8, 1)), np.zeros(16)), ""),
        (RealItems("any", "", np.zeros((16, 2)), heldout_items=np.zeros((3, 2))), ""),
        (RealItems("any", "", np.zeros((15, 2))), "no set of at least 16"),
        (RealItems("any", "", np.zeros((16, 2, 2))), "no set of at least 16"),
        (RealItems("any", "", np.zeros((16, 8, 8, 1)), np.zeros(15)), "15 labels for 16 items"),
        (RealItems("any", "", np.zeros((16, 2)), heldout_items=np.zeros((3, 4))), "test items are 4 numbers"),
        (RealItems("any", "", np.zeros((16, 8, 8, 1)), heldout_items=np.zeros((3, 9, 8, 1))), "test items are 8x9x1"),
    ],
)
def test_arrays_that_are_no_set_are_refused(real: RealItems, says: str):
    if not says:
        check(real)
        return
    with pytest.raises(DataError, match=says):
        check(real)


class Counting:
    """Items are their own features; it counts what it reads."""

    name = "counting"

    def __init__(self) -> None:
        self.read_so_far: list[int] = []

    def read(self, items: np.ndarray) -> Extracted:
        self.read_so_far.append(len(items))
        return Extracted(items.astype(np.float32), np.ones((len(items), 1), np.float32))


def known(cache: Path, real: RealItems | None = None, **others: object) -> tuple[Reference, Counting]:
    """A reference of thirty vectors of which ten are held out."""
    real, reader = real or vectors(30), Counting()
    rows: dict[str, object] = {"training_rows": np.arange(20), "heldout_rows": np.arange(20, 30), "classifier": None}
    return Reference(real, reader, cache=cache, **(rows | others)), reader  # pyright: ignore[reportArgumentType]


def test_the_first_items_of_a_view():
    view = View(np.arange(3), np.arange(3) * 2, np.arange(3) * 3, None)
    assert view.first(3) is view
    assert view.first(9) is view
    two = view.first(2)
    assert two.labels is not None
    assert (two.items.tolist(), two.labels.tolist(), two.features.tolist()) == ([0, 1], [0, 2], [0, 3])
    assert two.probabilities is None
    assert View(np.arange(3), None, np.arange(3), np.ones((3, 2))).first(2).labels is None


def test_classes_are_those_of_the_labels_and_of_the_names(tmp_path: Path):
    for names, labels, classes in (("ab", [0, 2], 3), ("abcde", [0, 2], 5), ("", [0, 1], 2)):
        real = vectors(2, labels=np.array(labels), class_names=tuple(names))
        found, _ = known(tmp_path, real)
        assert found.classes == classes
        assert found.class_names == tuple("abcde"[: len(names)]) + tuple(str(i) for i in range(len(names), classes))
    assert known(tmp_path)[0].classes == 0
    counted, _ = known(tmp_path, vectors(4, labels=np.array([0, 2, 2, 2])))
    assert counted.class_counts.tolist() == [1, 0, 3]


def test_held_out_items_are_read_once_and_kept(tmp_path: Path):
    first, reader = known(tmp_path)
    assert first.heldout.items.tolist() == first.real.items[20:].tolist()
    assert reader.read_so_far == [10]
    again, reader = known(tmp_path)
    assert again.heldout.features.tolist() == first.heldout.features.tolist()
    assert again.heldout.probabilities is None
    assert reader.read_so_far == []
    fewer, reader = known(tmp_path, heldout_rows=np.arange(21, 30))  # of another number: what was kept is not its own
    assert len(fewer.heldout) == 9
    assert reader.read_so_far == [9]
    by_class, _ = known(tmp_path / "classes", classifier=Counting())
    assert by_class.heldout.probabilities is not None
    kept, _ = known(tmp_path / "classes", classifier=Counting())
    assert kept.heldout.probabilities is not None


HELDOUT = [5, 2, 0, 8, 9, 3, 7, 4, 1, 6]
TRAINING = [13, 4, 3, 7, 14, 1, 12, 5]
NOISE = [[14.80375, 15.77158], [28.83655, 4.364902]]


def test_a_test_split_comes_in_an_order_of_its_own_that_never_changes(tmp_path: Path):
    """Floors that were kept rest on it."""
    tested = vectors(30, heldout_items=np.arange(20.0, dtype=np.float32).reshape(10, 2))
    found, _ = known(tmp_path, tested, heldout_rows=None)
    assert (found.heldout.items[:, 0] / 2).astype(int).tolist() == HELDOUT
    assert split(vectors(16))[0].tolist() == TRAINING
    assert found.noise(2).items == pytest.approx(np.array(NOISE), rel=1e-5)


def test_training_items_and_noise_are_read_again_only_for_more(tmp_path: Path):
    found, reader = known(tmp_path)
    for count in (5, 5, 3, 7, 20, 25, 25):
        assert len(found.training(count)) == min(count, 20)
    assert reader.read_so_far == [5, 7, 20]
    reader.read_so_far.clear()
    for count in (5, 5, 3, 7):
        assert len(found.noise(count)) == count
    assert reader.read_so_far == [5, 7]
    assert found.noise(3).labels is None
    labelled, _ = known(tmp_path, vectors(30, labels=np.arange(30) % 3))
    assert labelled.noise(7).labels is not None
    assert labelled.noise(7).labels.tolist() == [0, 1, 2, 0, 1, 2, 0]  # pyright: ignore[reportOptionalMemberAccess]
    assert "views" not in repr(labelled)


def test_the_nearest_of_held_out_items_are_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first, _ = known(tmp_path)
    assert first.heldout_nearness.distance == pytest.approx(np.full(10, np.sqrt(8)))  # themselves do not count
    assert first.shown_features.tolist() == first.real.items.tolist()
    monkeypatch.setattr(memorisation, "nearness", None)
    again, reader = known(tmp_path)
    assert again.heldout_nearness.distance == pytest.approx(first.heldout_nearness.distance)
    assert again.shown_features.tolist() == first.real.items.tolist()
    assert reader.read_so_far == []


def test_a_run_s_own_items_are_what_was_shown(tmp_path: Path):
    shown = np.arange(8.0, dtype=np.float32).reshape(4, 2)
    real = vectors(30, shown=shown, shown_fingerprint="run")
    found, reader = known(tmp_path, real)
    assert found.shown_features.tolist() == shown.tolist()
    assert reader.read_so_far == [4]
    assert found._own_rows is None
    assert known(tmp_path)[0]._own_rows is not None
    assert known(tmp_path, heldout_rows=None)[0]._own_rows is None
    other, _ = known(tmp_path, vectors(30, shown=shown, shown_fingerprint="other"))
    names = {each._cached("floors", "json").name for each in (found, other, known(tmp_path)[0])}
    assert {len(name) for name in names} == {len("floors-.json") + 16}
    assert len(names) == 3


@pytest.mark.parametrize(("count", "knows"), [(20_000, True), (20_001, False)])
def test_likeness_is_looked_for_where_reading_is_no_long_work(count: int, knows: bool, tmp_path: Path):
    real = RealItems("any", "any", np.zeros((count, 1), np.float32))
    network = object.__new__(Imagenet)
    assert Reference(real, network, None, tmp_path, np.arange(1), np.arange(1)).knows_likeness == knows
    assert not known(tmp_path)[0].knows_likeness
    assert module.COPIES_LOOKED_AT == 2000
