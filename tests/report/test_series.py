"""Numbers out of rows: gaps, thinning, histograms over time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.ground.game import NUMBERS
from gansmith.report import series


def test_every_number_of_a_report_has_a_curve():
    drawn = {line.key for curve in series.CURVES.values() for line in curve.lines}
    assert set(NUMBERS) <= drawn


def test_column_keeps_numbers_and_nothing_else():
    rows = [{"a": 1}, {"a": 2.5}, {"a": "3"}, {"a": True}, {"a": None}, {}, {"a": math.inf}, {"a": 10**400}]
    assert series.column(rows, "a").tolist()[:2] == [1.0, 2.5]
    assert np.isnan(series.column(rows, "a")[2:6]).all()
    assert series.column(rows, "a")[6:].tolist() == [math.inf, math.inf]


def test_positions_count_rows_only_where_no_update_is_known():
    assert series.positions([{}, {}, {}], "update").tolist() == [0, 1, 2]
    assert np.isnan(series.positions([{}, {}], "seconds")).all()
    known = series.positions([{"update": 5}, {}, {"update": 9}], "update")
    assert known[[0, 2]].tolist() == [5, 9]
    assert math.isnan(known[1])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 5000), st.integers(1, 900))
def test_buckets_cover_all_rows_once_and_evenly(count: int, limit: int):
    parts = series.buckets(count, limit)
    assert len(parts) == min(count, limit)
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(count))
    lengths = {part.stop - part.start for part in parts}
    assert not lengths or max(lengths) - min(lengths) <= 1


def test_bucketed_by_hand():
    values = np.array([1.0, 3.0, np.nan, 8.0, np.nan, np.inf])
    mean, low, high = series.bucketed(values, [slice(0, 2), slice(2, 4), slice(4, 6)])
    assert mean[:2].tolist() == [2, 8]
    assert low[:2].tolist() == [1, 8]
    assert high[:2].tolist() == [3, 8]
    assert np.isnan([mean[2], low[2], high[2]]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=60), st.integers(1, 9))
def test_bucketed_mean_lies_between_least_and_greatest_without_overflow(values: list[float], limit: int):
    mean, low, high = series.bucketed(np.array(values), series.buckets(len(values), limit))
    known = np.isfinite(mean)
    assert (low[known] <= mean[known]).all()
    assert (mean[known] <= high[known]).all()
    assert np.isfinite([*low[known], *high[known]]).all()


def test_layers_come_in_the_order_data_flows():
    rows = [{"layers": {"generator": {"10": {"gradient": 1}, "2": {"gradient": 2, "step": 3}}}}, {"layers": 7}, {}]
    table = series.layer_columns(rows, "generator", "gradient")
    assert list(table) == ["2", "10"]
    assert table["2"][0] == 2
    assert np.isnan(table["2"][1:]).all()
    assert series.layer_columns(rows, "discriminator", "step") == {}


GOOD = {"edges": [0, 1, 2, 4], "counts": [2, 0, 6]}


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {"edges": [0, 1]},
        {"edges": [0, 1], "counts": []},
        {"edges": [0, 1, 2], "counts": [1]},
        {"edges": [0, 1, 1], "counts": [1, 2]},
        {"edges": [2, 1, 0], "counts": [1, 2]},
        {"edges": [0, math.nan, 2], "counts": [1, 2]},
        {"edges": [0, 1, 2], "counts": [1, -2]},
        {"edges": [0, 1, 2], "counts": [0, 0]},
        {"edges": [0, 1, "2"], "counts": [1, 1]},
        {"edges": [-1e308, 0, 1e308], "counts": [1, 1]},
    ],
)
def test_a_histogram_that_makes_no_sense_is_none(entry: object):
    assert series.histogram({"histograms": {"verdict.real": entry}}, "verdict.real") is None


def test_rebinned_by_hand():
    held = series.histogram({"histograms": {"v": GOOD}}, "v")
    assert held is not None
    assert series.rebinned(held, 0, 4, 4).tolist() == pytest.approx([0.25, 0, 0.375, 0.375])
    # a narrower range: what lies outside is counted in the outer bins
    assert series.rebinned(held, 1, 3, 2).tolist() == pytest.approx([0.25, 0.75])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any),
    st.floats(-50, 50),
    st.floats(0.01, 20),
    st.floats(-60, 60),
    st.floats(0.01, 200),
    st.integers(1, 60),
)
def test_rebinned_shares_are_shares(counts: list[int], start: float, width: float, low: float, span: float, bins: int):
    edges = start + width * np.arange(len(counts) + 1)
    shares = series.rebinned(series.LoggedHistogram(edges, np.array(counts, float)), low, low + span, bins)
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)


def test_strip_puts_each_time_in_its_place_and_leaves_gaps():
    rows = [
        {"histograms": {"verdict.real": {"edges": [0, 1, 2], "counts": [4, 0]}}},
        {},
        {"histograms": {"verdict.real": {"edges": [2, 3, 4], "counts": [0, 4]}}},
    ]
    strip = series.logit_strip(rows, bins=4)
    assert strip is not None
    assert (strip.low, strip.high) == pytest.approx((0.002, 3.998))
    real = strip.shares["real"]
    assert real[0] == pytest.approx([1, 0, 0, 0], abs=0.01)
    assert np.isnan(real[1]).all()
    assert real[2] == pytest.approx([0, 0, 0, 1], abs=0.01)
    assert np.isnan(strip.shares["fake"]).all()
    assert series.logit_strip([{}, {"histograms": 3}]) is None
