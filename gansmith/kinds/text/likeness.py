"""What `gansmith evaluate` says of lines of text, beside real lines and beside a Markov chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from gansmith.ground import streams
from gansmith.kinds.record import Row, Units
from gansmith.kinds.text.alphabet import decode
from gansmith.kinds.text.markov import ORDER, MarkovChain
from gansmith.kinds.text.ngrams import divergence, ngrams

LENGTHS = (1, 2, 3, 4)  # of n-grams


def measures(real: np.ndarray, made: np.ndarray, units: Units, heldout: np.ndarray) -> list[Row]:
    """The figures of generated items; each set is taken with as many lines as the smallest has, as divergences fall with
    their number."""
    count = min(len(real), len(made), len(heldout))
    known, lines, held = (decode(items, units["alphabet"]) for items in (real, made, heldout))
    chain = MarkovChain(known).sample(count, streams.generator(0, "features", 0, 12), units["length"])
    return [
        *divergences(known[:count], lines[:count], held[:count], chain),
        *words(known, lines[:count], held[:count], chain),
    ]


def divergences(known: Sequence[str], made: Sequence[str], held: Sequence[str], chain: Sequence[str]) -> list[Row]:
    """n-grams of the generated lines and of the chain's, against those of held-out lines."""
    rows = []
    for n in LENGTHS:
        real = ngrams(held, n)
        value, floor, markov = (divergence(ngrams(lines, n), real) for lines in (made, known, chain))
        about = f"Jensen-Shannon divergence of {n}-grams to held-out lines, bits of 0..1"
        rows.append(Row(f"jsd{n}", f"JSD {n}-grams", value, floor, "lower", about))
        name = f"JSD {n}-grams, Markov chain"
        rows.append(Row(f"jsd{n}_markov", name, markov, floor, "lower", f"the same of a Markov chain of order {ORDER}"))
    return rows


def words(known: Sequence[str], made: Sequence[str], held: Sequence[str], chain: Sequence[str]) -> list[Row]:
    """Which lines and words are in the data, which are new, and which are said twice. known: all training lines."""
    lines, vocabulary = set(known), _words(known)
    sets = (made, held, chain)
    familiar = [_familiar(some, vocabulary) for some in sets]
    new = [len(set(some) - lines - {""}) / len(some) for some in sets]
    copied = [sum(line in lines for line in some) / len(some) for some in sets]
    different = [len(set(some)) / len(some) for some in sets]
    return [
        _row("known_words", "known words", "higher", "share of words that training lines have", familiar),
        _row("new_lines", "new lines", "higher", "different lines that no training line equals, over all", new),
        _row("copied_lines", "copied lines", "lower", "share of lines that equal a training line", copied),
        _row("different_lines", "different lines", "higher", "different lines over all", different),
    ]


def _row(key: str, name: str, better: Literal["lower", "higher"], meaning: str, values: list[float]) -> Row:
    """A figure of generated lines, beside held-out ones; the chain's is told in words."""
    value, floor, chain = values
    return Row(key, name, value, floor, better, f"{meaning}; a Markov chain of order {ORDER} has {chain:.3f}")


def _words(lines: Sequence[str]) -> set[str]:
    """The words of lines, in small letters."""
    return {word for line in lines for word in line.casefold().split()}


def _familiar(lines: Sequence[str], vocabulary: set[str]) -> float:
    """The share of the lines' words that are in the vocabulary."""
    said = [word for line in lines for word in line.casefold().split()]
    return sum(word in vocabulary for word in said) / max(1, len(said))
