"""Columns are brought to mean 0 and deviation 1, and come back; what is odd in them is said in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground.errors import DataError
from gansmith.kinds import scaling


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(0, 2**32 - 1))
def test_there_and_back(mean: float, deviation: float, seed: int):
    rows = np.random.default_rng(seed).normal(mean, deviation, (50, 3))
    scale = scaling.found(rows, "columns", "rows")
    assert scale is not None
    made = scaling.scaled(rows, scale)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.mean(0, dtype=np.float64), 0, atol=1e-4)
    np.testing.assert_allclose(made.std(0, dtype=np.float64), 1, rtol=1e-5)
    kept = scaling.of_units(json.loads(json.dumps(scaling.as_units(scale))))
    assert kept is not None
    back = scaling.unscaled(made, kept)
    spread = rows.std(0)
    coarse = np.abs(rows).max() * 2.0**-23 if back.dtype == np.float32 else 0.0
    assert (np.abs(back - rows) <= 1e-5 * spread + coarse).all()


def test_means_and_deviations_are_those_of_numpy():
    rows = np.random.default_rng(0).lognormal(3, 1, (200_000, 3))  # more than a block
    scale = scaling.found(rows, "columns", "rows")
    assert scale is not None
    np.testing.assert_allclose(scale.means, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(scale.deviations, rows.std(0), rtol=1e-12)


def test_places_of_a_signal_share_one_scale_and_a_table_of_many_columns_does_not():
    time = np.linspace(0, 1, 64)
    waves = 300 * np.sin(2 * np.pi * (time + np.random.default_rng(0).random((100, 1))))
    scale = scaling.found(waves, "auto", "waves")
    assert scale is not None
    assert scale.whole
    assert scaling.scaled(waves, scale).std() == pytest.approx(1, rel=1e-5)
    table = np.random.default_rng(0).normal(0, 10.0 ** np.arange(20), (100, 20))
    scale = scaling.found(table, "auto", "table")
    assert scale is not None
    assert not scale.whole


def test_a_constant_column_comes_back_as_it_was_whatever_the_network_says():
    rows = np.column_stack([np.arange(10.0), np.full(10, 17.25)])
    scale = scaling.found(rows, "auto", "t.npy")
    assert scale is not None
    assert (scaling.scaled(rows, scale)[:, 1] == 0).all()
    assert (scaling.unscaled(np.full((3, 2), 0.7, np.float32), scale)[:, 1] == 17.25).all()
    assert any("column 2 of t.npy always the same: 17.25" in line for line in scaling.remarks(rows, scale, "t.npy"))


def test_times_in_seconds_keep_their_seconds():
    rows = 1.7e9 + np.arange(1000.0)[:, None]
    scale = scaling.found(rows, "auto", "times")
    assert scale is not None
    assert scale.wide
    back = scaling.unscaled(scaling.scaled(rows, scale), scale)
    assert back.dtype == np.float64
    np.testing.assert_allclose(back, rows, rtol=0, atol=1e-3)


def test_heavy_tails_are_told():
    rows = np.random.default_rng(0).standard_normal((1000, 2))
    rows[5, 1] = 1e6
    (line,) = [line for line in scaling.remarks(rows, scaling.found(rows, "auto", "t"), "t") if "heavy" in line]
    assert "column 2 of t with heavy tails" in line
    assert "heavy tails" in scaling.table(rows)[1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.nan, "1 missing values (NaN) in column 2"),
        (np.inf, "1 infinite values in column 2"),
        (1e300, "column 2 of t reaches 1e+300"),
    ],
)
def test_what_no_network_can_eat_is_named_in_one_line(value: float, said: str):
    rows = np.random.default_rng(0).standard_normal((20, 3))
    rows[7, 1] = value
    with pytest.raises(DataError) as caught:
        scaling.found(rows, "auto", "t")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unscaled_numbers_are_noticed_and_usual_ones_are_not():
    rng = np.random.default_rng(0)
    usual = rng.standard_normal((500, 3))
    assert scaling.unscaled_warning(usual) is None
    assert scaling.unscaled_warning(2.5 * usual + 3) is None
    for odd in (usual * [1, 1, 4e4], 300 * usual, usual + 100, usual / 1000):
        assert "data not scaled" in str(scaling.unscaled_warning(odd))
