import numpy as np
import pytest

from gansmith.metrics.measures.grain import grain


def test_slopes_and_straight_edges_are_no_grain():
    down, right = np.indices((12, 12))
    slope, edge = 5 * down + 3 * right, np.where(right > 5, 250, 10)
    assert grain(np.stack([slope, edge])[..., None].astype(np.uint8)).tolist() == [0, 0]


def test_a_board_of_two_values_by_hand():
    board = np.where(np.indices((9, 9)).sum(axis=0) % 2, 110, 90)[None, ..., None].astype(np.uint8)
    assert grain(board)[0] == pytest.approx(16 * 10 / 6)  # every answer is 16 times the amplitude


def test_the_weaker_half_by_hand():
    dots = np.zeros((1, 3, 4, 1), np.uint8)
    dots[0, 1, 1] = 10
    assert grain(dots)[0] == pytest.approx(20 / 6)  # the weaker of 4 x 10 and -2 x 10
    alone = np.zeros((1, 3, 3, 1), np.uint8)
    alone[0, 1, 1] = 30
    assert grain(alone)[0] == pytest.approx(120 / 6)


def test_white_noise_by_its_law(rng):
    noise = np.round(rng.normal(128, 12, (50, 64, 64, 3))).astype(np.uint8)
    # of N(0, s), the weaker half lies within .6745 s and has the root mean square .3776 s
    assert grain(noise).mean() == pytest.approx(0.3776 * 12, rel=0.03)
    flat = np.full((2, 16, 16, 1), 77, np.uint8)
    assert grain(flat).tolist() == [0, 0]
