"""Nearness to training items: the same as the metric's, and copies that are a pixel off."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.diagnosis.signals import copies
from gansmith.ground import streams
from gansmith.kinds import of_shape
from gansmith.metrics.measures.memorisation import nearness

NUMBERS = 256


def strokes(count: int, seed: int = 0) -> np.ndarray:
    """Pictures float32 (count, 16, 16, 1) in 0..1: six short strokes at random places."""
    rng = streams.generator(seed, "diagnosis")
    found = np.zeros((count, 16, 16, 1), np.float32)
    for picture in found:
        for top, left in rng.integers(2, 10, (6, 2)):
            picture[top : top + 4, left : left + 2] = 1
    return found


def near(items: np.ndarray, training: np.ndarray, own: np.ndarray | None = None) -> copies.Near:
    """As the prober does it: candidates are found by few coordinates, which hardly change when a picture moves."""
    few = 36 if items.ndim == 4 else NUMBERS
    kind = of_shape(items.shape[1:])
    points, known_points = (kind.flat(each, few) for each in (items, training))
    return copies.near(kind, items, points, kind.flat(training, NUMBERS), known_points, numbers=NUMBERS, own=own)


def test_vectors_agree_with_the_metric(monkeypatch: pytest.MonkeyPatch):
    rng = streams.generator(0, "diagnosis")
    training, items = (rng.standard_normal((count, 4)).astype(np.float32) for count in (200, 30))
    monkeypatch.setattr(copies, "CANDIDATES", 51)  # the nearest, and the metric's 50 next ones
    np.testing.assert_allclose(near(items, training).ratio, nearness(items, training).ratio, rtol=1e-3)
    np.testing.assert_allclose(near(items, training).distance, nearness(items, training).distance, rtol=1e-3)
    own = near(training[:9], training, np.arange(9))
    np.testing.assert_allclose(own.ratio, nearness(training[:9], training, np.arange(9)).ratio, rtol=1e-3)


def test_a_ratio_by_hand():
    line = np.arange(1.0, 61)[:, None].astype(np.float32)
    found = near(np.array([[0.5], [3.0]], np.float32), line)
    assert found.distance.tolist() == [0.5, 0]
    assert found.ratio == pytest.approx([0.5 / 16.5, 0])  # the next 31 are at 1.5 .. 31.5
    own = near(line[:1], line, np.array([0]))
    assert (own.distance[0], own.ratio[0]) == (1, pytest.approx(1 / 17))  # 2 .. 32
    alike = np.zeros((4, 1), np.float32)
    assert near(alike, alike).ratio.tolist() == [0] * 4  # of many copies each is one
    lonely = (near(line[2:3], line[:1]), near(line[:1], line[:3:2], np.array([0])))  # there is no next one
    assert [(each.distance.tolist(), each.ratio.tolist()) for each in lonely] == [([2], [1])] * 2
    assert near(np.array([[0.5]], np.float32), line[:2]).ratio == pytest.approx([0.5 / 1.5])
    alone = near(line[:1], line[:1], np.array([0]))
    assert (alone.distance.tolist(), alone.ratio.tolist()) == ([0], [1])


def test_the_next_ones_are_the_nearest_ones(monkeypatch: pytest.MonkeyPatch):
    rng = streams.generator(2, "diagnosis")
    training, items = (rng.standard_normal((count, 4)).astype(np.float32) for count in (500, 20))
    gaps = np.sort(np.linalg.norm(items[:, None] - training[None], axis=2), axis=1)
    monkeypatch.setattr(copies, "CANDIDATES", 2)
    np.testing.assert_allclose(near(items, training).ratio, gaps[:, 0] / gaps[:, 1], rtol=1e-4)


@pytest.mark.parametrize("move", [(0, 0), (1, 0), (0, -1), (1, 1), (-1, 1)])
def test_a_copy_that_moved_by_a_pixel_is_a_copy(move: tuple[int, int]):
    training, unseen = strokes(300), strokes(40, seed=1)
    moved = near(np.roll(training[:40], move, (1, 2)), training)
    others = near(unseen, training)
    assert np.median(moved.distance) < 1e-3
    assert np.median(moved.ratio) < 1e-3
    assert np.median(others.ratio) > 0.6


def test_two_pixels_are_another_picture():
    training = strokes(300)
    assert np.median(near(np.roll(training[:40], (2, 2), (1, 2)), training).ratio) > 0.3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_training_items(count: int):
    training = strokes(count)
    found = near(strokes(5, seed=2), training)
    assert np.isfinite(found.distance).all()
    assert np.isfinite(found.ratio).all()
    own = near(training, training, np.arange(count))
    assert (own.ratio > 0).all()
