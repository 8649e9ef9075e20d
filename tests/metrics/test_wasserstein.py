import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from gansmith.ground.errors import DataError
from gansmith.metrics.measures import wasserstein
from gansmith.metrics.measures.wasserstein import descriptors, enlarge, laplacian, pyramid, sliced
from gansmith.metrics.order import own_order


def test_one_dimension_is_the_exact_distance(rng):
    a, b = rng.normal(size=(300, 1)), rng.gamma(2.0, size=(300, 1))
    assert sliced(a, b) == pytest.approx(wasserstein_distance(a[:, 0], b[:, 0]), rel=1e-12)


def test_a_shift_costs_its_mean_projection(rng):
    # E |cos angle| over random directions in the plane is 2 / pi
    a = rng.normal(size=(500, 2))
    assert sliced(a, a + np.array([3.0, 0]), directions=4000) == pytest.approx(3 * 2 / np.pi, rel=0.03)


def test_an_order_needs_a_label_for_each_item():
    with pytest.raises(ValueError, match="shorter"):
        own_order(np.zeros((3, 2)), np.zeros(2))


def test_laws(rng):
    a, b = rng.normal(size=(200, 5)), rng.normal(size=(200, 5)) + 1
    assert sliced(a, a[rng.permutation(200)]) == pytest.approx(0, abs=1e-12)
    assert sliced(a, b) == pytest.approx(sliced(b, a))
    assert sliced(2 * a, 2 * b) == pytest.approx(2 * sliced(a, b))


@pytest.mark.parametrize(
    ("height", "width", "levels"), [(28, 28, 2), (8, 8, 1), (64, 48, 2), (65, 57, 3), (128, 128, 4)]
)
def test_a_pyramid_adds_up_to_the_picture(height, width, levels, rng):
    pictures = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    found = list(pyramid(pictures))
    assert len(found) == levels
    whole = found[-1]
    for level in reversed(found[:-1]):
        whole = level + enlarge(whole, level.shape[1:3])
    assert whole == pytest.approx(pictures.astype(np.float32), abs=1e-3)


def test_a_constant_picture_has_no_details():
    fine, rest = pyramid(np.full((3, 28, 28, 1), 77, np.uint8))
    assert np.abs(fine[:, 2:-3, 2:-3]).max() < 1e-4
    assert rest == pytest.approx(77, abs=1e-4)


def test_blur_and_noise_are_seen_at_their_level(rng):
    smooth = wasserstein.blur(wasserstein.blur(rng.normal(128, 60, (400, 32, 32, 1)).astype(np.float32), 1), 2)
    clean = np.clip(smooth * 2 - 128, 0, 255).astype(np.uint8)
    other, same = clean[:200], clean[200:]
    noisy = np.clip(other + rng.normal(0, 30, other.shape), 0, 255).astype(np.uint8)
    floor, worse = laplacian(other, same), laplacian(noisy, same)
    assert worse[0] > 3 * floor[0]  # grain is a fine detail
    assert worse[0] > 2 * worse[1]


def test_the_figure_s_settings_are_fixed(rng):
    a, b = rng.integers(0, 256, (2, 6, 28, 28, 1), np.uint8)
    assert laplacian(a, b) == laplacian(a, b, patches=32, directions=128, seed=0)
    levels = zip(*(pyramid(pictures[own_order(pictures)]) for pictures in (a, b)), strict=True)
    by_hand = []
    for seed, pair in enumerate(levels, start=5):  # every level with draws of its own
        patches = [descriptors(level, 32, seed) for level in pair]
        assert patches[0].shape == (6 * 32, 49)
        by_hand.append(1000 * sliced(*patches, directions=128, seed=seed))
    assert len(by_hand) == 2
    assert laplacian(a, b, seed=5) == pytest.approx(by_hand, rel=1e-6)
    vectors = rng.normal(size=(2, 30, 3))
    assert sliced(*vectors) == sliced(*vectors, directions=128, seed=0)


def test_the_draws_are_those_of_earlier_figures():
    """Recorded: floors that were kept, and figures of other runs, are compared with new ones."""
    steps = np.arange(6 * 28 * 28)
    a, b = ((steps * steps % most).reshape(6, 28, 28, 1).astype(np.uint8) for most in (251, 239))
    assert laplacian(a, b) == pytest.approx([155.612881, 208.432543], rel=1e-5)
    waves = (np.sin(np.arange(60.0) * each).reshape(20, 3) for each in (1, 2))
    assert sliced(*waves) == pytest.approx(0.2327083781, rel=1e-8)


def test_a_point_becomes_smaller_in_both_directions():
    point = np.zeros((1, 28, 28, 1), np.uint8)
    point[0, 14, 14] = 255
    _, smaller = pyramid(point)
    taps = np.array([1, 6, 1]) / 16  # of 1 4 6 4 1, every other one
    assert smaller[0, 6:9, 6:9, 0] == pytest.approx(255 * np.outer(taps, taps), rel=1e-5)
    assert smaller.sum() == pytest.approx(255 / 4)


def test_each_channel_of_the_patches_has_mean_0_and_deviation_1(rng):
    level = rng.normal(40, 30, (50, 14, 14, 2)).astype(np.float32) * np.array([1, 3], np.float32)
    found = descriptors(level, 8, 0).reshape(400, 2, 49)
    assert found.mean(axis=(0, 2)) == pytest.approx([0, 0], abs=1e-4)
    assert found.std(axis=(0, 2)) == pytest.approx([1, 1], rel=1e-4)
    other = level * np.array([0.2, 5], np.float32) + np.array([7, -90], np.float32)
    assert descriptors(other, 8, 0).reshape(400, 2, 49) == pytest.approx(found, abs=1e-3)


def test_neither_the_order_nor_the_place_in_the_larger_set_counts(rng):
    a, b = (rng.integers(0, 256, (count, 16, 16, 1), np.uint8) for count in (60, 40))
    assert laplacian(a[rng.permutation(60)], b[rng.permutation(40)]) == laplacian(a, b)
    by_light = a[np.argsort(a.mean(axis=(1, 2, 3)))]
    assert laplacian(by_light, b) == laplacian(by_light[::-1], b)  # not the darkest 40 of them


def test_different_sizes_are_refused():
    with pytest.raises(DataError, match="one size"):
        laplacian(np.zeros((4, 28, 28, 1), np.uint8), np.zeros((4, 28, 28, 3), np.uint8))
    with pytest.raises(DataError, match="equally many"):
        sliced(np.zeros((4, 2)), np.zeros((5, 2)))
