"""The computed sounds, table and words: their laws, by hand and against what breaks them."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.cli import main
from gansmith.data import given
from gansmith.data.store import open_store
from gansmith.data.toys import purchases, syllables, tones
from gansmith.data.toys.other_kinds import TOYS
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import named

LARGE = 40_000


@pytest.mark.parametrize("name", TOYS)
def test_a_law_makes_what_it_allows(name: str):
    toy = TOYS[name]
    for part in (0, 1):
        items, labels = toy.made(1000, 3, part)
        assert toy.allowed(items).mean() > 0.99
        assert (labels is not None) == bool(toy.class_names)
    again = toy.made(60, 3, 0)[0]
    assert np.array_equal(again, toy.made(1000, 3, 0)[0][:60])
    assert not np.array_equal(again, toy.made(60, 3, 1)[0])
    assert not np.array_equal(again, toy.made(60, 4, 0)[0])


@pytest.mark.parametrize("name", TOYS)
def test_it_is_prepared_and_comes_back_in_its_units(name: str):
    toy, settings = TOYS[name], DataSettings(source=name, first=40)
    store = open_store(settings, seed=5)
    assert (store.kind.name, store.count) == (toy.kind, 40)
    given, back = toy.made(40, 5, 0)[0], named(toy.kind).in_units(np.asarray(store.items), store.units)
    if toy.kind == "signal":
        np.testing.assert_allclose(back, given, atol=1e-5)
    else:
        assert [tuple(row) if toy.kind == "table" else row for row in back] == given.tolist()


def test_purchases_follow_their_law():
    what = purchases.truth(LARGE, 0)
    shares, prices = np.array(list(purchases.CITIES.values())).T
    assert np.bincount(what.city) / LARGE == pytest.approx(shares, abs=0.01)
    young, old = (what.member[what.age == age].mean() for age in (18, 90))
    assert (young, old) == pytest.approx((0.2, 0.8), abs=0.06)
    rate = what.amount / (what.items * prices[what.city])
    for member, expected in ((False, 1.0), (True, purchases.REBATE)):
        logs = np.log(rate[what.member == member])
        assert (np.exp(logs.mean()), logs.std()) == pytest.approx((expected, purchases.VARIED), abs=0.005)
    assert (what.rating == 0).mean() == pytest.approx(purchases.NO_RATING, abs=0.01)
    assert (what.items[what.member].mean() - what.items[~what.member].mean()) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("row", "allowed"),
    [
        (("40", "Porto", "no", "2", "6.00", ""), True),
        (("40", "Porto", "yes", "2", "5.40", "5"), True),
        (("40", "Porto", "no", "2", "8.11", ""), False),  # e^.3 = 1.35: 8.10 at most
        (("40", "Porto", "no", "2", "8.09", ""), True),
        (("40", "Beja", "no", "2", "6.00", ""), False),
        (("40", "Braga", "no", "2", "6.00", ""), False),
        (("17", "Porto", "no", "2", "6.00", ""), False),
        (("40", "Porto", "no", "13", "39.00", ""), False),
        (("40", "Porto", "no", "2", "6.00", "6"), False),
        (("40", "Porto", "no", "2", "0.00", "1"), False),
        (("", "Porto", "no", "2", "6.00", "1"), False),
        (("40", "Porto", "no", "2.0", "6.00", "1"), False),
        (("40", "Porto", "no", "2", "six", "1"), False),
    ],
)
def test_which_rows_the_law_allows(row: tuple[str, ...], allowed: bool):
    assert purchases.allowed([row]).tolist() == [allowed]


def test_which_words_the_law_allows():
    right = ["na", "bal", "balta", "stobre", "kanlomsar"]
    wrong = ["", "a", "ab", "baltra", "xa", "ball", "banananana", "ba na"]
    assert syllables.allowed([*right, *wrong]).tolist() == [True] * len(right) + [False] * len(wrong)
    lengths = [sum(letter in syllables.VOWELS for letter in word) for word in syllables.words(LARGE // 4, 0).tolist()]
    assert np.bincount(lengths)[1:] / len(lengths) == pytest.approx(syllables.SHARES, abs=0.02)


def test_noise_is_no_tone():
    rng = np.random.default_rng(0)
    assert tones.allowed(rng.standard_normal((200, tones.LENGTH))).mean() < 0.2
    half = tones.play(tones.truth(12, 0)) * np.cos(
        np.pi * np.arange(tones.LENGTH)
    )  # every pitch is mirrored to the top
    assert not tones.allowed(half).any()


def test_columns_that_do_not_belong_together_break_the_law():
    rows, rng = purchases.rows(1000, 0), np.random.default_rng(0)
    mixed = list(zip(*(rng.permutation(rows[name]) for name in purchases.NAMES), strict=True))
    assert purchases.allowed(mixed).mean() < 0.4


@pytest.mark.parametrize("name", ["purchases", "syllables"])
def test_they_are_told_by_the_command(name: str, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "info", name]) == 0
    said = capsys.readouterr().out
    assert f"gansmith train {TOYS[name].kind} --data {name}" in said


def test_an_array_of_records_is_a_table_with_a_heading():
    fields = [("years", "i4"), ("share", "f4"), ("side, left", "S1")]
    records = np.array([(n % 7, n / 10, b"ab"[n % 2 : n % 2 + 1]) for n in range(40)], fields)
    store = open_store(DataSettings(source=given.source(records), kind="table"))
    assert [column["name"] for column in store.units["columns"]] == ["years", "share", "side, left"]
    assert store.kind.in_units(np.asarray(store.items[:3]), store.units) == [
        ["0", "0.0", "a"],
        ["1", "0.1", "b"],
        ["2", "0.2", "a"],
    ]
    with pytest.raises(DataError, match="a table has its classes as a column"):
        given.source(records, [0] * 40)
