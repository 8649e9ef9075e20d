"""What is odd in a table is said: totals, values far outside, one thing written in two ways. Bare numbers in conditions."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.kinds.table import understanding, wanted
from gansmith.kinds.table.columns import to_units
from gansmith.kinds.table.encoding import encode
from gansmith.kinds.table.reading import Text

RNG = np.random.default_rng(0)
AGES = RNG.integers(18, 80, 200).tolist()
PAY = np.round(RNG.normal(3000, 500, 200), 2).tolist()


def table(**columns: list[str]) -> Text:
    """A table as text."""
    return Text(tuple(columns), tuple(columns), tuple(map(tuple, columns.values())))


def remarks(**columns: list[str]) -> tuple[str, ...]:
    """What is said of a table."""
    return understanding.understand(table(**columns)).remarks


def cents(values: list[float]) -> list[str]:
    return [f"{value:.2f}" for value in values]


def test_a_line_of_totals_is_said() -> None:
    (line,) = remarks(
        name=["Anna", "Bob"] * 100 + ["Total"],
        age=[*map(str, AGES), ""],
        pay=cents([*PAY, sum(PAY)]),
    )
    assert line.startswith("WARNING")
    assert "the last row is a line of totals, as of pay" in line
    rounded = [f"{value:.0f}" for value in [*PAY, sum(PAY)]]
    assert "totals, as of pay" in remarks(name=["Anna", "Bob"] * 100 + ["Sum"], pay=rounded)[0], (
        "of rounded numbers too"
    )


def test_a_table_without_totals_is_left_in_peace() -> None:
    assert remarks(age=list(map(str, AGES)), pay=cents(PAY)) == ()
    assert "totals" not in "".join(remarks(pay=cents([*PAY, sum(PAY[:-1])]))), "no sum of all"


@pytest.mark.parametrize("far", [[9e6], [-4e5], [9e6, 8e6]])
def test_values_far_outside_are_said(far: list[float]) -> None:
    (line,) = remarks(pay=cents([*far, *PAY]))
    assert line.startswith("WARNING: column pay: ")
    assert f"{len(far)} value{'s' * (len(far) > 1)} far outside, as {far[0]:.2f}" in line
    assert f"from {min(PAY):.2f} to {max(PAY):.2f}" in line


@pytest.mark.parametrize("law", ["normal", "lognormal", "exponential", "zeros"])
def test_long_tails_are_not_far_outside(law: str) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = rng.lognormal(size=500) if law == "lognormal" else rng.exponential(size=500)
        values = rng.normal(size=500) if law == "normal" else values
        values[:400] *= law != "zeros"
        assert remarks(x=cents(values.tolist())) == ()


def test_one_number_written_in_two_ways_is_a_constant() -> None:
    found = understanding.understand(table(k=["1000", "1e3"] * 30, age=list(map(str, AGES[:60]))))
    assert (found.columns[0].kind, found.columns[0].cell) == ("constant", "1000")
    assert "written in 2 ways, as '1000' and '1e3'" in found.remarks[0]


def test_categories_that_differ_in_capitals_are_said() -> None:
    (line,) = remarks(answer=["ja", "Ja", "JA", "nein", "no  way", "no way"] * 10)
    assert "column answer: 5 categories differ in capitals or spaces alone, as 'ja' and 'Ja'" in line
    assert remarks(answer=["ja", "nein", "vielleicht"] * 10) == ()


@pytest.mark.parametrize(
    ("cells", "typed"),
    [
        (("1.234,50 EUR", "12.000,00 EUR", "800,25 EUR"), ("1234,50 EUR", "1.234,50", "1234,5", "1234.5", "1.234,5")),
        (("$1,234.50", "$12,000.00", "$800.25"), ("$1,234.50", "$1234.5", "1,234.50", "1234.5")),
        (("12%", "55%", "7%"), ("12%", "12")),
        (("+3", "-4", "+5"), ("+3", "3")),
        (("1 234,5", "12 000,0", "800,2"), ("1 234,5", "1234,5", "1234.5")),
    ],
)
def test_a_condition_takes_a_bare_number(cells: tuple[str, ...], typed: tuple[str, ...]) -> None:
    text = table(amount=[*cells * 10])
    columns = understanding.understand(text).columns
    items, units = encode(columns, text.cells), to_units(columns, ";")
    for written in typed:
        expected = columns[0].notation.value(cells[0])
        assert columns[0].notation.asked(written) == expected
        assert wanted.wanted(items, units, f"amount>={written}").sum() == 10 * sum(
            columns[0].notation.value(cell) >= expected for cell in cells
        )
    with pytest.raises(ValueError, match="many"):
        columns[0].notation.asked("many")
