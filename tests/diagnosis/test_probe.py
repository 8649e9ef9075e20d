"""Probes of games that are made to show one thing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from gansmith.diagnosis.pictures import beside
from gansmith.diagnosis.probe import PROBED, Probe, Prober
from gansmith.diagnosis.reference import SAMPLES, Reference, reference
from gansmith.ground import pixels, streams
from gansmith.ground.game import DiscriminatorArrays
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe

from .histories import REAL

RECIPE = override(Recipe(), {"latent.dim": 3})
COUNT = 600


def shapes(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 (count, 12, 12, 1) of three kinds, and their kinds: a bar in one of three places, in three greys."""
    rng = streams.generator(seed, "source")
    kinds = np.arange(count) % 3
    pictures = rng.integers(0, 40, (count, 12, 12, 1)).astype(np.uint8)
    for index, kind in enumerate(kinds):
        pictures[index, :, 1 + 4 * kind : 3 + 4 * kind] = 150 + rng.integers(0, 100)
    return pictures, kinds.astype(np.int64)


class Puppet:
    """A game whose samples and verdicts are given."""

    def __init__(self, make: Any, judge: Any = None) -> None:
        self.make = make
        self.judge = judge or (lambda items: items.reshape(len(items), -1).mean(1))

    def discriminate(self, items: np.ndarray, labels: np.ndarray | None) -> DiscriminatorArrays:
        return DiscriminatorArrays(np.asarray(self.judge(items), np.float32))


@pytest.fixture(scope="module")
def known() -> Reference:
    items, labels = shapes(COUNT)
    unseen, unseen_labels = shapes(300, 5)
    return reference(items, labels, heldout=unseen, heldout_labels=unseen_labels, class_names=("a", "b", "c"))


def numbers_of(known: Reference, make: Any, judge: Any = None, classes: int = 0, looks: int = 1) -> Probe:
    prober = Prober(RECIPE, known, Labelling(classes))
    probes = [prober.probe(Puppet(make, judge), look, 0) for look in range(looks)]
    return probes[-1]


