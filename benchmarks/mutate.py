"""Seeded damage to bytes: what a torn download, a bad disk, another program or an attacker leaves."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

NUMBERS = (0, 1, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
WORDS = (
    b"-1",
    b"0",
    b"1e999",
    b"NaN",
    b"9" * 40,
    b"null",
    b"[]",
    b"{}",
    b'"\\u0000"',
    b"true",
    b"\x1b[2J",
    b"\xff\xfe",
)


def flip(data: bytearray, dice: random.Random) -> None:
    """One bit."""
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def overwrite(data: bytearray, dice: random.Random) -> None:
    """A few random bytes."""
    place = dice.randrange(len(data))
    data[place : place + dice.randint(1, 8)] = dice.randbytes(dice.randint(1, 8))


def number(data: bytearray, dice: random.Random) -> None:
    """A number at the border of its type, in either order of bytes."""
    size = dice.choice((1, 2, 4, 8))
    value = dice.choice(NUMBERS) % (1 << 8 * size)
    place = dice.randrange(len(data))
    data[place : place + size] = value.to_bytes(size, dice.choice(("little", "big")))


def cut(data: bytearray, dice: random.Random) -> None:
    """The end is missing."""
    del data[dice.randrange(len(data)) :]


def remove(data: bytearray, dice: random.Random) -> None:
    """A piece is missing."""
    place = dice.randrange(len(data))
    del data[place : place + dice.randint(1, 64)]


def repeat(data: bytearray, dice: random.Random) -> None:
    """A piece is there several times."""
    place = dice.randrange(len(data))
    piece = data[place : place + dice.randint(1, 64)]
    data[place:place] = piece * dice.choice((1, 2, 50))


def move(data: bytearray, dice: random.Random) -> None:
    """A piece is elsewhere."""
    place, size = dice.randrange(len(data)), dice.randint(1, 32)
    piece = data[place : place + size]
    del data[place : place + size]
    other = dice.randrange(len(data) + 1)
    data[other:other] = piece


def blank(data: bytearray, dice: random.Random) -> None:
    """A sector of zeros."""
    place = dice.randrange(len(data))
    size = min(len(data) - place, dice.choice((4, 64, 512)))
    data[place : place + size] = bytes(size)


def word(data: bytearray, dice: random.Random) -> None:
    """A number or a word of a text becomes another."""
    found = list(re.finditer(rb"-?\d[\d.e+-]*|[A-Za-z_]{2,}", bytes(data[:65536])))
    if not found:
        return flip(data, dice)
    place = dice.choice(found).span()
    data[place[0] : place[1]] = dice.choice(WORDS)
    return None


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(flip, overwrite, number, number, cut, remove, repeat, move, blank, word, word),
)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The bytes, damaged in one to four ways."""
    found = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4))):
        if found:
            dice.choice(WAYS)(found, dice)
    return bytes(found)
