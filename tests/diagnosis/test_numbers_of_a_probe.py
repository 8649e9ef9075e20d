"""The numbers of a probe by hand: labels, copies in the mirror, ranges of pixels, what is asked of the discriminator."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gansmith.diagnosis import probe as room
from gansmith.diagnosis.probe import Probe, Prober, Samples
from gansmith.diagnosis.reference import reference
from gansmith.diagnosis.signals import spectrum
from gansmith.ground import streams
from gansmith.ground.game import DiscriminatorArrays
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.metrics.measures.diversity import pairwise_diversity
from gansmith.metrics.measures.grid import grid

RECIPE = override(Recipe(), {"latent.dim": 2, "seed": 3})
PLACES = np.array([0.0, 10, 25, 45], np.float32)


class Played:
    """A game whose samples are given; it remembers the labels that it was asked with."""

    def __init__(self, make: Any) -> None:
        self.make, self.asked = make, list[Any]()

    def discriminate(self, items: np.ndarray, labels: np.ndarray | None) -> DiscriminatorArrays:
        self.asked.append(labels)
        return DiscriminatorArrays(items.reshape(len(items), -1).mean(1).astype(np.float32))


def vectors(count: int = 60) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 2)).astype(np.float32)


def bars(count: int = 60) -> np.ndarray:
    """Pictures uint8 (count, 8, 8, 1) that look otherwise in the mirror."""
    rng = np.random.default_rng(1)
    made = rng.integers(0, 30, (count, 8, 8, 1), dtype=np.uint8)
    for index in range(count):
        made[index, :, index % 3] = 100 + rng.integers(0, 150, (8, 1))
    return made


def unit(items: np.ndarray) -> np.ndarray:
    """Bytes on the scale of the networks, -1 to 1."""
    return (items / np.float32(127.5) - 1).astype(np.float32)


def asked_of(rows: np.ndarray, labels: list[int]) -> Samples:
    return Samples(rows, rows, rows, np.array(labels), rows)


def test_limits():
    assert (room.GREY, room.FAINT, room.LEAST_OF_A_CLASS) == (0.01, 0.1, 5)


def test_rows_are_rounded_where_that_loses_nothing():
    numbers = {"a": 1.23456789, "b": 0.00123456789, "c": 0.000123456789, "d": -1.23456789}
    row = Probe(1, 2, numbers).as_row()
    assert row["numbers"] == {"a": 1.234568, "b": 0.001235, "c": 0.000123456789, "d": -1.234568}
    found = Probe.of_row({"update": 3, "numbers": {}})
    assert found is not None
    assert found.images_seen == 0


# ---- which labels are asked for


def test_labels_come_of_the_run_s_own_dice():
    seen: list[float] = []

    def drawn(count: int, rng: np.random.Generator) -> np.ndarray:
        seen.append(float(rng.random()))
        return np.arange(count) % 3

    labelling: Any = SimpleNamespace(as_in_data=drawn, shuffled=drawn, counts=(), classes=3)
    prober = Prober(RECIPE, reference(vectors()), labelling, samples=9)
    wanted = np.random.Generator(np.random.Philox(key=streams.key(3, "diagnosis"), counter=[0, 0, 4, 0])).random()
    assert seen == [wanted, wanted]
    assert prober.labels is prober.even  # nearly as often: one set of samples is enough


def test_uneven_labels_are_drawn_apart():
    prober = Prober(RECIPE, reference(vectors()), Labelling(2, frequencies=(90, 10)), samples=100)
    assert prober.labels is not None
    assert prober.even is not None
    assert prober.labels is not prober.even
    assert np.bincount(prober.labels).tolist() == [90, 10]
    assert np.bincount(prober.even).tolist() == [50, 50]
    assert Prober(RECIPE, reference(vectors()), Labelling(), samples=9).labels is None


@pytest.mark.parametrize(
    ("labels", "even", "alike"),
    [
        ([13, 7], [10, 10], True),  # within a quarter of ten, and one
        ([14, 6], [10, 10], False),
        ([11, 5], [8, 8], True),
        ([8, 8], [11, 5], True),
        ([12, 4], [8, 8], False),
        ([4, 12, 0], [4, 8, 4], False),
        ([4, 7, 5], [4, 12, 0], False),
        ([4, 8, 4], [4, 12, 0], True),
        ([9, 9, 2], [10, 10], True),
        ([6, 6, 8], [10, 10], False),
    ],
)
def test_how_often_is_nearly_as_often(labels: list[int], even: list[int], alike: bool):
    ours, theirs = (np.repeat(np.arange(len(counts)), counts) for counts in (labels, even))
    assert room._alike(ours, theirs) is alike
    assert not room._alike(ours, None)


def test_mirrored_items_are_asked_for_where_the_run_mirrors():
    known = reference(vectors())
    assert not Prober(RECIPE, known, Labelling()).mirrors
    assert Prober(override(RECIPE, {"augment.name": "mirror+ada"}), known, Labelling()).mirrors


# ---- classes


def test_the_effect_of_a_label_is_over_that_of_other_latents():
    prober = Prober(RECIPE, reference(vectors()), Labelling(3), samples=8)
    rows = np.array([[0.0, 1], [0, 2], [3, 0], [4, 1], [7, 3], [9, 9], [9, 8], [1, 1]], np.float32)
    labels = [0, 1, 2, 2, 2, 2, 2, 2]
    game: Any = Played(lambda z, y: np.stack([PLACES[y], PLACES[y]], 1))
    # the first two are asked for with the next label: 1 and 2
    moved = np.mean([np.hypot(10 - 0, 10 - 1), np.hypot(25 - 0, 25 - 2)])
    wanted = moved / pairwise_diversity(rows[2:])
    assert prober._label_effect(asked_of(rows, labels), game)["label effect"] == pytest.approx(wanted, rel=1e-5)
    two = np.mean([pairwise_diversity(rows[:4]), pairwise_diversity(rows[4:])])
    found = prober._label_effect(asked_of(rows, [0, 0, 0, 0, 1, 1, 1, 1]), game)["label effect"]
    assert found == pytest.approx(np.mean([np.hypot(10, 9), np.hypot(10, 8)]) / two, rel=1e-5)
    pair = np.mean([pairwise_diversity(rows[:2]), pairwise_diversity(rows[2:])])  # two samples are enough
    found = prober._label_effect(asked_of(rows, [0, 0, 1, 1, 1, 1, 1, 1]), game)["label effect"]
    assert found == pytest.approx(np.mean([np.hypot(10, 9), np.hypot(10, 8)]) / pair, rel=1e-5)


def test_without_two_samples_of_a_label_latents_have_no_effect():
    prober = Prober(RECIPE, reference(vectors()), Labelling(4), samples=4)
    game: Any = Played(lambda z, y: np.stack([PLACES[y], PLACES[y]], 1))
    found = prober._label_effect(asked_of(np.zeros((4, 2), np.float32), [0, 1, 2, 3]), game)
    assert found["label effect"] > 1e9


def test_agreement_by_hand():
    classed: Any = SimpleNamespace(
        class_of=lambda points: np.array([0, 0, 1, 1, 1, 0, 0, 0]),
        counts=lambda taken, labels: (np.array([5.123456, 2.9]), np.array([6.0, 2.0]), np.array([0.0, 1.23456])),
        confusion=np.array([[0.9, 0.1], [0.5, 0.5]]),
    )
    asked = asked_of(np.zeros((8, 2)), [0, 0, 1, 1, 0, 0, 0, 0])
    numbers, shares = room._classes(asked, classed, labelled=True)
    assert numbers["agreement"] == 7 / 8
    assert numbers["faithful agreement"] == pytest.approx((6 * 0.9 + 2 * 0.5) / 8)
    assert shares == {"classes": [5.12, 2.9], "asked": [6, 2], "lacks": [0, 1.23]}
    assert "agreement" not in room._classes(asked, classed, labelled=False)[0]


def test_the_players_groups_are_no_classes():
    known = reference(vectors(), np.arange(60) % 2)
    game: Any = Played(lambda z, y: vectors(len(z)))
    grouped = Prober(RECIPE, known, Labelling(2, (30, 30)), samples=16)
    assert grouped.classes == 0
    assert "agreement" not in grouped.probe(game, 1, 0).numbers
    assert "agreement" in Prober(RECIPE, known, Labelling(2), samples=16).probe(game, 1, 0).numbers
    alone = Prober(RECIPE, reference(vectors(), np.zeros(60, np.int64)), Labelling(1), samples=16)
    assert alone.probe(game, 1, 0).numbers["agreement"] == 1


def test_spread_in_a_class_is_measured_where_it_can_be():
    labels = np.repeat(np.arange(6), [5, 6, 5, 4, 5, 5])
    rows = np.random.default_rng(0).standard_normal((len(labels), 3))
    classed: Any = SimpleNamespace(spreads=np.array([1.0, 0.05, np.nan, 2.0, 0.1, 0.3]))
    _, shares = room._spread_in_class(asked_of(rows, labels.tolist()), classed, 1.0)
    spreads = [rows[labels == label].std(0).mean() for label in (0, 5)]
    wanted = [round(spreads[0], 3), -1, -1, -1, -1, round(spreads[1] / 0.3, 3)]
    assert shares["spread by label"] == wanted  # blank, unknown, too few samples, just blank


# ---- copies


@pytest.mark.parametrize("turned", [False, True])
def test_copies_in_the_mirror_are_copies_where_the_run_mirrors(turned: bool):
    known = reference(bars(), heldout=bars(90)[60:])
    chosen = known.source[known.where[:16]]
    game: Any = Played(lambda z, y: unit(chosen[:, :, ::-1] if turned else chosen))
    plain = Prober(RECIPE, known, Labelling(), samples=16).probe(game, 1, 0).numbers
    mirrored = (
        Prober(override(RECIPE, {"augment.name": "mirror"}), known, Labelling(), samples=16).probe(game, 1, 0).numbers
    )
    assert mirrored["copies"] == 1
    assert mirrored["nearness"] < 0.01
    assert (plain["copies"] == 1) is not turned
    assert (plain["nearness"] < 0.01) is not turned


def test_vectors_have_no_mirror():
    known = reference(vectors())
    game: Any = Played(lambda z, y: vectors(len(z)))
    recipes = RECIPE, override(RECIPE, {"augment.name": "mirror"})
    plain, mirrored = (Prober(recipe, known, Labelling(), samples=16).probe(game, 1, 0).numbers for recipe in recipes)
    assert plain == mirrored


# ---- pixels


def pixels_of(raw: np.ndarray, **real: float) -> dict[str, float]:
    drawn = Samples(raw, raw.reshape(len(raw), -1), raw, None, raw)
    known: Any = SimpleNamespace(real={"contrast": 1.0, **real}, profile=())
    return room._pixels(drawn, known)


def test_the_range_of_pixels():
    raw = np.array([-0.05, -0.03, -0.02, 0, 0.5, 1, 1.02, 1.03, 1.5, 0.4], np.float32).reshape(1, 2, 5, 1)
    assert pixels_of(raw)["outside"] == pytest.approx(0.4)
    ramp = np.linspace(0, 1, 1001, dtype=np.float32).reshape(1, 7, 143, 1)
    found = pixels_of(ramp)
    assert (found["darkest"], found["brightest"]) == (pytest.approx(0.01, abs=1e-5), pytest.approx(0.99, abs=1e-5))


def test_colour_is_measured_where_real_pictures_have_any():
    raw = np.random.default_rng(0).random((2, 3, 4, 3)).astype(np.float32)
    assert "colour" not in pixels_of(raw)
    assert "colour" not in pixels_of(raw, colour=0.01)
    assert pixels_of(raw, colour=0.015)["colour"] > 1


def test_frequencies_are_over_the_real_pictures():
    known = reference(bars())
    raw = np.random.default_rng(0).random((40, 8, 8, 1)).astype(np.float32)
    drawn = Samples(raw, raw.reshape(40, -1), raw, None, raw)
    found, upper, checks = (
        room._pixels(drawn, known),
        spectrum.upper(spectrum.profiles(raw)),
        grid(raw * np.float32(255)),
    )
    assert found["grain"] == pytest.approx(upper - known.real["upper"])
    assert found["sharpness"] == pytest.approx(upper / known.real["upper"])
    assert found["checks"] == pytest.approx(checks.checks / known.real["checks"])
    assert found["checks stand out"] == pytest.approx(checks.stands_out)


# ---- the discriminator


def test_labels_are_given_where_the_players_have_them():
    known = reference(vectors(), np.arange(60) % 2, heldout=vectors(9), heldout_labels=np.arange(9) % 2)
    game: Any = Played(lambda z, y: vectors(len(z)))
    Prober(RECIPE, known, Labelling(), samples=16).probe(game, 1, 0)
    assert game.asked == [None, None, None]
    game.asked.clear()
    Prober(RECIPE, known, Labelling(2), samples=16).probe(game, 1, 0)
    training, sampled, unseen = game.asked
    np.testing.assert_array_equal(training, known.training.labels[:128])
    assert len(sampled) == 16
    np.testing.assert_array_equal(unseen, known.heldout.labels)
