"""What an evaluation accepts, notes and leaves out, on vectors whose features are themselves."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.kinds import KINDS
from gansmith.metrics import evaluation
from gansmith.metrics.evaluation import applies, evaluate, per_class
from gansmith.metrics.feature_networks.features import Extracted, Pixels
from gansmith.metrics.figures import Evaluation, Figure
from gansmith.metrics.measures import diversity, frechet
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import Reference
from gansmith.metrics.table import METRICS


class ByFirst:
    """Takes an item for the class that its first number names."""

    name = "first"

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def read(self, items: np.ndarray) -> Extracted:
        return Extracted(items, np.eye(self.classes, dtype=np.float32)[items[:, 0].astype(int)])


def known(
    training: int = 30,
    heldout: int = 20,
    classes: int = 2,
    cache: Path = Path("never written"),
    classified: bool = True,
    split: bool = False,
) -> Reference:
    """A set of vectors of which the first number is the class; the classes come in turn. split: with a test split."""
    rng = np.random.default_rng(0)
    count = training + heldout
    labels = np.arange(count) % max(1, classes)
    items = np.column_stack([labels, rng.standard_normal(count)]).astype(np.float32)
    own = labels if classes else None
    real = RealItems("any", "any", items, own, tuple(f"c{label}" for label in range(classes)))
    rows: np.ndarray | None = np.arange(training, count)
    if split:
        real, rows = dataclasses.replace(real, heldout_items=items[training:], heldout_labels=labels[training:]), None
    made = Reference(
        real, Pixels((2,), KINDS["vector"]), ByFirst(classes) if classified else None, cache, np.arange(training), rows
    )
    held = made.read(items[training:], None if own is None else own[training:])
    vars(made)["heldout"] = held  # as if it had been read
    return made


def made(*labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of these classes, and the classes."""
    second = np.random.default_rng(1).standard_normal(len(labels))
    return np.column_stack([labels, second]).astype(np.float32), np.array(labels)


def measured(items: np.ndarray, labels: np.ndarray | None, reference: Reference, *metrics: str) -> Evaluation:
    return evaluate(items, labels, reference, metrics=metrics or ["diversity"], floors=False)


@pytest.mark.parametrize(("count", "accepted"), [(7, False), (8, True)])
def test_eight_items_are_enough(count: int, accepted: bool):
    items, _ = made(*[0] * count)
    if accepted:
        assert measured(items, None, known()).count == 8
        return
    with pytest.raises(DataError, match="7 items are too few"):
        measured(items, None, known())


@pytest.mark.parametrize(
    ("counts", "note"),
    [
        ((1000, 1000, 1000), ""),
        ((999, 1000, 1000), "distances rest on 999 items: rough"),
        ((1500, 999, 1000), "distances rest on 999 of the 1,500 items, as any has no more"),
        ((1500, 1000, 998), "distances rest on 998 of the 1,500 items, as any has no more"),
        ((500, 500, 500), "distances rest on 500 items: rough"),
    ],
)
def test_fewer_than_a_thousand_are_called_rough(counts: tuple[int, int, int], note: str):
    items, training, heldout = counts
    notes = measured(made(*[0] * items)[0], None, known(training, heldout, split=True)).notes
    assert len(notes) == bool(note)
    assert not note or notes[0].startswith(note)


def test_a_set_without_a_test_split_is_told_of_unless_the_run_saw_other_items():
    items, _ = made(*[0, 1] * 5)
    told = "any has no test split"
    assert told in measured(items, None, known()).notes[-1]
    assert not any(told in note for note in measured(items, None, known(split=True)).notes)
    of_a_run = known()
    of_a_run = dataclasses.replace(of_a_run, real=dataclasses.replace(of_a_run.real, shown=of_a_run.real.items[:9]))
    vars(of_a_run)["heldout"] = known().heldout
    assert not any(told in note for note in measured(items, None, of_a_run).notes)


