"""Sets that look the same in a mirror are told from those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.data.contents.mirrors import LEAST, SAME, mirror_ratio
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings


def letters(count: int, both_ways: bool, seed: int = 0) -> np.ndarray:
    """Dark letters F of various places and colours on light ground, uint8 (N, 32, 32, 3); half of them mirrored or none."""
    rng = np.random.default_rng(seed)
    pictures = np.empty((count, 32, 32, 3), np.uint8)
    for picture in pictures:
        picture[:] = rng.integers(150, 256, 3)
        ink, (x, y) = rng.integers(0, 110, 3), rng.integers(6, 12, 2)
        picture[y : y + 16, x : x + 4] = picture[y : y + 4, x : x + 12] = picture[y + 7 : y + 10, x : x + 9] = ink
        if both_ways and rng.random() < 0.5:
            picture[:] = picture[:, ::-1].copy()
    return pictures


@pytest.mark.parametrize("count", [40, 200, 600])
def test_letters_are_not_mirrored_unless_they_stand_both_ways(count):
    assert mirror_ratio(letters(count, both_ways=False)) > 1.2
    assert mirror_ratio(letters(count, both_ways=True)) <= SAME


def test_by_hand():
    """Bright columns at 0 .. 9 of 20: the nearest of a mirrored one is farther from all but the middle ones."""
    pictures = np.zeros((LEAST, 16, 16, 1), np.uint8)
    pictures[:, :, 0] = 255
    pictures[:, 0, 1] = np.arange(LEAST)[:, None]
    # one level apart; mirrored, 2 x 16 pixels of 255 apart
    assert mirror_ratio(pictures) == pytest.approx(255 * np.sqrt(2 * 16), rel=0.01)
    assert mirror_ratio(pictures[: LEAST - 1]) is None
    assert mirror_ratio(np.zeros((LEAST, 5, 7, 1), np.uint8)) == 1
    pictures[:, 0, 1] = 0
    assert mirror_ratio(pictures) == np.inf


def test_handwriting_has_a_left_and_a_right():
    assert mirror_ratio(open_store(DataSettings(source="digits")).items) > 1.1


@pytest.mark.parametrize(("name", "alike"), [("emoji", True), ("clothing", True), ("sign-digits", False)])
def test_sets_of_photographs_and_drawings(shared, name, alike):
    store = open_store(DataSettings(source=str(shared(name)), size="16", first=600))
    assert (mirror_ratio(store.items) <= SAME) == alike
