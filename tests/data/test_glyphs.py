"""Drawn digits: what they are drawn with is known, kept, and the same for ever."""

from __future__ import annotations

import numpy as np

from gansmith.data import store
from gansmith.data.toys import glyphs
from gansmith.ground.recipes.settings import DataSettings


def test_the_first_five_of_ten_are_the_five_of_five() -> None:
    five, ten = glyphs.pictures(5, 4), glyphs.pictures(10, 4)
    assert np.array_equal(five[0], ten[0][:5])
    assert np.array_equal(ten[1], np.arange(10))
    assert not np.array_equal(glyphs.pictures(5, 4, part=1)[0], five[0])
    assert not np.array_equal(glyphs.pictures(5, 5)[0], five[0])


def test_every_value_stays_in_its_range_and_no_stroke_leaves_the_picture() -> None:
    truth = glyphs.truth(4000, 0)
    for name, (low, high) in glyphs.RANGES.items():
        values = getattr(truth, name)
        assert low <= values.min() < low + (high - low) * 0.01
        assert high >= values.max() > high - (high - low) * 0.01
    corners = np.array(np.meshgrid(*[(0, 1)] * len(glyphs.RANGES))).reshape(len(glyphs.RANGES), -1).T  # (64, 6)
    values = {
        name: np.repeat(low + corners[:, index] * (high - low), 10).astype(np.float32)
        for index, (name, (low, high)) in enumerate(glyphs.RANGES.items())
    }
    pictures = glyphs.draw(glyphs.Truth(np.tile(np.arange(10), 64), **values))[..., 0]
    frame = np.concatenate([pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]], axis=1)
    assert frame.max() == 0
    assert (pictures.max(axis=(1, 2)) == 255).all()


def test_a_one_by_hand() -> None:
    values = {"thickness": 3.0, "slant": 0.0, "width": 10.0, "height": 18.0, "right": 0.0, "down": 0.0}
    arrays = {name: np.array([value], np.float32) for name, value in values.items()}
    picture = glyphs.draw(glyphs.Truth(np.array([1]), **arrays))[0, :, :, 0]
    # the stem stands at x = 13.5 + 10 x .05 = 14: full ink within one pixel of it, half a pixel of grey beyond
    assert picture[18].tolist() == [0] * 13 + [255] * 3 + [0] * 12
    assert picture[23, 14] == 255  # the pen's end at y = 22.5 reaches 1.5 pixels further
    assert picture[25, 14] == 0


def test_the_source_has_labels_and_splits() -> None:
    found = store.open_store(DataSettings(source="glyphs", first=200, labels="classes"), seed=2)
    assert found.items.shape == (200, 28, 28, 1)
    assert found.classes == 10
    assert found.splits == ("train", "test")
    assert np.array_equal(found.items, glyphs.pictures(200, 2)[0])
    test = store.open_store(DataSettings(source="glyphs", first=200, split="test"), seed=2)
    assert np.array_equal(test.items, glyphs.pictures(200, 2, part=1)[0])
