"""Which labels are asked for, and how often."""

from __future__ import annotations

import numpy as np

from gansmith.ground import draws
from gansmith.ground.labelling import UNLABELLED, Labelling
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe

GROUPS = Labelling(4, (10, 0, 60, 30))


def test_nothing_is_asked_of_unlabelled_players():
    assert UNLABELLED.spread(5) is None
    assert UNLABELLED.shuffled(5, np.random.default_rng(0)) is None


def test_classes_take_turns():
    assert Labelling(3).spread(7).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert Labelling(3).spread(4, first=2).tolist() == [2, 0, 1, 2]


def test_groups_come_by_their_shares():
    for first in (0, 17, 400):
        counts = np.bincount(GROUPS.spread(500, first), minlength=4) / 500
        np.testing.assert_allclose(counts, [0.1, 0.0, 0.6, 0.3], atol=0.005)


def test_a_few_are_a_fair_sample_too():
    assert np.abs(np.bincount(GROUPS.spread(10), minlength=4) - [1, 0, 6, 3]).max() <= 1


def test_later_ones_go_on_where_earlier_ones_ended():
    whole = GROUPS.spread(30)
    np.testing.assert_array_equal(np.concatenate([GROUPS.spread(12), GROUPS.spread(18, first=12)]), whole)


def test_shuffled_ones_are_the_same():
    rng = np.random.default_rng(0)
    assert sorted(GROUPS.shuffled(40, rng).tolist()) == sorted(GROUPS.spread(40).tolist())
    assert GROUPS.shuffled(40, rng).tolist() != GROUPS.spread(40).tolist()


def test_a_training_asks_for_groups_as_the_items_have_them():
    recipe = override(Recipe(), {"data.labels": "clusters"})
    known = np.repeat([0, 2, 3], [10, 60, 30])
    asked = np.concatenate([draws.labels(recipe, update, 0, 64, 4, known) for update in range(1, 101)])
    np.testing.assert_allclose(np.bincount(asked, minlength=4) / len(asked), [0.1, 0.0, 0.6, 0.3], atol=0.02)
    again = draws.labels(recipe, 7, 0, 64, 4, known)
    np.testing.assert_array_equal(again, draws.labels(recipe, 7, 0, 64, 4, known))


def test_what_is_compared_with_the_data_is_asked_for_in_its_shares():
    uneven = Labelling(4, frequencies=(100, 2700, 0, 200))
    labels = uneven.as_in_data(100, np.random.default_rng(0))
    assert np.bincount(labels, minlength=4).tolist() == [3, 90, 0, 7]  # 3.33, 90, 0, 6.67
    assert labels.dtype == np.int64
    assert labels.tolist() != sorted(labels.tolist())


def test_shares_are_exact_to_one_item():
    frequencies = (5, 1, 13, 1, 80)
    for count in (1, 2, 7, 99, 1000):
        counts = np.bincount(
            Labelling(5, frequencies=frequencies).as_in_data(count, np.random.default_rng(1)), minlength=5
        )
        assert counts.sum() == count
        assert (np.abs(counts - np.array(frequencies) * count / 100) < 1).all()


def test_where_shares_are_unknown_all_classes_are_asked_for_alike():
    for labelling in (Labelling(3), GROUPS, Labelling(3, frequencies=(0, 0, 0))):
        drawn = [getattr(labelling, draw)(30, np.random.default_rng(2)) for draw in ("as_in_data", "shuffled")]
        np.testing.assert_array_equal(*drawn)
    assert UNLABELLED.as_in_data(5, np.random.default_rng(0)) is None
