"""Walks and the geometry of latent laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground import streams
from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.steering import walks

from .makers import BarMaker, LinearMaker

LAWS = ["normal", "uniform", "unit"]


@pytest.mark.parametrize("law", LAWS)
def test_latents_lie_on_the_shell(law: str) -> None:
    drawn = streams.latents(np.random.default_rng(0), law, (400, 100)) - space.centre(law)
    assert np.linalg.norm(drawn, axis=1).mean() == pytest.approx(space.shell_radius(law, 100), rel=0.02)


@pytest.mark.parametrize("law", LAWS)
def test_gaussian_coordinates_come_back_and_become_the_law(law: str) -> None:
    values = torch.randn(5000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    latents = space.from_gaussian(values, law)
    assert latents.mean().item() == pytest.approx(space.centre(law), abs=0.03)
    assert latents.std().item() == pytest.approx(space.DEVIATIONS[law], rel=0.03)
    kept = values.abs() < 4
    assert torch.allclose(space.to_gaussian(latents, law)[kept], values[kept], atol=1e-5)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_great_circle_meets_its_ends_and_keeps_its_length(seed: int, share: float) -> None:
    first, last = np.random.default_rng(seed).standard_normal((2, 7))
    walk = space.spherical(first, last, np.array([0, share, 1]))
    assert walk[0] == pytest.approx(first, abs=1e-5)
    assert walk[2] == pytest.approx(last, abs=1e-5)
    lengths = np.linalg.norm(walk, axis=1)
    assert lengths[1] == pytest.approx((1 - share) * lengths[0] + share * lengths[2], rel=1e-4)


def test_the_straight_line_is_shorter_inside_and_halves_a_right_angle() -> None:
    x, y = np.array([1.0, 0]), np.array([0, 1.0])
    half = np.array([0.5])
    assert space.spherical(x, y, half)[0] == pytest.approx([0.5**0.5] * 2)
    assert space.linear(x, y, half)[0] == pytest.approx([0.5, 0.5])
    assert space.spherical(x, -x, half)[0] == pytest.approx([0, 0], abs=1e-6)  # opposite: no one circle


@pytest.mark.parametrize("between", [space.linear, space.spherical])
def test_a_walk_passes_its_stations(between: walks.Between) -> None:
    stations = LinearMaker().latents(3, 0)
    walk = walks.interpolate(stations, 4, between, "normal")
    assert walk.shape == (9, 6)
    assert walk[::4] == pytest.approx(stations, abs=1e-5)
    ring = walks.interpolate(stations, 4, between, "normal", closed=True)
    assert ring.shape == (12, 6)
    assert ring[:9] == pytest.approx(walk, abs=1e-5)
    with pytest.raises(RunError, match="at least 2"):
        walks.interpolate(stations[:1], 4, between, "normal")


def test_a_walk_of_the_unit_law_turns_around_its_middle() -> None:
    stations = np.array([[0.5, 1.0], [1.0, 0.5]], np.float32)
    walk = walks.interpolate(stations, 2, space.spherical, "unit")
    assert walk[1] == pytest.approx(0.5 + 0.5 * 0.5**0.5 * np.ones(2))


def test_traverse_moves_one_coordinate_at_a_time() -> None:
    base = np.arange(4, dtype=np.float32)
    walk = walks.traverse([2, 0], np.array([-1.0, 5.0]), base)
    assert walk.shape == (2, 2, 4)
    assert walk[0].tolist() == [[0, 1, -1, 3], [0, 1, 5, 3]]
    assert walk[1, 1].tolist() == [5, 1, 2, 3]
    with pytest.raises(RunError, match="dimension 4 is none"):
        walks.traverse([4], np.zeros(2), base)


def test_grid_rows_are_classes_and_columns_one_latent() -> None:
    maker = BarMaker()
    latents = maker.latents(4, 1)
    made = walks.grid(maker, latents)
    assert made.shape == (3, 4, 24, 24, 1)
    for label in range(3):
        for column in range(4):
            alone = maker.images(latents[column : column + 1], np.array([label]))[0]
            assert np.array_equal(made[label, column], alone)
    assert np.array_equal(walks.grid(maker, latents, [2])[0], made[2])


def test_grid_needs_labels() -> None:
    with pytest.raises(RunError, match="trained without labels"):
        walks.grid(LinearMaker(), np.zeros((2, 6), np.float32))


def test_neighbours_differ_less_than_strangers() -> None:
    maker = LinearMaker()
    frames = walks.pictures(maker, walks.interpolate(maker.latents(3, 0), 8, space.spherical, "normal"))
    near, far = walks.smoothness(frames, maker.images(maker.latents(40, 1)))
    assert 0 < near < far / 3
