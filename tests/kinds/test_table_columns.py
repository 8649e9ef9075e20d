"""Tables are read as people write them, and what the networks get leads back to the digit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import people, written

from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds.table import encoding, kind, notation, reading, understanding
from gansmith.kinds.table.columns import Column, groups, of_units, to_units
from gansmith.kinds.table.numbers import mixture
from gansmith.kinds.table.reading import Text

few = settings(max_examples=25, deadline=None)


def table(**columns: list[str]) -> Text:
    """A table as text."""
    return Text(tuple(columns), tuple(columns), tuple(map(tuple, columns.values())))


def one(cells: list[str], kind: str = "") -> Column:
    """The column of these cells, among others."""
    text = table(it=cells)
    return understanding.understand(text, understanding.corrections(f"it:{kind}" if kind else "", text.names)).columns[
        0
    ]


def back(column: Column, cells: list[str]) -> list[str]:
    """Cells, through the networks' numbers and their file, and back."""
    kept = of_units(json.loads(json.dumps(to_units([column], ","))))
    assert kept == (column,)
    return encoding.cells(kept, encoding.encode(kept, [cells]))[0]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1.5", "2.25", "-0.5", "7"] * 5, "continuous"),
        (["1,5", "2,25", "-0,5", "7"] * 5, "continuous"),
        (["10", "20", "20", "35"] * 5, "whole"),
        (["2020-02-29", "2021-12-31", "1969-07-20", "2000-01-01"] * 5, "date"),
        (["29.02.2020", "31.12.2021"] * 5, "date"),
        (["2020-02-29 23:59", "2021-12-31 00:00"] * 5, "date"),
        (["2.5%", "12.25%", "-3%", "0%"] * 5, "continuous"),
        (["$2.50", "-$12.25", "$0.00", "$1,234.75"] * 5, "continuous"),
        (["2,50 €", "-12,25 €", "1.234.567,75 €"] * 5, "continuous"),
        (["+12", "-3", "0", "+7"] * 5, "whole"),
        (["1,234", "12", "999", "-1,234,567"] * 5, "whole"),
        (["1 234", "12", "999", "1 234 567"] * 5, "whole"),
        (["1.234", "2.500", "9.875"] * 5, "continuous"),
        (["1,234", "0,250", "9,875"] * 5, "continuous"),
        (["5%", "7 kg", "9 m"] * 5, "category"),
        (["01.02.2020", "2020-02-03", "03/04/2020"] * 5, "category"),
        (["TRUE", "False", "true"] * 5, "category"),
        (["red", "green", "blue"] * 5, "category"),
        (["yes", "no"] * 5, "yes/no"),
        (["0", "1"] * 5, "yes/no"),
        (["007", "012", "013"] * 5, "category"),
        (["A", "", "NA", "B"] * 5, "category"),
        (["1.5", "", "2.5", "3.75"] * 6, "continuous"),
        (["1e-30", "2.5e300", "-3.25e12", "4e5"] * 6, "continuous"),
        (["only"] * 12, "constant"),
        ([""] * 12, "constant"),
        ([f"K-{number}" for number in range(50)], "identifier"),
        ([str(number) for number in range(7, 57)], "identifier"),
        ([f"words {number % 40} and more" for number in range(50)], "text"),
    ],
    ids=lambda case: case[0][:9] if isinstance(case, list) else case,
)
def test_columns_are_found(cells: list[str], kind: str):
    column = one(cells) if kind not in NOT_LEARNED else _beside(cells)
    assert column.kind == kind
    if kind not in ("identifier", "text"):
        assert_alike(column, cells, back(column, cells))


def assert_alike(column: Column, cells: Sequence[str], made: list[str]) -> None:
    """The same cells; with exponents the same numbers, as far as float32 tells them apart."""
    if not column.notation.digits:
        missing = column.missing or ""
        assert made == [missing if notation.is_missing(cell) else cell for cell in cells]
        return
    numbers = [notation.values(column.notation, each) / column.size for each in (cells, made)]
    np.testing.assert_allclose(*numbers, atol=1e-6)


NOT_LEARNED = ("constant", "identifier", "text")


def _beside(cells: list[str]) -> Column:
    """The first of two columns: a table needs one that can be learned."""
    other = [str(number % 7) for number in range(len(cells))]
    return understanding.understand(table(it=cells, other=other)).columns[0]


