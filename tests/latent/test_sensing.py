"""Measurements, bases and baselines without any generator."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.ground.errors import DataError, RunError
from gansmith.latent.appearance import learned_traits
from gansmith.latent.measurements import baselines, operators, sensing
from gansmith.latent.measurements.baselines import BASES

SHAPE = (1, 16, 16)


def test_operators_hear_equally_much() -> None:
    for name, make in operators.OPERATORS.items():
        for count in (16, 100):
            operator = make(SHAPE, count, 0)
            assert operator.name == name
            assert operator.matrix.shape == (count, 256)
            assert (operator.matrix**2).sum() == pytest.approx(256, rel=0.1)


def test_a_gaussian_operator_keeps_lengths_and_its_first_rows() -> None:
    pictures = np.random.default_rng(0).uniform(0, 1, (30, 16, 16, 1)).astype(np.float32)
    measured = operators.gaussian(SHAPE, 200, 1).measure(pictures)
    lengths = np.linalg.norm(operators.flat(pictures), axis=1)
    assert (np.linalg.norm(measured, axis=1) / lengths).mean() == pytest.approx(1, abs=0.1)
    ten, twenty = operators.gaussian(SHAPE, 10, 1).matrix, operators.gaussian(SHAPE, 20, 1).matrix
    assert ten * 10**0.5 == pytest.approx(twenty[:10] * 20**0.5, rel=1e-5)


def test_noise_has_the_length_that_is_asked() -> None:
    operator = operators.gaussian(SHAPE, 64, 0)
    pictures = np.zeros((200, 16, 16, 1), np.float32)
    assert (operator.measure(pictures, 0.1) ** 2).sum(axis=1).mean() ** 0.5 == pytest.approx(0.1, rel=0.05)
    assert not operator.measure(pictures, 0.0).any()


def test_subsampling_takes_pixels_once() -> None:
    matrix = operators.subsample(SHAPE, 100, 0).matrix
    assert ((matrix != 0).sum(axis=1) == 1).all()
    assert ((matrix != 0).sum(axis=0) <= 1).all()


@pytest.mark.parametrize("count", [0, -3, 257])
def test_impossible_counts_are_refused(count: int) -> None:
    for name in operators.OPERATORS:
        with pytest.raises(RunError, match=f"{count} measurements: a picture of 256 numbers takes 1 to 256"):
            operators.make(name, SHAPE, count, 0)
    with pytest.raises(RunError, match="did you mean 'gaussian'"):
        operators.make("gausian", SHAPE, 5, 0)


def test_blocks_by_hand() -> None:
    picture = np.arange(2 * 4 * 4, dtype=np.float32).reshape(1, 4, 4, 2) / 100
    means = operators.blocks((2, 4, 4), 2).measure(picture)
    assert means.shape == (1, 8)
    assert means[0, 1] == pytest.approx(picture[0, :2, 2:, 0].mean())
    assert means[0, 6] == pytest.approx(picture[0, 2:, :2, 1].mean())
    with pytest.raises(RunError, match="3x3"):
        operators.blocks((1, 16, 16), 3)


def test_flat_comes_back() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), dtype=np.uint8)
    rows = operators.flat(pictures)
    assert rows.shape == (3, 60)
    assert rows[1, 20 + 4 + 2] == pytest.approx(pictures[1, 1, 2, 1] / 255)  # channel 1, row 1, column 2
    assert operators.unflat(rows, (3, 5, 4)) == pytest.approx(pictures / 255, abs=1e-6)


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 12, 20), (1, 7, 9)])
def test_bases_are_orthonormal(name: str, shape: tuple[int, ...]) -> None:
    rows = np.random.default_rng(0).standard_normal((4, int(np.prod(shape))))
    coefficients = BASES[name].analyse(rows, shape)
    assert coefficients @ coefficients.T == pytest.approx(rows @ rows.T)
    assert BASES[name].synthesise(coefficients, shape) == pytest.approx(rows)


def test_wavelets_see_no_detail_in_what_is_even_or_straight() -> None:
    step = baselines.wavelet_step(16)
    assert step[8:] @ np.ones(16) == pytest.approx(np.zeros(8), abs=1e-9)
    assert step[:8] @ np.ones(16) == pytest.approx(np.full(8, 2**0.5))
    # two vanishing moments: a straight line has details only where the period ends
    assert step[8:15] @ np.arange(16.0) == pytest.approx(np.zeros(7), abs=1e-9)


def sparse_pictures(basis: str, count: int, coefficients: int) -> np.ndarray:
    random = np.random.default_rng(7)
    rows = np.zeros((count, 256))
    for row in rows:
        row[random.choice(256, coefficients, replace=False)] = random.uniform(0.5, 1.0, coefficients)
    if basis != "pixels":
        rows[:, 0] = 8  # a mean of one half
    return operators.unflat(np.clip(BASES[basis].synthesise(rows, SHAPE), 0, 1), SHAPE)


@pytest.mark.parametrize("basis", ["pixels", "dct"])
def test_lasso_and_pursuit_recover_what_is_sparse_in_their_basis(basis: str) -> None:
    pictures = sparse_pictures(basis, 3, 6)
    operator = operators.gaussian(SHAPE, 100, 0)
    measured = operator.measure(pictures)
    truth = operators.flat(pictures)
    assert ((baselines.lasso(operator, measured, SHAPE, basis, 1e-5) - truth) ** 2).mean() < 1e-4
    assert ((baselines.orthogonal_pursuit(operator, measured, SHAPE, basis) - truth) ** 2).mean() < 1e-4
    few = operators.gaussian(SHAPE, 5, 0)
    assert ((baselines.lasso(few, few.measure(pictures), SHAPE, basis, 1e-5) - truth) ** 2).mean() > 1e-3


def test_k_sparse_keeps_the_largest() -> None:
    pictures = sparse_pictures("pixels", 2, 6)
    truth = operators.flat(pictures)
    assert baselines.k_sparse(pictures, SHAPE, 6, "pixels") == pytest.approx(truth)
    three = baselines.k_sparse(pictures, SHAPE, 3, "pixels")
    assert ((three > 0).sum(axis=1) == 3).all()
    assert three.max(axis=1) == pytest.approx(truth.max(axis=1))


def test_curves_give_every_method_the_same_measurements() -> None:
    pictures = np.random.default_rng(0).uniform(0, 1, (4, 16, 16, 1)).astype(np.float32)
    seen: list[np.ndarray] = []

    def half(operator: operators.Operator, measured: np.ndarray) -> np.ndarray:
        seen.append(measured)
        return np.full((len(measured), 16, 16, 1), 0.5, np.float32)

    points, made = sensing.curve(
        pictures, lambda m: operators.gaussian(SHAPE, m, 0), [4, 8], [0.0, 0.5], {"a": half, "b": half}
    )
    assert [(p.measurements, p.noise, p.method) for p in points[:3]] == [(4, 0.0, "a"), (4, 0.0, "b"), (4, 0.5, "a")]
    assert len(points) == len(made) == 8
    assert np.array_equal(seen[0], seen[1])
    errors = ((pictures - 0.5) ** 2).mean(axis=(1, 2, 3))
    assert points[0].errors == pytest.approx(errors, rel=1e-4)
    assert points[0].mean == pytest.approx(errors.mean(), rel=1e-4)
    assert points[0].interval == pytest.approx(1.96 * errors.std(ddof=1) / 2, rel=1e-3)


# ---- traits learned from examples


def test_a_trait_is_learned_from_values_and_from_likes() -> None:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (300, 6, 6, 1), dtype=np.uint8)
    value = pictures[:, 1, 2, 0] / 255 * 3 + 10
    measured = learned_traits.learn(pictures[:200], value[:200])(pictures[200:])
    assert np.corrcoef(measured, value[200:])[0, 1] > 0.95
    liked = value > value.mean()
    odds = learned_traits.learn(pictures[:200], liked[:200])(pictures[200:])
    assert ((odds > 0) == liked[200:]).mean() > 0.85
    with pytest.raises(DataError, match="same value"):
        learned_traits.learn(pictures, np.ones(300))
    with pytest.raises(DataError, match="4 or more"):
        learned_traits.learn(pictures[:3], value[:3])
    with pytest.raises(DataError, match="learned on pictures"):
        learned_traits.learn(pictures, value)(np.zeros((2, 5, 6, 1), np.uint8))


def test_attribute_files(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("file,smiling,age\na.png,1,30\nb.png,-1,41.5\n", encoding="utf-8")
    names, columns = learned_traits.read_attributes(path)
    assert names == ["a.png", "b.png"]
    assert columns["age"].tolist() == [30, 41.5]
    for text, words in {
        "file,age\na.png\n": "line 2: 1 column,",
        "file,age\na.png,old\n": "'old' in column 'age' is no number",
        "file\n": "a first line",
    }.items():
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=words):
            learned_traits.read_attributes(path)


def test_labels_become_traits() -> None:
    random = np.random.default_rng(1)
    labels = np.arange(60) % 3
    pictures = random.integers(0, 60, (60, 5, 5, 1), dtype=np.uint8)
    pictures[np.arange(60), labels, 2] = 255
    made = learned_traits.from_labels(pictures, labels, ("x", "y", "z"))
    assert list(made) == ["is-x", "is-y", "is-z"]
    assert ((made["is-y"](pictures) > 0) == (labels == 1)).mean() > 0.95


def test_the_linear_estimate_is_the_best_one_of_normal_pictures(rng):
    mix = rng.normal(size=(6, 64)) * 0.03
    rows = 0.5 + rng.normal(size=(3000, 6)) @ mix
    pictures = rows.astype(np.float32).reshape(-1, 8, 8, 1)
    operator, noise = operators.gaussian((1, 8, 8), 12, 0), 0.05
    measured = operator.measure(pictures[:40], noise)
    truth = operators.flat(pictures[:40])
    found = baselines.gaussian_prior(operator, measured, pictures, noise)
    # by hand, in the six numbers that the pictures have: ridge regression with a weight of s^2
    a = operator.matrix.astype(np.float64) @ mix.T
    ridge = np.linalg.solve(
        a.T @ a + noise**2 / 12 * np.eye(6), a.T @ (measured - operator.matrix @ np.full(64, 0.5)).T
    )
    np.testing.assert_allclose(found, 0.5 + ridge.T @ mix, atol=0.01)
    assert ((found - truth) ** 2).mean() < 0.2 * ((truth - 0.5) ** 2).mean()


def test_pursuit_keeps_its_share_of_coefficients(rng):
    operator = operators.gaussian(SHAPE, 40, 0)
    measured = operator.measure(rng.random((3, *SHAPE[1:], SHAPE[0])).astype(np.float32))
    for share, count in ((0.1, 4), (0.25, 10)):
        found = baselines.orthogonal_pursuit(operator, measured, SHAPE, "pixels", share)
        assert (np.count_nonzero(found, axis=1) <= count).all()
