"""What the doctor knows of the real items, against NumPy: which items, which axes, which numbers."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.diagnosis import reference as room
from gansmith.diagnosis.reference import Space, reference
from gansmith.diagnosis.signals import copies, samples, spectrum
from gansmith.ground import streams
from gansmith.kinds import KINDS
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.diversity import pairwise_diversity
from gansmith.metrics.measures.grid import grid


def order(turn: int, seed: int = 0) -> np.random.Generator:
    """The stream "diagnosis"."""
    return np.random.Generator(np.random.Philox(key=streams.key(seed, "diagnosis"), counter=[0, 0, turn, 0]))


def vectors(count: int, width: int = 2) -> np.ndarray:
    """Rows around (5, 5, ...), the first numbers the most scattered."""
    made = np.random.default_rng(0).standard_normal((count, width)) * np.linspace(3, 1, width) + 5
    return made.astype(np.float32)


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 12, 12, 1), dtype=np.uint8)


def test_what_kept_probes_depend_on():
    """Numbers of probes that were written with others do not compare."""
    rows = room.NUMBERS, room.ROWS, room.AXES, room.MODELLED, room.PROTOTYPES
    assert rows == (256, 10_000, 48, 2000, 20)
    assert (room.NEIGHBOURHOODS, room.NEIGHBOUR, room.SCORED, room.SAMPLES, room.DIRECTIONS) == (512, 5, 128, 256, 64)
    assert room.CHUNK == 256


def test_which_items_are_used():
    items = vectors(10_001)
    known = reference(items)
    np.testing.assert_array_equal(known.where, order(1).permutation(10_001)[:10_000])
    np.testing.assert_array_equal(known.rows, items[known.where])
    assert reference(items[:50], seed=3).where.tolist() == order(1, 3).permutation(50).tolist()
    np.testing.assert_array_equal(known.training.items, known.rows[:128])
    fresh = samples.k_means(known.points[:2000], 20, order(2))
    np.testing.assert_array_equal(known.prototypes, fresh)
    owned = np.bincount(distances.squared(known.points, fresh).argmin(1), minlength=20)
    np.testing.assert_allclose(known.shares, owned / 10_000)
    assert reference(items[:9], units={"scale": 2}).units == {"scale": 2}


@pytest.mark.parametrize(("width", "precise"), [(3, np.float64), (47, np.float64), (48, np.float32), (60, np.float32)])
def test_axes_are_those_of_the_covariance(width: int, precise: type):
    rows = vectors(400, width)
    space = Space.of(rows)
    points = space.points(rows)
    assert points.shape == (400, min(width, 48))
    assert space.axes.dtype == precise
    np.testing.assert_allclose(points.mean(0), 0, atol=1e-3)
    values = np.sort(np.linalg.eigvalsh(np.cov(rows, rowvar=False)))[::-1][:48]
    np.testing.assert_allclose(points.var(0, ddof=1), values, rtol=1e-3)


def test_a_hundred_classes_are_told_apart():
    items, labels = vectors(303), np.arange(303)
    assert reference(items, labels % 100).classes == 100
    assert reference(items, labels % 101).classes == 0


def test_groups_are_the_players_labels():
    items = np.repeat(np.array([[0.0, 0], [10, 0]], np.float32), 20, 0)
    groups, unseen = np.repeat([4, 7], 20), np.array([[9.0, 1], [1, 1], [11, 0]], np.float32)
    known = reference(items, groups=groups, heldout=unseen)
    np.testing.assert_array_equal(known.training.labels, groups[known.where])
    assert known.heldout is not None
    wanted = np.where(known.heldout.items[:, 0] > 5, 7, 4)
    np.testing.assert_array_equal(known.heldout.labels, wanted)
    assert reference(items, groups=groups).heldout is None
    plain = reference(items, heldout=unseen, heldout_labels=np.array([1, 2, 3]))
    assert plain.heldout is not None
    np.testing.assert_array_equal(plain.heldout.labels, np.array([1, 2, 3])[order(3).permutation(3)])


def test_which_unseen_items_are_used():
    items, unseen = vectors(40), vectors(300)
    known = reference(items, heldout=unseen)
    assert known.heldout is not None
    np.testing.assert_array_equal(known.heldout.items, unseen[order(3).permutation(300)[:256]])


def test_neighbourhoods_reach_to_the_fifth_neighbour_or_the_last():
    line = np.array([0.0, 1, 3, 6, 10, 15, 21])[:, None]
    assert room._radii(line)[0] == 15**2
    assert room._radii(line[:4]).tolist() == [36, 25, 9, 36]
    assert room._radii(line[:2]).tolist() == [1, 1]
    assert room._radii(line[:1]).tolist() == [0]


def test_scales_by_hand():
    rows = np.array([[0, 5, 100], [2, 5, 300]], np.float32)
    assert room._scale(rows) == {"widest": 100, "narrowest": 1, "offset": 200}


def test_numbers_of_real_pictures():
    items = pictures(600)
    known = reference(items)
    some, first = items[known.where[:512]], items[known.where[:256]] / np.float32(255)
    for found, wanted in zip(known.profile, spectrum.profiles(some / np.float32(255)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    checks = grid(items[np.sort(known.where[:512])])
    assert known.real["checks"] == pytest.approx(max(checks.checks, checks.least))
    assert known.real["darkest"] == pytest.approx(np.percentile(first, 1))
    assert known.real["brightest"] == pytest.approx(np.percentile(first, 99))
    assert known.real["diversity"] == pytest.approx(pairwise_diversity(known.rows))
    unit = known.training.items / np.float32(255)
    near = copies.near(
        KINDS["picture"], unit, known.points[:128], known.rows, known.points, numbers=256, own=np.arange(128)
    )
    assert known.real["copy limit"] == pytest.approx(np.percentile(near.ratio, 1))
    assert known.real["distance"] == pytest.approx(np.median(near.distance))


def test_pictures_without_detail_have_the_least_checks():
    even = np.broadcast_to(np.arange(40, dtype=np.uint8)[:, None, None, None], (40, 12, 12, 1))
    known = reference(np.ascontiguousarray(even))
    assert known.real["checks"] == grid(even).least > 0


def test_of_few_items_less_is_known():
    assert reference(vectors(1)).real["diversity"] == 0
    assert reference(vectors(2)).real["diversity"] > 0
    assert reference(vectors(2), np.array([0, 1])).real["spread in class"] == 0
    assert reference(vectors(6), np.arange(6) % 2).real["spread in class"] > 0
