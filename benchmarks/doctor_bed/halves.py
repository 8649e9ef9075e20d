"""Which situations the rules may be made on, and which are opened once, at the end.

The rule, written before any situation was played: a situation is in the half "work" where the SHA-256 of its family's
salt and its name is even, else in "sealed". A family's salt is the smallest number from 0 with which each half has two
fifths or more of the family's situations. Nobody chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import count

from .faulty import FAULTY
from .healthy import HEALTHY
from .situation import Situation

SITUATIONS: tuple[Situation, ...] = (*FAULTY, *HEALTHY)
WORK, SEALED = "work", "sealed"
LEAST = 0.4


def half_of_name(name: str, family: str, salt: int) -> str:
    """The half of one situation under a salt; salt 0 is the plain name."""
    text = f"{name}/{family}/{salt}" if salt else name
    return WORK if hashlib.sha256(text.encode()).digest()[-1] % 2 == 0 else SEALED


def halves(situations: Iterable[Situation]) -> dict[str, str]:
    """The half of each situation by its name."""
    found: dict[str, str] = {}
    families: dict[str, list[str]] = {}
    for each in situations:
        families.setdefault(each.family, []).append(each.name)
    for family, names in families.items():
        for salt in count():
            drawn = {name: half_of_name(name, family, salt) for name in names}
            work = sum(half == WORK for half in drawn.values())
            if LEAST * len(names) <= work <= (1 - LEAST) * len(names):
                found |= drawn
                break
    return found


HALF = halves(SITUATIONS)


def situations_of(half: str) -> list[Situation]:
    """The situations of a half."""
    return [situation for situation in SITUATIONS if HALF[situation.name] == half]