@few
@given(st.integers(0, 3), st.integers(1, 100), st.floats(0, 0.4), st.integers(0, 2**31))
def test_numbers_come_back_to_the_digit(decimals: int, spread: int, missing: float, seed: int):
    rng = np.random.default_rng(seed)
    values = np.round(rng.gamma(0.7, spread, 300) - spread / 3, decimals)
    cells = [f"{value:.{decimals}f}".replace("-0", "0") if value == 0 else f"{value:.{decimals}f}" for value in values]
    cells = ["" if gone else cell for cell, gone in zip(cells, rng.random(300) < missing, strict=True)]
    column = one(cells, "continuous")
    assert back(column, cells) == cells


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_numbers_as_modes_come_back_to_the_digit_and_modes_are_found(missing: float):
    """Three heaps far apart: three modes of their shares, each at its heap."""
    rng = np.random.default_rng(7)
    values = (
        np.concatenate([rng.normal(-900, 5, 600), rng.normal(0, 1, 900), rng.normal(4000, 90, 1500)]).round(2) + 0.0
    )
    cells = ["NA" if gone else f"{value:.2f}" for value, gone in zip(values, rng.random(3000) < missing, strict=True)]
    column = mixture.with_modes([one(cells, "continuous")])[0]
    assert back(column, cells) == cells
    heaps = [sum(s for s, m in zip(column.shares, column.means, strict=True) if abs(m * column.size - centre) < 400)
             for centre in (-900, 0, 4000)]  # fmt: skip
    np.testing.assert_allclose(heaps, [0.2, 0.3, 0.5], atol=0.03)
    assert column.groups == (1, *((2,) if missing else ()), len(column.means))
    made = encoding.encode([column], [cells])
    assert abs(made[:, 0]).max() < 8
    assert (made[:, -len(column.means) :].sum(1) == 1).all()


def test_a_column_of_one_value_and_missing_cells_is_a_mixture_too():
    cells = ["2.5", "", "2.5"] * 10
    column = mixture.with_modes([one(cells, "continuous")])[0]
    assert back(column, cells) == cells


def test_columns_that_others_decide_are_given_as_the_rest(tmp_path: Path):
    """Of z = x + y to a percent the networks get what is open, N(0, 1), and a few wrong cells change nothing. Referee: scipy."""
    from scipy.stats import kstest

    rng = np.random.default_rng(8)
    x, y = rng.gamma(2, 10, 2000), rng.gamma(2, 10, 2000)
    z = (x + y) * rng.normal(1, 0.01, 2000)
    z[:3] = 0
    cells = [[f"{value:.3f}" for value in column] for column in (x, y, z)]
    free = [f"{value:.3f}" for value in rng.normal(size=2000).round(3) + 0.0]
    path = written(tmp_path / "sums.csv", ["x", "y", "z", "free"], [*cells, free])
    made = kind.read(path, DataSettings())
    columns = of_units(json.loads(json.dumps(made.units)))
    decided = [column for column in columns if column.before]
    assert len(decided) == 1
    place = "xyz".index(decided[0].name)
    assert abs(np.delete(np.corrcoef(made.items.T)[place], place)).max() < 0.15
    assert kstest(made.items[:, place], "norm").pvalue > 0.01
    assert encoding.cells(columns, made.items) == [*cells, free]
    np.testing.assert_array_equal(encoding.encode(columns, [*cells, free]), made.items)


@few
@given(
    st.lists(st.dates(date(1700, 1, 1), date(2300, 1, 1)), min_size=30, max_size=60),
    st.sampled_from(notation.DATES[:5]),
)
def test_dates_come_back(days: list[date], form: str):
    cells = [f"{day:{form}}" if day.year > 999 else "" for day in days]
    assert back(one(cells, "date"), cells) == cells


def test_what_networks_get_is_normal():
    """Scikit-learn's transform, referee scipy: a skewed column with a spike, and one of few values."""
    from scipy.stats import kstest

    rng = np.random.default_rng(3)
    spiked = np.where(rng.random(2000) < 0.4, 0, np.round(rng.lognormal(3, 1, 2000), 2))
    for cells in ([f"{value:.2f}" for value in spiked], [str(value) for value in rng.poisson(2, 2000)]):
        column = one(cells)
        numbers = encoding.encode([column], [cells])[:, 0]
        assert kstest(numbers, "norm").pvalue > 0.01
        assert abs(numbers).max() < 4


def test_what_was_not_seen_stays_in_the_range():
    cells = [str(value) for value in range(100, 200, 3)] * 2
    column = one(cells)
    made = encoding.from_normal(column, np.array([-50, -3, 0, 3, 50, np.nan], np.float32))
    assert (made.min(), made.max()) == (100, 199)
    assert set(made) <= set(range(100, 200, 3)), "few values: no others are made"


