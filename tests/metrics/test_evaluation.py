import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from gansmith.data.toys import stacked
from gansmith.ground.errors import DataError
from gansmith.metrics import evaluation
from gansmith.metrics.evaluation import evaluate, per_class
from gansmith.metrics.feature_networks.choice import FeatureSettings
from gansmith.metrics.feature_networks.features import FeatureName
from gansmith.metrics.measures import wasserstein
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import COPIES_LOOKED_AT, Reference, reference
from gansmith.metrics.table import METRICS


@pytest.fixture(scope="module")
def ring() -> RealItems:
    rng = np.random.default_rng(0)
    angles = np.arange(8) * np.pi / 4
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    labels = np.arange(4000) % 8
    points = (centres[labels] + 0.01 * rng.normal(size=(4000, 2))).astype(np.float32)
    return RealItems("ring", "ring", points, labels, centres=centres, std=0.01)


def grainy(items: np.ndarray, deviation: float) -> np.ndarray:
    grain = np.random.default_rng(1).normal(0, deviation, items.shape)
    return np.clip(items + grain, 0, 255).astype(np.uint8)


def test_every_figure_stands_beside_its_floor_and_noise(digits, digits_reference):
    found = evaluate(grainy(digits.items[:600], 30), digits.labels[:600], digits_reference)
    keys = {figure.key for figure in found.figures}
    every = {key for name, metric in METRICS.items() if name not in ("modes", "likeness") for key in metric.figures}
    assert keys == every
    for figure in found.figures:
        assert figure.floor is not None
        assert math.isfinite(figure.value)
        assert figure.count <= 600
        if figure.interval is not None:
            assert figure.interval[0] <= figure.value <= figure.interval[1]
    assert found["fd"].name.startswith("FD(digits-classifier@")
    assert 0 < found["fd"].relative < 1
    assert found["precision"].relative is None
    assert found["agreement"].value > 0.8
    assert found["agreement"].noise < 0.3
    assert found["modes"].value == 10
    assert found["nearest"].name == "nearest(pixels-8x8x1)"


def test_floors_rest_on_as_many_items_as_the_figure(digits, digits_reference):
    few, many = (evaluate(digits.items[:n], None, digits_reference, metrics=["frechet"])["fd"] for n in (200, 600))
    assert few.floor > many.floor  # a Frechet distance shrinks with the count
    training = digits_reference.training(200)
    assert few.floor == METRICS["frechet"].measure(training, digits_reference)["fd"].value
    all_of_them = evaluate(digits.items, None, digits_reference, metrics=["frechet"])["fd"]
    assert all_of_them.count == len(digits_reference.training_rows) == 899


def test_floors_are_kept_for_the_next_time(digits, digits_reference, feature_cache, monkeypatch):
    monkeypatch.setattr("gansmith.metrics.feature_networks.classifier.UPDATES", 150)
    first = evaluate(digits.items[:300], digits.labels[:300], digits_reference)
    fresh = reference(digits, feature_cache)
    assert fresh.floors
    monkeypatch.setattr(Reference, "training", None)  # nothing of the real side is read again
    monkeypatch.setattr(Reference, "noise", None)
    again = evaluate(digits.items[:300], digits.labels[:300], fresh)
    strip = {"seconds": 0.0}
    assert again.as_dict() | strip == first.as_dict() | strip


def test_without_floors_nothing_more_is_measured(digits, digits_reference, monkeypatch):
    monkeypatch.setattr(Reference, "training", None)
    monkeypatch.setattr(Reference, "noise", None)
    found = evaluate(digits.items[:77], None, digits_reference, metrics=["kid"], floors=False)["kid"]
    assert (found.floor, found.noise, found.relative) == (None, None, None)


def test_copies_are_named_by_their_rows(digits, digits_reference):
    rng = np.random.default_rng(2)
    made = grainy(digits.items[rng.integers(0, 1797, 300)], 60)
    made[[5, 17, 250]] = digits.items[[1000, 31, 777]]
    found = evaluate(made, None, digits_reference, metrics=["memorisation"])
    assert {(copy.item, copy.training) for copy in found.copies[:3]} == {(5, 1000), (17, 31), (250, 777)}
    assert all(copy.ratio == 0 for copy in found.copies[:3])
    assert len(found.copies) == evaluation.COPIES_SHOWN


def test_the_whole_set_given_back_is_memorised_and_held_out_items_are_not(digits, digits_reference):
    copied = evaluate(digits.items[:500], None, digits_reference, metrics=["memorisation"])["copies"]
    assert copied.value == 1
    assert copied.floor == pytest.approx(0.01, abs=0.003)


def test_order_of_items_does_not_matter_more_than_sampling(digits, digits_reference):
    order = np.argsort(digits.labels, kind="stable")[:1500]  # as in a folder sorted by class
    by_class = evaluate(digits.items[order], None, digits_reference, metrics=["frechet"])["fd"]
    assert by_class.value < by_class.floor + 0.1 * (by_class.noise - by_class.floor)


