import dataclasses

import numpy as np
import pytest
import torch

from gansmith.data.toys import stacked
from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import classifier, features, network, self_supervised
from gansmith.metrics.feature_networks.choice import FeatureSettings
from gansmith.metrics.real import RealItems, split
from gansmith.metrics.reference import reference


def shapes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Bars that stand or lie, with grain: uint8 (count, 12, 12, 1) and their class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pictures = rng.integers(0, 60, (count, 12, 12, 1))
    for picture, label, place in zip(pictures, labels, rng.integers(0, 9, count), strict=True):
        bar = picture if label else picture.transpose(1, 0, 2)
        bar[:, place : place + 3] += 150
    return pictures.astype(np.uint8), labels.astype(np.int64)


def accuracy(network: network.Network, items: np.ndarray, labels: np.ndarray) -> float:
    return float((network.read(items).probabilities.argmax(axis=1) == labels).mean())


def test_a_classifier_learns_bars_and_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 40)
    items, labels = shapes(400, 0)
    told = []
    made = classifier.trained(tmp_path, "bars", "bars", items, labels, lambda what, done: told.append(done))
    assert accuracy(made, *shapes(200, 1)) > 0.95
    assert told[-1] == 1
    assert made.name == f"bars-classifier@{features.hash_of(made.weights)}"

    told.clear()
    again = classifier.trained(tmp_path, "bars", "bars", items, labels, lambda what, done: told.append(done))
    assert (again.name, told) == (made.name, [])
    assert (again.read(items).features == made.read(items).features).all()
    assert classifier.cached(tmp_path, "other", "bars").load() is None


@pytest.mark.parametrize("kind", ["classifier", "self-supervised"])
def test_training_is_a_function_of_the_set_alone(kind):
    items, labels = shapes(150, 0)

    def weights():
        if kind == "classifier":
            return classifier.fit(items, labels, 3)
        return self_supervised.fit(items, 3)

    first = weights()
    torch.manual_seed(99)
    np.random.seed(99)
    assert features.hash_of(weights()) == features.hash_of(first)


def test_a_damaged_or_foreign_cache_file_is_as_good_as_none(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 2)
    items, labels = shapes(60, 0)
    made = classifier.trained(tmp_path, "bars", "bars", items, labels)
    (file,) = (tmp_path / "features").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:1000])
    assert classifier.cached(tmp_path, "bars", "bars").load() is None
    assert classifier.trained(tmp_path, "bars", "bars", items, labels).name == made.name
    monkeypatch.setattr(network, "FORMAT", "0")
    assert classifier.cached(tmp_path, "bars", "bars").load() is None
    assert not list((tmp_path / "features").glob("*.part"))


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 48, 3), (90, 120, 3), (5, 7, 1)])
def test_every_size_of_picture_is_read(shape, rng):
    weights = network.initial_weights(shape[2], 10)
    reader = network.Network("any@0000", weights, shape, classes=10)
    items = rng.integers(0, 256, (5, *shape), dtype=np.uint8)
    found = reader.read(items)
    assert found.features.shape == (5, network.HIDDEN)
    assert found.features.min() >= 0
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    with pytest.raises(DataError, match="prepare them at one size"):
        reader.read(np.zeros((2, 9, 9, 1), np.uint8))


def test_hashes_tell_weights_apart():
    arrays = {"a": np.zeros(3, np.float32), "b": np.ones((2, 2), np.float32)}
    assert features.hash_of(arrays) == features.hash_of(dict(reversed(arrays.items())))
    assert features.hash_of(arrays) != features.hash_of(arrays | {"a": np.full(3, 1e-30, np.float32)})


def test_every_pass_shows_every_item_once():
    seen = np.concatenate([network.draw(50, 20, update) for update in range(5)])
    assert sorted(seen[:50]) == sorted(seen[50:]) == list(range(50))
    assert (seen[:50] != seen[50:]).any()


def test_shifts_move_by_two_pixels_at_most(rng):
    batch = rng.random((30, 9, 9, 1)).astype(np.float32)
    for before, after in zip(batch, classifier.shifted(batch, 3), strict=True):
        places = [(d, r) for d in range(5) for r in range(5) if (before[d : d + 5, r : r + 5] == after[2:7, 2:7]).all()]
        assert len(places) == 1


