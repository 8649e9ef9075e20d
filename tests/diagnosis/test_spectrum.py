"""Patterns and grain in pictures: values by hand, and what is no pattern."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.diagnosis.signals import spectrum
from gansmith.ground import streams

SIZE = 24


def smooth(count: int = 40, seed: int = 0) -> np.ndarray:
    """Soft blobs (count, SIZE, SIZE, 1)."""
    rng = streams.generator(seed, "diagnosis")
    down, across = np.indices((SIZE, SIZE))
    centres, widths = rng.uniform(6, 18, (count, 2)), rng.uniform(2, 5, count)
    squared = (down - centres[:, :1, None]) ** 2 + (across - centres[:, 1:, None]) ** 2
    return np.exp(-squared / (2 * widths[:, None, None] ** 2))[..., None]


def noise(count: int = 40) -> np.ndarray:
    return streams.generator(3, "diagnosis").standard_normal((count, SIZE, SIZE, 1))


def stripes(period: int) -> np.ndarray:
    return (np.arange(SIZE) % period == 0).astype(np.float64)[None, None, :, None]


def test_a_profile_by_hand():
    wave = np.cos(2 * np.pi * 3 * np.arange(8) / 8)
    across, down = spectrum.profiles(np.broadcast_to(wave[None, None, :, None], (2, 8, 8, 1)))
    np.testing.assert_allclose(across, [0, 0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(down, 0, atol=1e-6)  # down there is no variance at all
    np.testing.assert_allclose(spectrum.profiles(noise())[0][:-1], 2 / 23, atol=0.02)  # 11 pairs and one alone
    assert spectrum.profiles(noise()[:, :7, :7]) == ()


@pytest.mark.parametrize(("side", "shares"), [(8, [2 / 7] * 3 + [1 / 7]), (9, [1 / 4] * 4)])
def test_a_single_pixel_holds_all_frequencies_alike(side: int, shares: list[float]):
    """The last of an even side stands for itself alone, all others for two."""
    pixel = np.zeros((1, side, side, 1))
    pixel[0, 3, 5] = 1
    for found in spectrum.profiles(pixel):
        np.testing.assert_allclose(found, shares, atol=1e-6)


def test_a_pattern_by_hand():
    real, made = np.full(8, 0.125), np.full(8, 0.1)
    made[5] = 0.3
    found = spectrum.pattern((real, made), (real, real))
    assert found is not None
    assert found.stands_out == pytest.approx(0.3001 / 0.1001)
    assert found.share == pytest.approx(0.3 - 0.125)
    assert found.period == pytest.approx(16 / 6)  # frequency 6 of 16 pixels
    made[[3, 4, 6]] = 0.15, 0.14, 0.06
    found = spectrum.pattern((made, real), (real, real))
    assert found is not None
    assert found.stands_out == pytest.approx(0.3001 / np.sqrt(0.1401 * 0.1001))  # of four neighbours, the median
    assert found.share == pytest.approx(0.3 - 0.125 - 0.025)
    rare = np.full(8, 0.14)
    rare[5], made = 0.02, np.array([0.1] * 5 + [0.3, 0.1, 0.1])
    found = spectrum.pattern((made,), (rare,))
    assert found is not None
    assert found.stands_out == pytest.approx(0.3001 / 0.0201 * 0.1401 / 0.1001)
    assert found.share == pytest.approx(0.28)  # its neighbours hold less than they should, which is no merit
    found = spectrum.pattern((np.array([0.1, 0.1, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1]),), (real,))
    assert found is not None
    assert found.period == 4
    found = spectrum.pattern((np.array([0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.2]),), (real,))
    assert found is not None
    assert found.period == 4  # of two alike the longer
    found = spectrum.pattern((np.array([0.1, 0.1, 0.1, 0.3, 0.14, 0.14, 0.2, 0.1]),), (real,))
    assert found is not None
    assert found.stands_out == pytest.approx(0.3001 / np.sqrt(0.1401 * 0.1001))  # three further on is no neighbour
    low = np.array([0.1, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert spectrum.pattern((low,), (real,)) is None  # three waves in a side are a shape
    assert spectrum.pattern((real,), (real,)) is None
    assert spectrum.upper((np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.5, 0.3, 0.2]))) == pytest.approx((0.7 + 0.5) / 2)


@pytest.mark.parametrize("period", [2, 3, 4, 6])
@pytest.mark.parametrize("strength", [0.1, 0.3])
def test_a_pattern_is_found_with_its_period(period: int, strength: float):
    real, made = (spectrum.profiles(each) for each in (smooth(), smooth(seed=1) + strength * stripes(period)))
    found = spectrum.pattern(made, real)
    assert found is not None
    assert found.stands_out > 4
    assert found.share > 0.01
    assert any(found.period == pytest.approx(period / harmonic) for harmonic in (1, 2, 3))


@pytest.mark.parametrize("strength", [0.05, 0.2, 1.0])
def test_noise_and_softness_are_no_pattern(strength: float):
    real = spectrum.profiles(smooth())
    for made in (smooth(seed=1) + strength * noise(), smooth(seed=1) ** (1 + strength), smooth(seed=2)):
        found = spectrum.pattern(spectrum.profiles(made), real)
        assert found is None or found.share < 0.008 or found.stands_out < 2.2


def test_a_pattern_that_the_data_has_is_none():
    real, made = (spectrum.profiles(smooth(seed=seed) + 0.3 * stripes(3)) for seed in range(2))
    found = spectrum.pattern(made, real)
    assert found is None or found.stands_out < 2.2


def test_the_upper_half_holds_the_grain():
    shares = [spectrum.upper(spectrum.profiles(smooth() + strength * noise())) for strength in (0, 0.05, 0.2, 5)]
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] == pytest.approx(11 / 23, abs=0.02)  # frequencies 7 .. 12 of 12, the last one alone
