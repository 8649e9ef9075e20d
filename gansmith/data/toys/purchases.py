"""Invented purchases, a table whose law is known exactly: what depends on what, and how often.

A customer is a member the likelier, the older; buys 1 .. 12 items, members one more on average; and pays the price of the city's
shop for each, which varies by a tenth, less a tenth for members. A rating is missing in a quarter of the rows, whatever else they hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gansmith.ground import streams

COUNT = 4000  # rows, unless data.first is set
NAMES = ("age", "city", "member", "items", "amount", "rating")
CITIES: dict[str, tuple[float, float]] = {  # share, price of an item in euros
    "Lisbon": (0.55, 4.0),
    "Porto": (0.28, 3.0),
    "Faro": (0.12, 6.0),
    "Beja": (0.05, 2.0),
}
AGES = (18, 90)
MOST_ITEMS = 12
REBATE = 0.9  # of a member's price
VARIED = 0.1  # standard deviation of the logarithm of a price
FARTHEST = 3  # such deviations: farther off are 3 prices in 1,000
NO_RATING = 0.25  # of the rows


@dataclass(frozen=True)
class Truth:
    """N purchases in numbers; `city` int64 (N,) into CITIES."""

    age: np.ndarray
    city: np.ndarray
    member: np.ndarray  # bool
    items: np.ndarray
    amount: np.ndarray
    rating: np.ndarray  # 1 .. 5; 0 where it is missing


def truth(count: int, seed: int, part: int = 0) -> Truth:
    """The purchases of a seed. `part`: 0 training, 1 test. More purchases begin with the same ones."""
    drawn = streams.generator(seed, "source", part, 3).random((count, 6))
    varied = np.exp(VARIED * streams.generator(seed, "source", part, 5).standard_normal(count))
    age = np.rint(AGES[0] + (AGES[1] - AGES[0]) * drawn[:, 0] ** 1.5).astype(np.int64)
    shares, prices = np.array(list(CITIES.values())).T
    city = np.minimum(np.searchsorted(np.cumsum(shares), drawn[:, 1], side="right"), len(CITIES) - 1)
    member = drawn[:, 2] < chance_of_member(age)
    items = np.minimum(1 + np.floor(-np.log1p(-drawn[:, 3]) * (2 + member)), MOST_ITEMS).astype(np.int64)
    amount = np.round(items * prices[city] * np.where(member, REBATE, 1.0) * varied, 2)
    rating = np.where(drawn[:, 4] < NO_RATING, 0, 1 + np.floor(5 * np.sqrt(drawn[:, 5]))).astype(np.int64)
    return Truth(age, city, member, items, amount, rating)


def chance_of_member(age: np.ndarray) -> np.ndarray:
    """From a fifth at 18 to four fifths at 90."""
    return 0.2 + 0.6 * (age - AGES[0]) / (AGES[1] - AGES[0])


def rows(count: int, seed: int, part: int = 0) -> np.ndarray:
    """`count` purchases as a structured array of texts (count,), a field for each of NAMES; a missing rating is empty."""
    what, cities = truth(count, seed, part), tuple(CITIES)
    columns = (
        [str(age) for age in what.age],
        [cities[city] for city in what.city],
        ["yes" if member else "no" for member in what.member],
        [str(items) for items in what.items],
        [f"{amount:.2f}" for amount in what.amount],
        [str(rating) if rating else "" for rating in what.rating],
    )
    return np.array(list(zip(*columns, strict=True)), [(name, "U12") for name in NAMES])


def allowed(rows: Sequence[Sequence[str]]) -> np.ndarray:
    """Which rows, texts in the order of NAMES, the law makes: bool (N,). Between columns it binds city, member, items and amount."""
    return np.array([_is_allowed(*row) for row in rows], bool)


def _whole(cell: str) -> int:
    """The number of a cell; -1 where it is none."""
    return int(cell) if cell.isascii() and cell.isdigit() else -1


def _is_allowed(age: str, city: str, member: str, items: str, amount: str, rating: str) -> bool:
    if city not in CITIES or member not in ("yes", "no") or rating not in ("", "1", "2", "3", "4", "5"):
        return False
    euros, _, cents = amount.partition(".")
    paid = _whole(euros) + _whole(cents) / 100
    if not (AGES[0] <= _whole(age) <= AGES[1] and 1 <= _whole(items) <= MOST_ITEMS and len(cents) == 2 and paid > 0):
        return False
    price = CITIES[city][1] * (REBATE if member == "yes" else 1.0)
    return abs(math.log(paid / (int(items) * price))) <= FARTHEST * VARIED