@pytest.mark.parametrize(("label", "accepted"), [(-1, False), (0, True), (2, True), (3, False)])
def test_labels_name_classes_of_the_data(label: int, accepted: bool):
    items, _ = made(*[0, 1, 2] * 4)
    labels = np.array([0, 1, 2] * 3 + [0, 1, label])
    if accepted:
        assert measured(items, labels, known(classes=3)).count == 12
    else:
        with pytest.raises(DataError, match="the classes of any are 0 to 2"):
            measured(items, labels, known(classes=3))
    assert measured(items, labels, known(classes=0, classified=False)).count == 12  # a set without classes


@pytest.mark.parametrize(("second", "told"), [(62, False), (63, True), (38, False), (37, True)])
def test_other_shares_of_classes_are_told_beyond_what_chance_explains(second: int, told: bool):
    """Of a hundred: .05, and half of twice the root of .005, which is .121."""
    items, labels = made(*[0] * (100 - second) + [1] * second)
    notes = [note for note in measured(items, labels, known()).notes if "mixed in other shares" in note]
    assert bool(notes) == told
    if told:
        assert f"(c0: {100 - second}% against 50%)" in notes[0]
    three, asked = made(*[0] * 40 + [1] * 20 + [2] * 60)
    (note,) = [each for each in measured(three, asked, known(classes=3)).notes if "mixed in other shares" in each]
    assert "(c2: 50% against 32%)" in note


@pytest.mark.parametrize(("classes", "listed"), [(1, 0), (2, 2), (100, 100), (101, 0)])
def test_shares_of_two_to_a_hundred_classes_are_listed(classes: int, listed: int):
    items, labels = made(*range(min(classes, 2)), *[0] * 8)
    found = measured(items, labels, known(training=classes, heldout=classes, classes=classes))
    assert len(found.classes) == listed
    assert not measured(items, labels, known(classes=classes, classified=False)).classes


def test_shares_by_hand():
    items, labels = made(*[0] * 6, *[1] * 2)
    first, second = measured(items, labels, known()).classes
    assert (first.name, first.count, first.share, first.due, first.agreement) == ("c0", 6, 0.75, 0.75, 1.0)
    assert (second.name, second.count, second.share, second.due, second.agreement) == ("c1", 2, 0.25, 0.25, 1.0)
    first, second = measured(items, None, known()).classes
    assert (first.due, second.due, first.agreement) == (0.5, 0.5, None)


def test_what_is_not_finite_is_left_out_and_rows_stay_those_of_the_caller():
    items, labels = made(*[0, 1] * 5)
    items[3, 1] = np.nan
    found = measured(items, labels, known())
    assert found.count == 9
    assert found.notes[0] == "1 of 10 vectors are not finite and were left out"


@pytest.mark.parametrize(
    ("ours", "training", "heldout", "listed"),
    [(8, 16, 16, True), (7, 16, 16, False), (8, 14, 16, False), (8, 16, 14, False)],
)
def test_a_class_has_a_distance_with_eight_items_on_every_side(ours: int, training: int, heldout: int, listed: bool):
    """Half of the set's items are of either class."""
    items, labels = made(*[0] * ours, *[1] * 3)
    reference = known(training, heldout)
    found = per_class(items, labels, reference)
    assert [each.name for each in found] == ["c0"] * listed
    if listed:
        theirs = reference.heldout.features[reference.heldout.labels == 0]
        own = reference.real.items[:training][reference.real.labels[:training] == 0][:8]
        assert (found[0].count, found[0].real) == (8, 8)
        assert found[0].fd == pytest.approx(frechet.frechet(items[:8], theirs))
        assert found[0].floor == pytest.approx(frechet.frechet(own, theirs))
    assert [each.name for each in per_class(items, None, reference)] == ["c0"] * listed  # as the classifier sees them


def test_of_many_items_of_a_class_as_many_are_compared_as_there_are_training_items():
    items, _ = made(*[0] * 30)
    (found,) = per_class(items, None, known(18, 40))
    assert (found.count, found.real) == (9, 20)


