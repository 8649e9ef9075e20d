"""Grids of two pixels: against a whole Fourier transform, and values by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gansmith.metrics.measures.grid import Grid, grid
from gansmith.metrics.reference import View
from gansmith.metrics.table import METRICS

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(30, 16, 16, 3), (30, 9, 14, 1), (700, 8, 8, 1)])
def test_it_is_what_the_fourier_transform_says(shape: tuple[int, ...]):
    pictures = RNG.integers(0, 256, shape, dtype=np.uint8)
    centred = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    energy = (np.abs(np.fft.fft2(centred, axes=(1, 2))) ** 2).sum((0, 3))
    energy /= energy.sum()
    down, across = shape[1] // 2, shape[2] // 2
    found = grid(pictures)
    assert found.checks == pytest.approx(energy[down, across], rel=1e-4)
    assert found.beside == pytest.approx(energy[down - 1, across - 1], rel=1e-4)
    assert found.stripes == pytest.approx((energy[down].sum() + energy[:, across].sum()) / 2, rel=1e-4)


def test_a_chequerboard_is_all_checks():
    board = 100 + 20 * (-1.0) ** np.add.outer(np.arange(8), np.arange(10))
    found = grid(board[None, :, :, None])
    assert found.checks == pytest.approx(1)
    assert found.beside == pytest.approx(0, abs=1e-9)
    assert found.stripes == pytest.approx(1)
    assert found.least == pytest.approx(1 / 12 / (400 * 80))


def test_noise_does_not_stand_out():
    assert grid(RNG.normal(128, 20, (2000, 16, 16, 1))).stands_out == pytest.approx(1, rel=0.15)


def test_pictures_without_contrast_have_none():
    flat = grid(np.full((3, 8, 8, 1), 7, np.uint8))
    assert (flat.checks, flat.stripes) == (0, 0)
    assert flat.over(flat) == (0, 0)


def test_over_real_pictures_is_a_ratio_and_rounding_is_the_least():
    real = Grid(checks=0.1, beside=0.1, stripes=0.15, least=0.01)
    found = Grid(checks=0.2, beside=0.05, stripes=0.6, least=0.01)
    assert found.over(real) == pytest.approx((2, 4))
    assert found.stands_out == pytest.approx(4)
    smooth = Grid(checks=0.001, beside=0.001, stripes=0.002, least=0.01)
    assert found.over(smooth) == pytest.approx((20, 60))
    assert smooth.stands_out == pytest.approx(0.1)


def test_rounding_leaves_its_variance_in_every_channel_of_every_picture():
    pictures = RNG.integers(0, 256, (5, 8, 10, 3), dtype=np.uint8).astype(np.float64)
    energy = np.square(pictures - pictures.mean(axis=(1, 2), keepdims=True)).sum()
    assert grid(pictures).least == pytest.approx(5 * 3 / 12 / energy)


@pytest.mark.parametrize(("shape", "measured"), [((8, 8), True), ((9, 8), True), ((8, 7), False), ((7, 8), False)])
def test_sides_of_fewer_than_eight_pixels_have_no_grid(shape: tuple[int, int], measured: bool):
    view = View(RNG.integers(0, 256, (4, *shape, 1), dtype=np.uint8), None, np.zeros((4, 1)), None)
    reference: Any = SimpleNamespace(heldout=view)
    assert bool(METRICS["grid"].measure(view, reference)) == measured