def real(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    mixed = streams.generator(0, "explore", 1).permutation(SAMPLES)
    return pixels.to_float(shapes(SAMPLES, 9)[0][mixed[: len(latents)]])


def test_new_real_items_look_real(known: Reference):
    probe = numbers_of(known, real)
    found = probe.numbers
    for name in ("spread", "diversity", "contrast", "kinds"):
        assert found[name] == pytest.approx(1, abs=0.1), name
    assert found["class variety"] == pytest.approx(1, abs=0.02)
    assert found["overlap"] > 0.8
    assert found["quality"] < 0.15
    assert found["precision"] > 0.8
    assert found["coverage"] > 0.6
    assert found["copies"] < 0.06
    assert found["nearness"] == pytest.approx(1, abs=0.1)
    assert found["outside"] == 0
    assert set(found) <= set(PROBED)
    assert sum(probe.shares["prototypes"]) == SAMPLES
    assert sum(probe.shares["classes"]) == pytest.approx(SAMPLES, abs=0.1)
    assert probe.shares["lacks"] == [0, 0, 0]


def test_a_thousand_classes_are_too_many_to_vote_on():
    items, _ = shapes(COUNT)
    many = reference(items, streams.generator(0, "source").permutation(1000)[:COUNT])
    assert many.classes == 0
    probe = numbers_of(many, real)
    assert "class variety" not in probe.numbers
    assert probe.numbers["kinds"] == pytest.approx(1, abs=0.1)
    labelled = numbers_of(many, real, classes=1000)
    assert "agreement" not in labelled.numbers


def test_one_item_again_and_again(known: Reference):
    def same(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return pixels.to_float(known.source[np.zeros(len(latents), int) + 7])

    found = numbers_of(known, same).numbers
    assert found["spread"] == pytest.approx(0, abs=1e-5)
    assert found["diversity"] == pytest.approx(0, abs=1e-5)
    assert found["copies"] == 1
    assert found["nearness"] < 0.01
    assert found["stamp"] == pytest.approx(1, abs=1e-4)
    assert found["kinds"] < 0.1


def test_one_class_only(known: Reference):
    def narrow(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        items, kinds = shapes(3 * len(latents), 9)
        return pixels.to_float(items[kinds == 1][: len(latents)])

    probe = numbers_of(known, narrow)
    assert probe.numbers["class variety"] == pytest.approx(1 / 3, abs=0.01)
    assert probe.shares["classes"] == pytest.approx([0, SAMPLES, 0], abs=0.5)
    assert min(probe.shares["lacks"][0], probe.shares["lacks"][2]) > 5
    assert probe.numbers["kinds"] < 0.5
    assert probe.numbers["diversity"] > 0.2  # not all alike


def test_the_variety_of_classes_is_no_mere_count_of_them(known: Reference):
    """One of ten samples is of class a, one of class c: all three are drawn, and hardly two are shown."""

    def uneven(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        items, kinds = shapes(3 * len(latents), 9)
        wanted = np.where(np.arange(len(latents)) % 10 < 8, 1, np.arange(len(latents)) % 10 // 9 * 2)
        where = [np.flatnonzero(kinds == kind) for kind in range(3)]
        return pixels.to_float(items[[where[kind][i] for i, kind in enumerate(wanted)]])

    by_hand = np.exp(-(0.8 * np.log(0.8) + 0.2 * np.log(0.1))) / 3
    assert numbers_of(known, uneven).numbers["class variety"] == pytest.approx(by_hand, abs=0.02)


def test_training_items_given_back_are_copies(known: Reference):
    found = numbers_of(known, lambda z, y: pixels.to_float(known.source[known.where[: len(z)]])).numbers
    assert found["copies"] > 0.95
    assert found["nearness"] < 0.05
    assert found["diversity"] == pytest.approx(1, abs=0.1)


def test_pixels_outside_their_range(known: Reference):
    found = numbers_of(known, lambda z, y: real(z, y) * 1.5).numbers
    assert found["outside"] > 0.3
    assert found["darkest"] < 0


def test_the_mean_item(known: Reference):
    mean = pixels.to_float(known.source).mean(0)
    found = numbers_of(known, lambda z, y: np.broadcast_to(mean, (len(z), *mean.shape)).copy()).numbers
    assert found["mean likeness"] > 0.999
    assert found["spread"] < 1e-4


def test_nan_is_met(known: Reference):
    def broken(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        made = real(latents, labels)
        made[0, 0] = np.nan
        return made

    probe = numbers_of(known, broken)
    assert 0.9 < probe.numbers["finite"] < 1
    assert set(probe.numbers) == {"finite"}


def test_labels_that_are_obeyed_and_labels_that_are_not(known: Reference):
    def obedient(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        assert labels is not None
        items, kinds = shapes(3 * SAMPLES, 9)
        where = [np.flatnonzero(kinds == label) for label in range(3)]
        return pixels.to_float(items[[where[label][i] for i, label in enumerate(labels)]])

    found = numbers_of(known, obedient, classes=3)
    assert found.numbers["agreement"] == 1
    assert found.numbers["label effect"] > 1
    assert all(0.8 < spread < 1.2 for spread in found.shares["spread by label"])
    deaf = numbers_of(known, real, classes=3).numbers  # `real` takes classes in turn, as the prober asks
    assert deaf["label effect"] == 0
    shuffled = numbers_of(
        known, lambda z, y: real(z, y)[streams.generator(0, "explore").permutation(len(z))], classes=3
    )
    assert shuffled.numbers["agreement"] == pytest.approx(1 / 3, abs=0.12)


def test_a_discriminator_that_knows_its_items_by_heart(known: Reference):
    seen = {item.tobytes() for item in known.source}

    def by_heart(items: np.ndarray) -> list[float]:
        return [float(item.tobytes() in seen) for item in items]

    found = numbers_of(known, real, by_heart).numbers
    assert found["favour"] == 1
    assert found["skill"] == 1
    blind = numbers_of(known, real, lambda items: np.zeros(len(items))).numbers
    assert blind["favour"] == blind["skill"] == 0.5


def test_samples_that_move_and_samples_that_do_not(known: Reference):
    assert numbers_of(known, real, looks=2).numbers["moved"] == 0
    assert "moved" not in numbers_of(known, real).numbers
    turn = iter((1.0, -1.0))
    assert numbers_of(known, lambda z, y: real(z, y) * next(turn), looks=2).numbers["moved"] > 1


def test_a_probe_survives_json(known: Reference):
    probe = numbers_of(known, real)
    back = Probe.of_row(json.loads(json.dumps(probe.as_row())))
    assert back is not None
    assert back.shares == probe.shares
    assert back.numbers == pytest.approx(probe.numbers, abs=1e-6)
    for junk in (
        {},
        {"update": 1},
        {"update": "x", "numbers": {}},
        {"update": 1, "numbers": {"a": "b"}},
        {"about": {}},
    ):
        assert Probe.of_row(junk) is None


def test_probing_is_a_function_of_the_game_alone(known: Reference):
    def generated(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return np.tanh(latents @ np.ones((3, 144), np.float32)).reshape(-1, 12, 12, 1)

    assert numbers_of(known, generated).as_row() == numbers_of(known, generated).as_row()


def test_vectors_have_no_pixels():
    points = streams.generator(0, "source").standard_normal((500, 2)).astype(np.float32)
    known = reference(points)
    probe = numbers_of(known, lambda z, y: points[: len(z)] + np.float32(0.01))
    assert not {"contrast", "outside", "stamp", "pattern", "grain"} & set(probe.numbers)
    assert probe.numbers["diversity"] == pytest.approx(1, abs=0.15)
    prober = Prober(RECIPE, known, Labelling())
    prober.probe(Puppet(lambda z, y: points[: len(z)]), 0, 0)
    assert prober.newest is not None
    assert beside("mode collapse", prober.newest, known) is None


@pytest.mark.parametrize("count", [1, 2, 7])
def test_tiny_sets(count: int):
    items, labels = shapes(count)
    known = reference(items, labels)
    assert all(np.isfinite(value) for value in numbers_of(known, real, classes=0).numbers.values())


def test_what_is_known_is_a_function_of_the_items(known: Reference):
    again = reference(*shapes(COUNT), heldout=shapes(300, 5)[0])
    assert again.real == known.real
    np.testing.assert_array_equal(again.prototypes, known.prototypes)
    assert set(REAL) <= set(known.real)


@pytest.mark.parametrize("state", ["mode collapse", "memorised pictures", "one picture memorised"])
def test_findings_are_drawn(known: Reference, state: Any):
    prober = Prober(RECIPE, known, Labelling())
    prober.probe(Puppet(lambda z, y: pixels.to_float(known.source[: len(z)])), 0, 0)
    assert prober.newest is not None
    picture = beside(state, prober.newest, known)
    assert picture is not None
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    if state == "memorised pictures":  # each sample beside itself
        half = (picture.shape[1] - 12) // 2
        np.testing.assert_array_equal(picture[:, :half], picture[:, -half:])


def test_more_classes_than_items_show(known: Reference):
    """Computed sets keep classes without items: the players have them, so they may be asked for."""
    items, labels = shapes(COUNT)
    wider = reference(items, labels, classes=5)
    assert wider.classes == 5
    prober = Prober(RECIPE, wider, Labelling(5, frequencies=(200, 200, 200, 0, 0)))
    probe = prober.probe(Puppet(lambda z, y: real(z, None)), 1, 0)
    assert len(probe.shares["classes"]) == 5
    assert probe.shares["lacks"][3:] == [0, 0]