def test_categories_are_drawn_by_their_probabilities_and_alone_as_among_others():
    column = one(["a", "b", "c"] * 10)
    numbers = table(it=["a", "b", "c"] * 10, x=[str(value * 1.5) for value in range(30)])
    columns = understanding.understand(numbers).columns
    assert groups(columns) == (3, 1)
    rng = np.random.default_rng(4)
    raw = np.concatenate([np.tile([0.6, 0.3, 0.1], (20_000, 1)), rng.normal(size=(20_000, 1))], 1).astype(np.float32)
    items = encoding.hardened(columns, raw)
    assert column.categories == ("a", "b", "c")
    np.testing.assert_allclose(items[:, :3].mean(0), [0.6, 0.3, 0.1], atol=0.02)
    assert (items[:, :3].sum(1) == 1).all()
    np.testing.assert_array_equal(items[:, 3], raw[:, 3])
    np.testing.assert_array_equal(encoding.hardened(columns, raw[7:9]), items[7:9])
    assert np.isfinite(encoding.hardened(columns, np.full((2, 4), np.nan, np.float32))[:, :3]).all()


def test_many_categories_are_cut_and_said():
    rng = np.random.default_rng(5)
    cells = [f"town {number}" for number in rng.zipf(1.3, 6000) % 5000]
    found = understanding.understand(table(town=cells))
    column = found.columns[0]
    assert (column.kind, len(column.categories)) == ("category", understanding.MOST_CATEGORIES)
    assert "rarest of" in found.remarks[0]
    made = back(column, cells)
    assert set(made) <= set(cells)
    assert sum(a == b for a, b in zip(cells, made, strict=True)) > 0.7 * len(cells)


def test_a_whole_table_comes_back(tmp_path: Path):
    text = reading.read(people(tmp_path / "people.csv"))
    found = understanding.understand(text)
    kinds = ["identifier", "whole", "category", "continuous", "date", "continuous", "yes/no", "constant", "category"]
    assert [column.kind for column in found.columns] == kinds
    assert [line.split(" ")[0] for line in found.left_out] == ["identifiers", "columns"]
    made = encoding.cells(found.columns, encoding.encode(found.columns, text.cells))
    assert made[0][:2] == ["1", "2"], "identifiers are numbered"
    for column, given_cells, cells in zip(found.columns[1:], text.cells[1:], made[1:], strict=True):
        assert list(given_cells) == cells, column.name


def test_the_user_corrects(tmp_path: Path):
    text = reading.read(people(tmp_path / "people.csv"))
    given = understanding.corrections("age:category, id : category,bonus:category", text.names)
    kinds = {column.name: column.kind for column in understanding.understand(text, given).columns}
    assert (kinds["age"], kinds["id"], kinds["bonus"]) == ("category", "category", "category")
    for wrong, said in (
        ("agee:whole", "did you mean 'age'"),
        ("age:number", "write continuous"),
        ("sex:continuous", "is no continuous"),
        ("age:date", "is no date"),
    ):
        with pytest.raises(DataError, match=said):
            understanding.understand(text, understanding.corrections(wrong, text.names))


PLAIN = [[str(value % 9) for value in range(30)], ["a", "b", "c"] * 10]