def test_classes_that_are_not_known_have_no_distance():
    items, labels = made(*[0] * 20)
    with pytest.raises(DataError, match="leave --per-class out"):
        per_class(items, None, known(classified=False))
    assert per_class(items, labels, known(classified=False))
    with pytest.raises(DataError, match="leave --per-class out"):
        per_class(items, labels, known(classes=0, classified=False))
    unlabelled = known()
    vars(unlabelled)["heldout"] = dataclasses.replace(unlabelled.heldout, labels=None)
    with pytest.raises(DataError, match="leave --per-class out"):
        per_class(items, labels, unlabelled)


def test_what_a_metric_needs():
    reference = known()
    labelled, plain = (reference.read(made(0, 1)[0], labels) for labels in (np.array([0, 1]), None))
    found = {name: applies(metric, labelled, reference) for name, metric in METRICS.items()}
    needs = {"items": True, "pictures": False, "likeness": False, "classes": True, "labels": True, "centres": False}
    assert found == {name: needs[metric.needs] for name, metric in METRICS.items()}
    assert not applies(METRICS["agreement"], plain, reference)
    unlabelled = known()
    vars(unlabelled)["heldout"] = dataclasses.replace(unlabelled.heldout, labels=None)
    assert not applies(METRICS["agreement"], labelled, unlabelled)
    assert not applies(METRICS["classes"], labelled, known(classified=False))
    centres = dataclasses.replace(reference, real=dataclasses.replace(reference.real, centres=np.zeros((2, 2))))
    assert applies(METRICS["modes"], labelled, centres)
    assert not applies(METRICS["classes"], labelled, centres)
    assert not applies(METRICS["agreement"], labelled, centres)


def test_what_is_prepared_otherwise_is_refused():
    items, _ = made(*[0, 1] * 8)
    for other in (items.astype(np.float64), np.column_stack([items, items])):
        with pytest.raises(DataError, match="prepare them alike"):
            measured(other, None, known())


def test_names_of_figures_tell_their_features():
    reference = known()
    pictures = dataclasses.replace(
        reference, real=dataclasses.replace(reference.real, items=np.zeros((50, 8, 9, 1), np.uint8))
    )
    fd, kid = METRICS["frechet"].figures["fd"], METRICS["kid"].figures["kid"]
    for standard, names in ((True, ["FID", "KID"]), (False, ["FD(i@0)", "KID(i@0)"])):
        network = dataclasses.replace(reference, extractor=evaluation.Inception("i@0", {}, standard=standard))
        assert [evaluation._named_after(words, network) for words in (fd, kid)] == [(name, "i@0") for name in names]
    near, swd = METRICS["memorisation"].figures["nearest"], METRICS["wasserstein"].figures["swd"]
    assert evaluation._named_after(near, pictures) == ("nearest(pixels-9x8x1)", "pixels-9x8x1")
    assert evaluation._named_after(swd, pictures) == ("SWD", None)
    assert evaluation._named_after(swd, reference) == ("SWD(points)", "points")
    modes = METRICS["classes"].figures["modes"]
    assert evaluation._named_after(modes, reference) == ("modes covered(first)", "first")
    assert evaluation._named_after(modes, known(classified=False)) == ("modes covered", None)
    view = reference.read(made(0, 1)[0], None)
    assert applies(METRICS["memorisation"], view, pictures)
    assert not applies(METRICS["likeness"], view, pictures)  # its features do not tell what a picture shows


def test_floors_and_noise_rest_on_as_many_items_as_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "NOISE_MOST", 11)
    reference = known(12, 20, cache=tmp_path)
    items, labels = made(*[0, 1] * 8)
    evaluate(items, labels, reference, metrics=["frechet", "diversity"])
    assert set(reference.floors) == {
        "fd/real/labelled/12",
        "fd/noise/labelled/11",
        *(
            f"{key}/{what}"
            for key in ("sensitivity", "diversity")
            for what in ("real/labelled/20", "noise/labelled/11")
        ),
    }
    evaluate(items[:9], None, reference, metrics=["frechet"])
    assert {"fd/real/plain/9", "fd/noise/plain/9"} < set(reference.floors)


