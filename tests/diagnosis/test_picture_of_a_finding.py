"""The picture of a finding: samples on the left, what they are compared with on the right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gansmith.diagnosis import pictures
from gansmith.diagnosis.findings import State
from gansmith.ground import pixels


def even(levels: np.ndarray, height: int = 10, width: int = 10) -> np.ndarray:
    """A picture of each level, uint8 (N, height, width, 1)."""
    return np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (len(levels), height, width, 1)).copy()


def world(made: int = 40, known: int = 50, size: tuple[int, int] = (10, 10)) -> tuple[Any, Any]:
    """Samples of levels 0, 1, ..., and real items of levels 200, 199, ...; sample i is nearest to real item 7 i modulo their number."""
    rng = np.random.default_rng(0)
    places = np.arange(made) * 7 % known
    rows = rng.standard_normal((known, 6))
    raw = np.stack([rng.uniform(-0.1, 0.1 + index, (*size, 1)) for index in range(made)])
    drawn = SimpleNamespace(
        items=even(np.arange(made), *size),
        points=np.stack([places, -places], 1) + 0.1,
        rows=np.tile(2 * rows[17 % known], (made, 1)) + rng.normal(0, 0.01, (made, 6)),
        raw=raw,
    )
    real = SimpleNamespace(
        is_pictures=True,
        source=even(200 - np.arange(known + 1), *size),
        where=np.arange(1, known + 1),
        points=np.stack([np.arange(known), -np.arange(known)], 1).astype(float),
        rows=rows,
    )
    return drawn, real


def sides(left: np.ndarray, right: np.ndarray, zoom: int) -> np.ndarray:
    """Two sheets of six columns with a white gap of 12 pixels; the lower one goes on in white."""
    made = [pixels.grid(items, 6, zoom=zoom) for items in (left, right)]
    height = max(len(sheet) for sheet in made)
    whole = np.full((height, made[0].shape[1] + 12 + made[1].shape[1], 3), 255, np.uint8)
    whole[: len(made[0]), : made[0].shape[1]] = made[0]
    whole[: len(made[1]), made[0].shape[1] + 12 :] = made[1]
    return whole


@pytest.mark.parametrize("state", ["memorised pictures", "discriminator memorises"])
def test_copies_stand_beside_what_they_copy(state: State):
    drawn, known = world()
    nearest = known.source[1 + np.arange(36) * 7 % 50]
    np.testing.assert_array_equal(pictures.beside(state, drawn, known), sides(drawn.items[:36], nearest, 4))


def test_one_picture_stands_beside_what_it_is_most_alike():
    drawn, known = world()
    found = pictures.beside("one picture memorised", drawn, known)
    alike = known.source[np.full(36, 1 + 17)]
    np.testing.assert_array_equal(found, sides(pictures.stretched(drawn.raw[:36]), alike, 4))


def test_other_findings_stand_beside_real_items_in_turn():
    drawn, known = world(known=5)
    wanted = sides(drawn.items[:36], known.source[1 + np.arange(36) % 5], 4)
    np.testing.assert_array_equal(pictures.beside("mode collapse", drawn, known), wanted)
    known.is_pictures = False
    assert pictures.beside("mode collapse", drawn, known) is None


@pytest.mark.parametrize(("size", "zoom"), [((10, 20), 2), ((20, 10), 2), ((27, 3), 1), ((80, 80), 1)])
def test_few_samples_of_other_sizes(size: tuple[int, int], zoom: int):
    drawn, known = world(made=7, size=size)
    wanted = sides(drawn.items, known.source[1 + np.arange(36)], zoom)
    np.testing.assert_array_equal(pictures.beside("mode collapse", drawn, known), wanted)


def test_each_picture_s_own_range_is_stretched():
    raw = np.zeros((3, 2, 4, 1))
    raw[0, :, 1] = [[-0.5], [0.5]]
    raw[1] = 0.25
    raw[2, 1, 3] = 10
    found = pictures.stretched(raw)
    assert found.dtype == np.uint8
    assert found.shape == raw.shape
    assert (found[0, 0, 1, 0], found[0, 1, 1, 0]) == (0, 255)
    assert found[0, 0, 0, 0] in (127, 128)
    assert (found[1] == 0).all()
    assert found[2].max() == found[2, 1, 3, 0] == 255
    assert pictures.stretched(np.array([0.0, 1, 4]).reshape(1, 1, 3, 1)).ravel().tolist() == [0, 64, 255]