def test_the_order_of_items_has_no_effect(digits, digits_reference):
    rng = np.random.default_rng(4)
    items, labels = digits.items[:400], digits.labels[:400].copy()
    items = np.concatenate([items, items[:50]])  # some are there twice
    labels = np.concatenate([labels, rng.integers(0, 10, 50)])
    found = [
        evaluate(items[order], labels[order], digits_reference).figures
        for order in (np.arange(450), np.argsort(labels, kind="stable"), rng.permutation(450))
    ]
    assert found[0] == found[1] == found[2]


def test_a_set_is_compared_with_its_test_split_or_with_what_is_held_out(digits, tmp_path):
    test, labels = digits.items[1000:1200], digits.labels[1000:1200]
    own = dataclasses.replace(digits, fingerprint="own", heldout_items=test, heldout_labels=labels)
    pixels = FeatureSettings("pixels", train=False)
    made, plain = (reference(real, tmp_path, pixels) for real in (own, digits))
    assert sorted(item.tobytes() for item in made.heldout.items) == sorted(item.tobytes() for item in test)
    assert (np.sort(made.heldout.labels) == np.sort(labels)).all()
    assert not any("no test split" in note for note in evaluate(test, None, made, metrics=["frechet"]).notes)
    assert not set(plain.heldout_rows) & set(plain.training_rows)
    assert np.array_equal(plain.heldout.items, digits.items[plain.heldout_rows])
    assert np.array_equal(plain.training(50).items, digits.items[plain.training_rows[:50]])
    note = evaluate(digits.items, None, plain, metrics=["frechet"]).notes[-1]
    assert "digits has no test split" in note
    assert "the copy rate tells" in note


WRITER = """
import sys
from pathlib import Path
import numpy as np
from gansmith.kinds import KINDS
from gansmith.metrics.feature_networks.features import Pixels
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import Reference

real = RealItems("any", "any", np.zeros((16, 2), np.float32))
made = Reference(real, Pixels((2,), KINDS["vector"]), None, Path(sys.argv[1]), np.arange(8), np.arange(8, 16))
for index in range(int(sys.argv[3])):
    made.floors.clear()
    made.store_floors({f"{sys.argv[2]}/{index}": float(index)})
"""


def test_two_processes_write_floors_at_once_and_none_is_lost(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name, "150"]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    (path,) = (tmp_path / "features").glob("floors-*.json")
    assert json.loads(path.read_text()) == {f"{name}/{index}": index for name in "ab" for index in range(150)}
    assert not list(path.parent.glob("*.part"))


def test_each_class_has_a_distance_of_its_own(digits, digits_reference):
    items, labels = digits.items[:600].copy(), digits.labels[:600]
    items[labels == 3] = np.roll(items[labels == 3], 2, axis=2)
    found = {each.name: each for each in per_class(items, labels, digits_reference)}
    assert list(found) == list("0123456789")
    assert all(30 < each.count < 80 and each.real > 50 for each in found.values())
    assert max(found, key=lambda name: found[name].fd / found[name].floor) == "3"
    by_looks = per_class(digits.items[:600], None, digits_reference)  # without labels: as the classifier sees them
    assert len(by_looks) == 10
    few = per_class(items[labels < 2], labels[labels < 2], digits_reference)
    assert [each.name for each in few] == ["0", "1"]
    assert [len(each.row()) for each in few] == [5, 5]
    plain = dataclasses.replace(digits_reference, real=dataclasses.replace(digits, labels=None), views={})
    with pytest.raises(DataError, match="leave --per-class out"):
        per_class(items, None, plain)


def test_collapse_is_seen(digits, digits_reference):
    ones = digits.items[digits.labels == 1]
    found = evaluate(ones, None, digits_reference)
    assert found["modes"].value <= 2
    assert found["class_kl"].value > 1.5
    assert found["recall"].value < 0.3
    assert max(found.classes, key=lambda share: share.share).name == "1"
    constant = evaluate(np.repeat(ones[:1], 100, axis=0), None, digits_reference)
    assert (constant["sensitivity"].value, constant["diversity"].value) == (0, 0)


def test_json_and_rows(digits, digits_reference):
    found = evaluate(digits.items[:100], digits.labels[:100], digits_reference)
    told = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert {figure["key"] for figure in told["figures"]} >= {"fd", "copies"}
    rows = found.rows()
    assert len(rows) == 1 + len(found.figures)
    assert {len(row) for row in rows} == {8}
    assert any("rough" in note for note in found.notes)


