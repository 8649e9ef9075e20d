"""The mixtures: geometry by hand, noise by its statistics, prefixes."""

import numpy as np
import pytest

from gansmith.data.toys import gaussians


@pytest.mark.parametrize("name", gaussians.NAMES)
def test_points_lie_around_their_modes_with_the_stated_deviation(name):
    centres, std = gaussians.modes(name)
    points, labels = gaussians.points(name, 20_000, seed=5)
    assert centres.dtype == points.dtype == np.float32
    assert labels.dtype == np.int64
    noise = points - centres[labels]
    assert noise.std() == pytest.approx(std, rel=0.02)
    assert abs(noise.mean()) < 0.02 * std
    assert np.abs(points).max() < 1.08
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(1)
    assert (nearest == labels).mean() > 0.9999  # modes are told apart exactly
    counts = np.bincount(labels)
    assert counts.max() - counts.min() <= 1


def test_ring_and_grid_are_the_literatures_scaled():
    centres, std = gaussians.modes("ring")
    assert centres.shape == (8, 2)
    assert np.linalg.norm(centres, axis=1) * 2 == pytest.approx(np.full(8, 2.0))
    assert std * 2 == pytest.approx(0.02)
    assert centres[0] == pytest.approx([1, 0])
    assert centres[2] == pytest.approx([0, 1], abs=1e-6)
    centres, std = gaussians.modes("grid")
    assert sorted({float(x) for x in centres[:, 0] * 4}) == [-4, -2, 0, 2, 4]
    assert len({tuple(c) for c in centres.tolist()}) == 25
    assert std * 4 == pytest.approx(0.05)


def test_the_spirals_modes_are_equally_far_along_it():
    centres, _ = gaussians.modes("spiral")
    assert centres.shape == (20, 2)
    radii = np.linalg.norm(centres, axis=1)
    assert radii[0] == pytest.approx(0.2)
    assert radii[-1] == pytest.approx(1.0)
    assert (np.diff(radii) > 0).all()
    steps = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    assert steps.max() / steps.min() < 1.1


def test_the_gaussian_is_that_of_the_one_dimensional_gan_scaled():
    points, labels = gaussians.points("gaussian", 100_000, 1)
    assert points.shape == (100_000, 1)
    assert (labels == 0).all()
    assert points.mean() * 5 == pytest.approx(-1, abs=0.02)
    assert points.std() * 5 == pytest.approx(1, abs=0.02)


def test_the_first_points_do_not_depend_on_the_count_and_parts_differ():
    many, _ = gaussians.points("ring", 10, 3)
    few, _ = gaussians.points("ring", 5, 3)
    test, _ = gaussians.points("ring", 5, 3, part=1)
    assert np.array_equal(many[:5], few)
    assert not np.array_equal(few, test)
    assert not np.array_equal(few, gaussians.points("ring", 5, 4)[0])


def test_an_unknown_mixture_is_a_key_error():
    with pytest.raises(KeyError):
        gaussians.modes("square")
