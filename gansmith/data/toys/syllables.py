"""Invented words of one to three syllables, whose law is known exactly: a word can be made by it, or it cannot.

A syllable is a beginning, a vowel and, one time in three, an end; after an end the next one begins with a single consonant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gansmith.ground import streams

COUNT = 4000  # words, unless data.first is set
SINGLE = tuple("bdfgklmnprstv")
BEGINNINGS = (*SINGLE, "br", "dr", "fl", "gr", "kl", "pr", "st", "tr")
VOWELS = tuple("aeiou")
ENDS = tuple("lmnrs")
ENDED = 1 / 3  # of the syllables
SHARES = (0.2, 0.5, 0.3)  # of words of one, two and three syllables


def words(count: int, seed: int, part: int = 0) -> np.ndarray:
    """`count` words, texts (count,). `part`: 0 training, 1 test. More words begin with the same ones."""
    drawn = streams.generator(seed, "source", part, 4).random((count, 1 + 4 * len(SHARES)))
    lengths = 1 + np.searchsorted(np.cumsum(SHARES)[:-1], drawn[:, 0], side="right")
    return np.array([_word(int(length), row[1:]) for length, row in zip(lengths, drawn, strict=True)])


def _word(syllables: int, chances: np.ndarray) -> str:
    word, ended = "", False
    for begin, vowel, is_ended, end in chances.reshape(-1, 4)[:syllables]:
        word += _choice(SINGLE if ended else BEGINNINGS, begin) + _choice(VOWELS, vowel)
        ended = bool(is_ended < ENDED)
        word += _choice(ENDS, end) if ended else ""
    return word


def _choice(among: tuple[str, ...], chance: float) -> str:
    return among[int(chance * len(among))]


_ANY, _ALONE, _VOWEL, _END = (f"(?:{'|'.join(each)})" for each in (BEGINNINGS, SINGLE, VOWELS, ENDS))
RIGHT = re.compile(f"{_ANY}{_VOWEL}(?:{_END}{_ALONE}{_VOWEL}|{_ANY}{_VOWEL}){{0,2}}{_END}?")
"""Matches a whole word that this law can make, and no other."""


def allowed(words: Sequence[str]) -> np.ndarray:
    """Which words the law can make: bool (N,)."""
    return np.array([RIGHT.fullmatch(word) is not None for word in words], bool)