def test_ring(ring, tmp_path):
    made = reference(ring, tmp_path)
    rng = np.random.default_rng(3)
    good = (ring.centres[rng.integers(0, 8, 2500)] + 0.01 * rng.normal(size=(2500, 2))).astype(np.float32)
    found = evaluate(good, None, made)
    assert {figure.key for figure in found.figures} == {
        *METRICS["modes"].figures,
        *METRICS["manifold"].figures,
        *METRICS["diversity"].figures,
        *("fd", "kid", "swd"),
    }
    assert (found["modes"].value, found["modes"].floor) == (8, 8)
    assert found["good"].value > 0.98
    assert found["swd"].name == "SWD(points)"
    two = good[(good[:, 0] > 0.9)]
    assert evaluate(two, None, made, metrics=["modes"])["modes"].value == 1


def test_vectors_that_are_not_finite_are_left_out_aloud(ring, tmp_path):
    made = reference(ring, tmp_path)
    points = ring.items[:500].copy()
    points[:100] = np.nan
    found = evaluate(points, None, made, metrics=["modes", "frechet"])
    assert found.count == 400
    assert "100 of 500 vectors are not finite" in found.notes[0]
    with pytest.raises(DataError, match="too few"):
        evaluate(np.full((500, 2), np.inf, np.float32), None, made)


def test_nothing_good_at_all_is_still_json(ring, tmp_path):
    far = np.random.default_rng(0).normal(50, 1, (200, 2)).astype(np.float32)
    found = evaluate(far, None, reference(ring, tmp_path), metrics=["modes"])
    assert found["class_kl"].value == math.inf
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["figures"][2]["value"] is None


def test_a_stack_of_digits_has_a_thousand_modes(digits, tmp_path, monkeypatch):
    monkeypatch.setattr("gansmith.metrics.feature_networks.classifier.UPDATES", 150)
    items, labels = stacked.stack(digits.items, digits.labels, 6000)
    made = reference(RealItems("stacked-digits", "stack", items, labels, single=digits), tmp_path)
    assert made.features_name.startswith("stacked-digits-classifier@")
    more, asked = stacked.stack(digits.items, digits.labels, 2000, seed=1)
    found = evaluate(more, None, made, metrics=["classes", "confidence"])
    assert found["modes"].value > 750  # 2,000 draws of 1,000 cover 865 on average
    assert found["modes"].floor == pytest.approx(found["modes"].value, rel=0.05)
    assert found["class_kl"].value == pytest.approx(found["class_kl"].floor, rel=0.2)
    assert evaluate(more, asked, made, metrics=["agreement"])["agreement"].value > 0.8
    assert found.classes == ()


@pytest.mark.parametrize(
    ("items", "labels", "says"),
    [
        (np.zeros((100, 9, 8, 1), np.uint8), None, "prepare them alike"),
        (np.zeros((100, 8, 8, 1), np.float32), None, "prepare them alike"),
        (np.zeros((100, 64), np.float32), None, "prepare them alike"),
        (np.zeros((7, 8, 8, 1), np.uint8), None, "too few"),
        (np.zeros((100, 8, 8, 1), np.uint8), np.zeros(99, np.int64), "one each"),
        (np.zeros((100, 8, 8, 1), np.uint8), np.full(100, 10), "0 to 9"),
    ],
)
def test_items_that_cannot_be_judged_are_refused(digits_reference, items, labels, says):
    with pytest.raises(DataError, match=says):
        evaluate(items, labels, digits_reference)


def test_an_unknown_metric_is_named_with_its_neighbour(digits, digits_reference):
    with pytest.raises(DataError, match="did you mean 'frechet'"):
        evaluate(digits.items[:50], None, digits_reference, metrics=["frechett"])


def test_plain_FID_is_only_for_the_standard_network(digits, digits_reference):
    class Read(evaluation.Inception):
        def read(self, items):
            return digits_reference.extractor.read(items)

    names = {}
    for standard in (True, False):
        network = Read("inception@0000", {}, standard=standard)
        renamed = dataclasses.replace(digits_reference, extractor=network, floors={}, views={})
        found = evaluate(digits.items[:100], None, renamed, metrics=["frechet", "kid"], floors=False)
        assert found["fd"].features == "inception@0000"
        names[standard] = found["fd"].name
    assert names == {True: "FID", False: "FD(inception@0000)"}


def test_counts_that_cost_too_much_are_cut(digits, digits_reference):
    many = np.concatenate([digits.items, digits.items])
    found = evaluate(many, None, digits_reference, metrics=["wasserstein", "memorisation"], floors=False)
    assert found.count == 2 * 1797
    assert found["copies"].count == COPIES_LOOKED_AT
    assert found["swd"].count <= wasserstein.PICTURES


def test_every_figure_is_explained():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "measure.md").read_text(encoding="utf-8")
    for metric in METRICS.values():
        for words in metric.figures.values():
            assert f"| {words.label} |" in page, words.label


def test_every_name_of_features_is_a_row_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "measure.md").read_text(encoding="utf-8")
    for name in get_args(FeatureName):
        assert f"`{name}`" in page, name