def hostile(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files as people have them, and what is said: a refusal, or (in brackets) what comes of it."""
    made: dict[str, tuple[Path, str]] = {}

    def add(name: str, said: str, data: bytes | None = None, **how: object) -> None:
        path = folder / f"{name}.csv"
        if data is None:
            written(path, how.pop("header", ["n", "c"]), how.pop("columns", PLAIN), **how)  # pyright: ignore
        else:
            path.write_bytes(data)
        made[name] = path, said

    add("empty", "is empty", b"  \n")
    add("one row", "1 usable rows", b"a,b\n1,2\n")
    add("one column", "(whole)", header=["n"], columns=PLAIN[:1])
    add("all missing", "nothing in this table can be learned", header=["n", "m"], columns=[["", "NA"] * 10, ["?"] * 20])
    many = [f"v{number}x" for number in range(10_000)]
    add(
        "10,000 categories",
        "(category whole)",
        header=["c", "n"],
        columns=[many * 2, [str(n % 9) for n in range(20_000)]],
    )
    mixed = [str(value) if value % 19 else "unknown" for value in range(60)]
    add("mixed types", "(whole whole)", header=["m", "n"], columns=[mixed, [str(value % 9) for value in range(60)]])
    add("byte order mark", "(whole category)", encoding="utf-8-sig")
    add("semicolons", "(whole category)", separator=";")
    comma = [f"{value},5" for value in range(30)]
    add("decimal commas", "(continuous category)", header=["x", "c"], columns=[comma, PLAIN[1]], separator=";")
    quoted = ['say "hi"\nthere', "plain", "a,b"] * 10
    add("quotes with newlines", "(whole category)", header=["n", "c"], columns=[PLAIN[0], quoted])
    add("duplicate headers", "(whole category)", header=["n", "n"], columns=PLAIN)
    huge = [f"{value}e{(value * 37) % 601 - 300}" for value in range(1, 31)]
    add("1e300", "(continuous category)", header=["x", "c"], columns=[huge, PLAIN[1]])
    add("infinite", "(continuous category)", header=["x", "c"], columns=[["inf", "1.5", "-2.5"] * 10, PLAIN[1]])
    add("bytes", "holds bytes", bytes(range(256)) * 4)
    add(
        "old Windows",
        "(whole category)",
        "n,Größe\n".encode("cp1252") + "1,groß\n2,klein\n3,klein\n".encode("cp1252") * 8,
    )
    add("ragged", "(whole category)", b"n,c\n" + b"1,a\n2,b\n3\n4,a,5\n5,b\n" * 8)
    add("long cell", "(whole category)", columns=[PLAIN[0], ["x" * 300_000, *PLAIN[1][1:]]])
    add("endless cell", "more than 1,000,000 characters", columns=[PLAIN[0], ["x" * 1_100_000, *PLAIN[1][1:]]])
    add("zero bytes", "(whole category)", b"n,c\n" + b"1,a\x00\n2,b\n7,b\n" * 8)
    wide = [[str((row * 7 + column) % 11) for row in range(30)] for column in range(1000)]
    add(
        "1,000 columns",
        "(" + " ".join(["whole"] * 1000) + ")",
        header=[f"c{place}" for place in range(1000)],
        columns=wide,
    )
    names = [[str(value) for value in range(30)], [f"K{value:04d}" for value in range(30)]]
    add("only identifiers", "identifiers are not learned", header=["id", "key"], columns=names)
    add("a separator at the end", "(whole category)", b"n,c\n" + b"1,a,\n2,b,\n7,b,\n" * 8)
    add("a separator at the end of all", "(whole category)", b"n,c,\n" + b"1,a,\n2,b,\n7,b,\n" * 8)
    add("comments", "(whole category)", b"# by hand\n#\n#id,c\n" + b"1,a\n2,b\n7,b\n" * 8)
    add("a comment at the end", "(whole category)", b"n,c\n" + b"1,a\n2,b\n7,b\n" * 8 + b"# end\n")
    add("half a quotation", "usable rows", b'n,c\n1,"a\n' + b"2,b\n" * 30)
    add("heading alone", "0 usable rows", b"n,c\n")
    add("old Macintosh", "(whole category)", b"n,c\r" + b"1,a\r2,b\r7,b\r" * 8)
    add("no heading", "(whole continuous)", b"1,2.5\n2,3.5\n7,4.25\n" * 9)
    return made


@pytest.mark.parametrize("name", [
    "empty", "one row", "one column", "all missing", "10,000 categories", "mixed types", "byte order mark", "semicolons",
    "decimal commas", "quotes with newlines", "duplicate headers", "1e300", "infinite", "bytes", "old Windows", "ragged",
    "no heading", "long cell", "endless cell", "zero bytes", "1,000 columns", "only identifiers", "a separator at the end",
    "a separator at the end of all", "comments", "a comment at the end", "half a quotation", "heading alone", "old Macintosh",
])  # fmt: skip
def test_hostile_files_are_used_or_refused_in_one_line(name: str, tmp_path: Path):
    path, said = hostile(tmp_path)[name]
    if said[0] != "(":
        with pytest.raises(DataError, match=said) as refused:
            understanding.understand(reading.read(path))
        assert "\n" not in str(refused.value)
        return
    text = reading.read(path)
    found = understanding.understand(text)
    assert " ".join(column.kind for column in found.columns) == said[1:-1]
    items = encoding.encode(found.columns, text.cells)
    assert np.isfinite(items).all()
    made = encoding.cells(found.columns, items)
    for column, given_cells, cells in zip(found.columns, text.cells, made, strict=True):
        if column.missing is None and not column.rest:
            assert_alike(column, given_cells, cells)
    assert not any("\n" in line for line in (*found.remarks, *found.left_out))


def test_parquet(tmp_path: Path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table({"n": list(range(3)) * 10, "c": ["a", None, "b"] * 10}), tmp_path / "t.parquet")
    text = reading.read(tmp_path / "t.parquet")
    assert (text.names, text.cells[1][:3]) == (("n", "c"), ("a", "", "b"))
    assert kind.claims(tmp_path / "t.parquet")
    parquet.write_table(pa.table({"image": [b"png", b"png"], "label": [0, 1]}), tmp_path / "pictures.parquet")
    assert not kind.claims(tmp_path / "pictures.parquet")
    (tmp_path / "list.csv").write_text("file_name,label\na.png,3\n")
    assert not kind.claims(tmp_path / "list.csv")
    (tmp_path / "no.parquet").write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be read as parquet"):
        reading.read(tmp_path / "no.parquet")
