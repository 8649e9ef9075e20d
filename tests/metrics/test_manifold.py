import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import distances
from gansmith.metrics.measures.manifold import Manifold, manifold


def by_loops(fake: np.ndarray, real: np.ndarray, k: int, k_density: int) -> Manifold:
    """The papers' formulas, one pair at a time."""

    def gap(x, y):
        return np.sqrt(((x - y) ** 2).sum())

    def radius(points, i, k):
        return sorted(gap(points[i], points[j]) for j in range(len(points)) if j != i)[k - 1]

    real_k = [radius(real, i, k) for i in range(len(real))]
    real_d = [radius(real, i, k_density) for i in range(len(real))]
    fake_k = [radius(fake, j, k) for j in range(len(fake))]
    precise = [any(gap(y, x) <= r for x, r in zip(real, real_k, strict=True)) for y in fake]
    recalled = [any(gap(x, y) <= r for y, r in zip(fake, fake_k, strict=True)) for x in real]
    inside = sum(gap(y, x) <= r for y in fake for x, r in zip(real, real_d, strict=True))
    covered = [any(gap(x, y) <= r for y in fake) for x, r in zip(real, real_d, strict=True)]
    return Manifold(np.mean(precise), np.mean(recalled), inside / (k_density * len(fake)), np.mean(covered))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(8, 30), st.integers(8, 30), st.integers(1, 5), st.floats(0, 3))
def test_equals_the_papers_formulas(seed, generated, real, features, shift):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(generated, features)) + shift, rng.normal(size=(real, features))
    found, direct = manifold(a, b), by_loops(a, b, 3, 5)
    assert vars(found) == pytest.approx(vars(direct), abs=1e-12)


def test_other_neighbourhoods_and_many_blocks(monkeypatch):
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(40, 6)), rng.normal(size=(50, 6)) * 1.3
    direct = by_loops(a, b, 2, 7)
    monkeypatch.setattr(distances, "BLOCK", 7 * 50)
    assert vars(manifold(a, b, k=2, k_density=7)) == pytest.approx(vars(direct), abs=1e-12)


def test_identical_sets_are_all_covered():
    a = np.random.default_rng(0).normal(size=(60, 4))
    found = manifold(a, a.copy())
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(6 / 5)  # each of 60 balls holds its centre and its 5 neighbours


def test_one_and_the_same_item_lies_in_balls_without_extent():
    found = manifold(np.zeros((10, 2)), np.zeros((8, 2)))
    assert found == Manifold(1, 1, 8 / 5, 1)  # each of 8 balls holds each item


def test_disjoint_sets_share_nothing():
    a = np.random.default_rng(0).normal(size=(30, 4))
    assert manifold(a + 100, a) == Manifold(0, 0, 0, 0)


def test_one_repeated_item_is_precise_and_recalls_nothing():
    real = np.random.default_rng(0).normal(size=(200, 3))
    found = manifold(np.repeat(real[:1], 50, axis=0), real)
    assert found.precision == 1
    assert found.recall == pytest.approx(1 / 200)  # the repeated item itself
    assert found.coverage < 0.1


def test_too_few_items_are_refused():
    with pytest.raises(DataError, match="more than 5 items"):
        manifold(np.zeros((5, 2)), np.zeros((50, 2)))


@pytest.mark.parametrize(
    ("most", "against", "rows"), [(50, 23, [2] * 5 + [1]), (10, 23, [1] * 11), (8, 1, [8, 3]), (4, 0, [4, 4, 3])]
)
def test_a_block_holds_no_more_distances_than_it_may(monkeypatch, most, against, rows):
    monkeypatch.setattr(distances, "BLOCK", most)
    found = list(distances.blocks(np.zeros((11, 2)), np.zeros((against, 2))))
    assert [part.stop - part.start for part, _ in found] == [len(squared) for _, squared in found] == rows


def test_neighbours_of_a_set_and_of_its_rows(monkeypatch):
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(11, 3)), rng.normal(size=(23, 3))
    monkeypatch.setattr(distances, "BLOCK", 50)
    direct = np.linalg.norm(a[:, None] - b[None], axis=2)
    for k in (1, 4, 23):
        indices, squared = distances.nearest(a, b, k)
        assert (indices == np.argsort(direct, axis=1)[:, :k]).all()
        assert np.sqrt(squared) == pytest.approx(np.sort(direct, axis=1)[:, :k])
    many = rng.normal(size=(300, 3))
    far = np.argsort(np.linalg.norm(a[:, None] - many[None], axis=2), axis=1)
    for k in (1, 2, 40, 299):
        assert (distances.nearest(a, many, k)[0] == far[:, :k]).all()
    rows = np.array([4, 0, 22])
    indices, _ = distances.nearest(b[rows], b, 2, rows)
    assert not (indices == rows[:, None]).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_rows_are_at_distance_0_despite_cancellation(dtype):
    a = (np.random.default_rng(0).random((50, 300)) + 10).astype(dtype)
    assert (np.diag(distances.squared(a, a.copy())) == 0).all()
    assert (distances.kth_nearest(np.concatenate([a, a]), 1) == 0).all()
