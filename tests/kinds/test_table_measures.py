"""Figures of tables against scipy, scikit-learn and hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.ground.errors import DataError
from gansmith.kinds.table import copies, encoding, measuring, understanding, usefulness
from gansmith.kinds.table import kind as table_kind
from gansmith.kinds.table.columns import to_units
from gansmith.kinds.table.encoding import Values
from gansmith.kinds.table.reading import Text

few = settings(max_examples=25, deadline=None)


def cells_of(count: int, seed: int, *, linked: bool = True, missing: float = 0.1) -> tuple[tuple[str, ...], ...]:
    """Four columns: x, y = x + noise, a category that x decides, one that is free; shuffled apart where not linked."""
    rng = np.random.default_rng(seed)
    x = rng.normal(50, 10, count)
    y = x + rng.normal(0, 3, count)
    kind = np.array(["low", "mid", "high"])[np.digitize(x, [45, 55])]
    free = rng.choice(["u", "v"], count, p=[0.8, 0.2])
    if not linked:
        x, kind = rng.permutation(x), rng.permutation(kind)
    shown = [f"{value:.1f}" if keep else "" for value, keep in zip(y, rng.random(count) >= missing, strict=True)]
    return tuple(f"{value:.2f}" for value in x), tuple(shown), tuple(kind.tolist()), tuple(free.tolist())


NAMES = ("x", "y", "kind", "free")
COLUMNS = understanding.understand(Text(NAMES, NAMES, cells_of(1000, 0))).columns


def items_of(count: int, seed: int, **how: object) -> np.ndarray:
    """Rows for the networks."""
    return encoding.encode(COLUMNS, cells_of(count, seed, **how))  # pyright: ignore[reportArgumentType]


def values_of(count: int, seed: int, **how: object) -> Values:
    """Rows as values."""
    return encoding.decode(COLUMNS, items_of(count, seed, **how))


@few
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_ks_is_scipys(a: int, b: int, seed: int):
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 9, a).astype(float), rng.integers(2, 12, b).astype(float)
    assert measuring.distance(True, 0, x, y) == pytest.approx(ks_2samp(x, y)[0])


def test_missing_numbers_and_categories_by_hand():
    x, y = np.array([1.0, 2.0, np.nan, np.nan]), np.array([1.0, 2.0, 1.0, 2.0])
    assert measuring.distance(True, 0, x, y) == 0.5
    assert measuring.distance(True, 0, x[2:], y) == 1
    assert measuring.distance(True, 0, x[2:], x[2:]) == 0
    assert measuring.distance(False, 3, np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])) == 0.5


@few
@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 2**31))
def test_cramers_v_is_scipys(rows: int, columns: int, seed: int):
    from scipy.stats.contingency import association

    counts = np.random.default_rng(seed).integers(1, 30, (rows, columns))
    assert measuring.cramers_v(counts.astype(float)) == pytest.approx(association(counts, method="cramer"))


def test_pairs_by_hand_and_numpy():
    table = values_of(500, 1, missing=0.0)
    assert measuring.association(table, 0, 1) == pytest.approx(np.corrcoef(table.values[0], table.values[1])[0, 1])
    assert measuring.correlation_ratio(np.array([0, 0, 1, 1]), np.array([1.0, 1, 3, 3])) == pytest.approx(1)
    assert measuring.correlation_ratio(np.array([0, 1, 0, 1]), np.array([1.0, 1, 3, 3])) == pytest.approx(0)
    from sklearn.linear_model import LinearRegression

    hot = np.eye(3)[table.values[2]]
    r2 = LinearRegression(fit_intercept=False).fit(hot, table.values[0]).score(hot, table.values[0])
    assert measuring.association(table, 0, 2) == pytest.approx(np.sqrt(r2))
    assert np.isnan(measuring.cramers_v(np.array([[3.0, 0], [4, 0]])))


def figures(made: np.ndarray) -> dict[str, tuple[float, float | None]]:
    """Key -> (value, floor) of generated rows."""
    rows = measuring.measures(items_of(1000, 0), made, to_units(COLUMNS, ","), items_of(1000, 2))
    return {row.key: (row.value, row.floor) for row in rows}


def test_figures_tell_good_tables_from_bad_ones():
    good, apart, copied = (
        figures(made) for made in (items_of(800, 3), items_of(800, 3, linked=False), items_of(1000, 0))
    )
    assert set(good) == {"ks", "tv", "correlation", "association", "detection", "tstr", "copies", "nearer"}
    for key in ("ks", "tv", "correlation", "association"):
        value, floor = good[key]
        assert value < floor + 0.06, key
    assert apart["correlation"][0] > 0.8
    assert apart["detection"][0] > good["detection"][0] + 0.2
    assert apart["tstr"][0] < 0.7 * apart["tstr"][1]
    assert good["tstr"][0] > 0.9 * good["tstr"][1]
    assert copied["copies"][0] == 1
    assert good["copies"][0] < 0.1
    assert copied["nearer"][0] > 0.95
    assert good["nearer"][0] == pytest.approx(0.5, abs=0.08)


def test_distances_are_of_ranks_and_categories():
    real = values_of(300, 4)
    points = copies.space((real,))[0]
    near = copies.closest(points, points)
    np.testing.assert_allclose(near, 0, atol=1e-6)
    one = values_of(1, 5)
    by_hand = np.sqrt(((points - copies.space((real, one))[1]) ** 2).sum(1)).min()
    assert copies.closest(points, copies.space((real, one))[1])[0] == pytest.approx(by_hand)


def test_tiny_tables_and_tables_of_one_column_have_figures_too():
    cells = (tuple(str(value % 5) for value in range(12)),)
    columns = understanding.understand(Text(("n",), ("n",), cells)).columns
    items = encoding.encode(columns, cells)
    found = {row.key for row in measuring.measures(items, items[:6], to_units(columns, ","), items[6:])}
    assert found == {"ks", "copies", "nearer"}
    table = encoding.decode(columns, items)
    assert usefulness.usefulness(table, table, table) is None


def test_a_generator_of_one_category_is_measured():
    made = items_of(200, 6)
    made[:, 4:7] = [1, 0, 0]
    found = figures(made)
    assert found["tv"][0] > 0.2
    assert found["tstr"][0] < found["tstr"][1]


def test_histograms_show_every_column_and_pair():
    from gansmith.kinds.table.histograms import HEAD, HEIGHT, WIDTH, histograms, shares, strongest

    made, real = values_of(300, 7), values_of(400, 8)
    assert strongest(real) == [(0, 1)]
    assert histograms(made, real).shape == (2 * HEIGHT + HEAD, 4 * WIDTH, 3)
    assert histograms(made.take(slice(1)), None).shape == (HEIGHT + HEAD, 4 * WIDTH, 3)
    for column, fake, known in zip(made.columns, made.values, real.values, strict=True):
        bars = shares(column, fake, known)
        np.testing.assert_allclose(bars.sum(1), 1)
    gone = Values(
        made.columns, tuple(np.full_like(each, np.nan) if each.dtype.kind == "f" else each for each in made.values)
    )
    assert histograms(gone, gone).any()


def test_a_generator_that_leaves_a_column_out_has_figures():
    made = items_of(300, 3)
    there, gone = (sum(sum(column.groups) for column in COLUMNS[:1]) + place for place in (1, 2))
    made[:, there], made[:, gone] = 0, 1
    assert np.isnan(encoding.decode(COLUMNS, made).values[1]).all()
    found = figures(made)
    assert found["ks"][0] > 0.4
    assert {"detection", "tstr", "copies"} <= set(found)


def test_tables_are_compared_by_what_cells_mean_not_by_how_they_are_written():
    rng = np.random.default_rng(0)
    amounts, days = np.round(rng.uniform(0, 9000, 60), 2), 10_000 + rng.integers(0, 5000, 60)
    dates = [np.datetime64(int(day), "D").item() for day in days]
    ours = (tuple(f"{value:.2f}" for value in amounts), tuple(f"{day:%Y-%m-%d}" for day in dates))
    theirs = (
        tuple(f"{value:.2f}".replace(".", ",") for value in amounts),
        tuple(f"{day:%d.%m.%Y 00:00}" for day in dates),
    )
    names = ("amount", "day")
    here, there = (understanding.understand(Text(names, names, cells)).columns for cells in (ours, theirs))
    assert (there[0].notation.mark, there[1].notation.timed) == (",", True)
    found = encoding.decode(here, encoding.as_in(there, encoding.encode(there, theirs), here))
    np.testing.assert_allclose(found.values[0], amounts, atol=0.011)
    np.testing.assert_array_equal(found.values[1], days)


def test_tables_whose_columns_mean_other_things_are_refused():
    numbers, words = tuple(map(str, range(100, 160))), ("red", "blue") * 30
    dates = tuple(f"2020-01-{1 + row % 28:02d}" for row in range(60))
    columns = [
        understanding.understand(Text(("a",), ("a",), (cells,)), {"a": "category"} if cells is words else None).columns
        for cells in (numbers[:30] * 2, words, dates)
    ]
    items = [
        encoding.encode(each, (cells,)) for each, cells in zip(columns, (numbers[:30] * 2, words, dates), strict=True)
    ]
    with pytest.raises(DataError, match="holds whole numbers in the data, and none here, as in 'red'"):
        encoding.as_in(columns[1], items[1], columns[0])
    with pytest.raises(DataError, match="is date here, and whole in the data"):
        encoding.as_in(columns[2], items[2], columns[0])


def test_the_rare_categories_together_are_no_category():
    cells = tuple(f"word {min(number // 2, 130 - number // 40)}" for number in range(600))
    columns = understanding.understand(Text(("w",), ("w",), (cells,)), {"w": "category"}).columns
    line = table_kind.facts(encoding.encode(columns, (cells,)), to_units(columns, ","))[0]
    assert columns[0].rest
    assert f"of {len(set(cells))}: " in line
    assert "rare ones together" in line
    assert columns[0].rest[0] not in line.split(";")[0].split(", ")[0]