def test_views_stay_in_range_and_differ():
    batch = torch.from_numpy(shapes(6, 0)[0].astype(np.float32) / 255).permute(0, 3, 1, 2)
    first, second = self_supervised.view(batch, 0, 0), self_supervised.view(batch, 0, 1)
    assert first.shape == batch.shape
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1
    assert not torch.equal(first, second)
    assert torch.equal(first, self_supervised.view(batch, 0, 0))


def test_contrast_by_hand():
    # two pairs of opposite unit vectors: partner at similarity 1, two strangers at -1
    rows = torch.tensor([[1.0, 0], [-1, 0], [1, 0], [-1, 0]])
    near, far = np.exp(1 / self_supervised.TEMPERATURE), np.exp(-1 / self_supervised.TEMPERATURE)
    assert float(self_supervised.contrastive_loss(rows)) == pytest.approx(-np.log(near / (near + 2 * far)), abs=1e-6)


def test_a_stacked_classifier_reads_each_channel(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 40)
    items, labels = shapes(300, 0)
    digits = classifier.trained(tmp_path, "bars", "bars", items, labels)
    pictures, numbers = stacked.stack(items, labels, 100, classes=2)
    found = classifier.StackedClassifier(digits).read(pictures)
    assert found.features.shape == (100, 3 * network.HIDDEN)
    assert found.probabilities.shape == (100, 8)
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(100), abs=1e-5)
    assert (found.probabilities.argmax(axis=1) == numbers).mean() > 0.9


def test_what_auto_takes(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(classifier, "UPDATES", 2)
    monkeypatch.setattr(self_supervised, "UPDATES", 2)
    items, labels = shapes(64, 0)
    labelled = RealItems("bars", "bars", items, labels)
    assert reference(labelled, tmp_path).features_name.startswith("bars-classifier@")
    plain = reference(dataclasses.replace(labelled, labels=None), tmp_path)
    assert plain.features_name.startswith("bars-self-supervised@")
    assert plain.classifier is None
    points = RealItems("ring", "ring", rng.normal(size=(64, 2)).astype(np.float32))
    assert reference(points, tmp_path).features_name == "points"
    assert reference(labelled, tmp_path, FeatureSettings("pixels")).features_name == "pixels-12x12x1"


def test_nothing_is_trained_inside_a_timed_run(tmp_path):
    items, labels = shapes(64, 0)
    made = reference(RealItems("bars", "bars", items, labels), tmp_path, FeatureSettings(train=False))
    assert made.features_name == "pixels-12x12x1"
    assert made.classifier is None
    assert len(made.notes) == 2
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.mark.parametrize(
    ("change", "features_name", "says"),
    [
        ({}, "clasifier", "did you mean 'classifier'"),
        ({}, "inception", "with --inception"),
        ({"labels": None}, "classifier", "no two classes"),
        ({"items": np.zeros((64, 2), np.float32)}, "classifier", "holds vectors"),
        ({"items": np.zeros((9, 12, 12, 1), np.uint8), "labels": None}, "auto", "at least 16"),
        ({"labels": np.zeros(3, np.int64)}, "auto", "3 labels for 64"),
        ({"heldout_items": np.zeros((20, 9, 9, 1), np.uint8)}, "auto", "prepare both at one size"),
    ],
)
def test_what_has_no_meaning_is_refused(tmp_path, change, features_name, says):
    items, labels = shapes(64, 0)
    real = dataclasses.replace(RealItems("bars", "bars", items, labels), **change)
    with pytest.raises(DataError, match=says):
        reference(real, tmp_path, FeatureSettings(features_name))


@pytest.mark.parametrize(
    ("count", "heldout"), [(16, 8), (1683, 841), (3781, 1890), (9000, 2000), (30_000, 5000), (200_000, 10_000)]
)
def test_the_split_is_fixed_and_covers_the_set(count, heldout):
    real = RealItems("any", "any", np.zeros((count, 1), np.float32))
    training, held = split(real)
    assert held is not None
    assert len(held) == heldout
    assert (np.sort(np.concatenate([training, held])) == np.arange(count)).all()
    assert (split(real)[1] == held).all()
