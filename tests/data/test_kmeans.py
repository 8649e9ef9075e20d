"""Clusters of similar items."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from gansmith.data.clusters import choose_count, cluster, cluster_means, cut, halve, nearest_mean


def clouds(kinds: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points in the plane around `kinds` places of a circle, in random order, and whose they are."""
    rng = np.random.default_rng(seed)
    whose = rng.permutation(np.repeat(np.arange(kinds), each))
    angles = 2 * np.pi * whose / kinds
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (around + 0.03 * rng.standard_normal(around.shape)).astype(np.float32), whose


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len(set(a.tolist())) == len(set(b.tolist()))


@pytest.mark.parametrize("kinds", [2, 4, 8])
def test_clouds_are_found(kinds: int):
    points, whose = clouds(kinds, 40)
    assert same_partition(cluster(points, kinds), whose)


def test_pictures_are_told_apart_by_their_pixels():
    rng = np.random.default_rng(1)
    patterns = rng.integers(0, 256, (4, 6, 5, 3))
    whose = rng.permutation(np.repeat(np.arange(4), 30))
    pictures = np.clip(patterns[whose] + rng.integers(-9, 10, (120, 6, 5, 3)), 0, 255).astype(np.uint8)
    assert same_partition(cluster(pictures, 4), whose)


def test_the_same_seed_finds_the_same_groups():
    points, _ = clouds(5, 31)
    np.testing.assert_array_equal(cluster(points, 12, seed=3), cluster(points, 12, seed=3))


def test_the_number_of_threads_changes_nothing():
    pictures = np.random.default_rng(0).integers(0, 256, (3000, 12, 12, 1), np.uint8)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            found.append(cluster(pictures, 40))
    np.testing.assert_array_equal(*found)


def test_more_rounds_would_change_little():
    """What is returned is where Lloyd's method stands still: every item is with its nearest mean."""
    points, _ = clouds(6, 50)
    found = cluster(points, 6)
    means = cluster_means(points, found, np.zeros((6, 2), np.float32))
    np.testing.assert_array_equal(nearest_mean(points, means), found)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 9))
def test_halves_of_halves_are_of_one_size(groups: int, more: int, seed: int):
    points = np.random.default_rng(seed).standard_normal((groups + more, 3)).astype(np.float32)
    sizes = np.bincount(halve(points, groups), minlength=groups)
    assert sizes.sum() == groups + more
    assert sizes.min() >= 1
    assert sizes.max() - sizes.min() <= np.ceil(np.log2(groups + 1)) + 1


def test_equal_items_can_be_cut_too():
    order = cut(np.zeros((7, 2), np.float32), 3)
    assert sorted(order.tolist()) == list(range(7))
    assert cluster(np.zeros((9, 4, 4, 1), np.uint8), 3).shape == (9,)


def test_every_item_may_be_a_group_of_its_own():
    points, _ = clouds(3, 4)
    assert len(set(cluster(points, 12).tolist())) == 12


def test_an_empty_group_keeps_its_place():
    points = np.array([[0.0, 0.0], [2.0, 0.0]], np.float32)
    means = cluster_means(points, np.array([0, 0]), np.array([[5.0, 5.0], [7.0, 7.0]], np.float32))
    np.testing.assert_array_equal(means, [[1.0, 0.0], [7.0, 7.0]])


def test_the_number_that_is_chosen():
    often = [choose_count(count, 64) for count in (1, 150, 1800, 6400, 9000, 60_000, 10**6)]
    assert often == [1, 6, 64, 64, 90, 600, 2048]
    assert [choose_count(60_000, looks) for looks in (0.1, 2, 5, 10, 20, 1000)] == [2048, 2048, 2048, 1200, 600, 600]
    assert [choose_count(1700, looks) for looks in (0.1, 1000)] == [68, 64]
