"""What an update draws: latents, asked labels, targets, dropout keys, mirrored items."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from gansmith.ground import draws
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe

BASE = override(Recipe(), {"latent.dim": 6, "feedback.discriminator_turns": 2, "feedback.generator_turns": 2})
SAME = override(BASE, {"feedback.latents": "same"})
TURNS = (0, 1, draws.generator_turn(BASE, 0), draws.generator_turn(BASE, 1))


def test_turns_are_numbered_discriminator_first():
    assert TURNS == (0, 1, 2, 3)


def test_fresh_latents_differ_in_every_turn_and_update():
    drawn = [draws.latents(BASE, update, turn, 5) for update, turn in product((1, 2), TURNS)]
    assert all(latents.shape == (5, 6) and latents.dtype == np.float32 for latents in drawn)
    assert len({latents.tobytes() for latents in drawn}) == 8


def test_same_latents_and_labels_serve_the_generator_again():
    last = draws.latents(SAME, 3, 1, 5)
    for turn in TURNS[2:]:
        np.testing.assert_array_equal(draws.latents(SAME, 3, turn, 5), last)
        np.testing.assert_array_equal(draws.labels(SAME, 3, turn, 9, 4), draws.labels(SAME, 3, 1, 9, 4))
    assert not np.array_equal(draws.latents(SAME, 3, 0, 5), last)


def test_the_seed_matters():
    assert not np.array_equal(draws.latents(BASE, 1, 0, 5), draws.latents(override(BASE, ["seed=1"]), 1, 0, 5))


@pytest.mark.parametrize(("count", "classes"), [(64, 10), (30, 3), (7, 10), (1, 2)])
def test_every_class_is_asked_for_equally_often(count: int, classes: int):
    for update in range(1, 6):
        labels = draws.labels(BASE, update, 0, count, classes)
        assert labels is not None
        assert labels.dtype == np.int64
        shares = np.bincount(labels, minlength=classes)
        assert len(shares) == classes
        assert shares.max() - shares.min() <= 1


def test_no_class_is_favoured_where_shares_cannot_be_equal():
    counts = sum(np.bincount(draws.labels(BASE, update, 0, 5, 3), minlength=3) for update in range(600))
    np.testing.assert_allclose(counts, 1000, rtol=0.06)


def test_labels_are_in_random_order():
    asked = [tuple(draws.labels(BASE, update, 0, 10, 10)) for update in range(20)]
    assert len(set(asked)) == 20
    assert all(labels != tuple(sorted(labels)) for labels in asked)


def test_unlabelled_games_ask_for_nothing():
    assert draws.labels(BASE, 1, 0, 5, 0) is None


def test_only_the_first_classes_are_asked_for():
    published = override(BASE, {"latent.classes_drawn": 9})
    asked = np.concatenate([draws.labels(published, update, 0, 18, 10) for update in range(5)])
    assert set(asked) == set(range(9))


def test_constant_targets_are_numbers_and_others_are_drawn():
    recipe = override(BASE, {"loss.real": [0.9, 0.9], "loss.fake": [0.0, 0.1], "loss.generator": [0.9, 1.0]})
    assert draws.targets(recipe, "real", 1, 0, 4) == 0.9
    fake = draws.targets(recipe, "fake", 1, 0, 50_000)
    assert isinstance(fake, np.ndarray)
    assert (fake.dtype, fake.shape) == (np.float32, (50_000,))
    assert 0 <= fake.min() < 0.001
    assert 0.099 < fake.max() <= 0.1
    assert fake.mean(dtype=float) == pytest.approx(0.05, abs=0.001)


def test_targets_differ_between_players_turns_and_updates():
    recipe = override(BASE, {"loss.real": [0, 1], "loss.fake": [0, 1], "loss.generator": [0, 1]})
    drawn = [
        np.asarray(draws.targets(recipe, who, update, turn, 6)).tobytes()
        for who, update, turn in product(draws.PASSES, (1, 2), TURNS)
    ]
    assert len(set(drawn)) == len(drawn)


def test_no_two_dropout_layers_share_a_key():
    keys = [
        draws.dropout_key(BASE, update, turn, which, layer)
        for update, turn, which, layer in product((1, 2), TURNS, draws.PASSES, range(8))
    ]
    assert len(set(keys)) == len(keys)


def test_half_of_the_items_are_mirrored():
    turned = np.concatenate([draws.mirrored(BASE, update, 0, 100) for update in range(100)])
    assert turned.dtype == bool
    assert turned.mean() == pytest.approx(0.5, abs=0.02)
    assert not np.array_equal(draws.mirrored(BASE, 1, 0, 100), draws.mirrored(BASE, 1, 1, 100))