def test_without_labels_floors_are_those_of_all_classes_together(tmp_path):
    reference = known(cache=tmp_path)
    items, labels = made(*[0, 1] * 8)
    for asked in (labels, None):
        found = evaluate(items, asked, reference, metrics=["diversity"])["sensitivity"]
        real = diversity.latent_sensitivity(
            reference.heldout.items, None if asked is None else reference.heldout.labels
        )
        assert found.floor == pytest.approx(real)


def test_floors_are_taken_from_what_is_known():
    reference = known()
    reference.floors.update({"fd/real/plain/10": 0.25, "fd/noise/plain/10": 4.25})
    items, _ = made(*[0, 1] * 5)
    for floors in (True, False):
        found = evaluate(items, None, reference, metrics=["frechet"], floors=floors)["fd"]
        assert (found.floor, found.noise) == (0.25, 4.25)
    unknown = evaluate(items[:9], None, reference, metrics=["frechet"], floors=False)["fd"]
    assert (unknown.floor, unknown.noise) == (None, None)


def test_metrics_come_in_the_order_of_the_table_and_tell_how_far_they_are():
    shares: list[tuple[str, float]] = []
    items, _ = made(*[0, 1] * 5)
    found = evaluate(
        items, None, known(), metrics=["diversity", "kid", "frechet", "manifold"], floors=False,
        progress=lambda what, share: shares.append((what, share)),
    )  # fmt: skip
    assert shares == [
        ("reading the items", 0.0), ("frechet", 0.0), ("kid", 0.25), ("manifold", 0.5), ("diversity", 0.75)
    ]  # fmt: skip
    assert found.figures[0].name == "FD(points)"
    assert found.copies == ()
    assert found.verdict is None


def test_noise_rests_on_a_thousand_items_and_eight_copies_are_shown():
    assert (evaluation.NOISE_MOST, evaluation.COPIES_SHOWN) == (1000, 8)


def test_noise_is_as_the_first_thousand_items_are():
    one, other = known(1001, 20), known(1001, 20)
    other.real.items[1000] = 1e6
    assert np.array_equal(one._noise(5), other._noise(5))
    other.real.items[999, 1] = 1e6
    assert not np.array_equal(one._noise(5), other._noise(5))


def test_a_kind_s_own_figures_come_where_all_are_asked_for(monkeypatch):
    own = Figure("own", "own", 1.0, 0.5, None, 9, None, None, "lower", "")
    monkeypatch.setattr(evaluation, "_of_kind", lambda *_: [own])
    items, _ = made(*[0, 1] * 10)
    start = time.perf_counter()
    every = evaluate(items, None, known(), floors=False)
    assert 0 < every.seconds < time.perf_counter() - start
    assert every["own"] is own
    assert len(every.figures) > 5
    assert "own" not in measured(items, None, known(), "diversity")


def test_the_figures_of_a_kind():
    seen: list[Any] = []

    def measures(training: np.ndarray, items: np.ndarray, units: object, heldout: np.ndarray) -> list[Any]:
        seen.extend([training.tolist(), items.tolist(), units, heldout.tolist()])
        return [SimpleNamespace(key="k", name="n", value=2.0, floor=1.0, better="lower", meaning="m")]

    reference: Any = known()
    view = reference.read(made(0, 1)[0], None)
    assert evaluation._of_kind(view, reference) == []  # vectors have none
    kind = SimpleNamespace(measures=measures)
    reference = SimpleNamespace(
        real=SimpleNamespace(kind=kind, items=np.arange(5), units="units"),
        training_rows=np.array([4, 0, 2]),
        heldout=SimpleNamespace(items=np.array([1, 3])),
    )
    assert evaluation._of_kind(view, reference) == [Figure("k", "n", 2.0, 1.0, None, 2, None, None, "lower", "m")]
    assert seen == [[0, 2, 4], view.items.tolist(), "units", [1, 3]]
