"""How alike two sets of lines are in their letters: the Jensen-Shannon divergence of their n-grams.

A line is read with a mark before and behind it, so that how lines begin, end, and how long they are count too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log2

MARK = "\n"  # before and behind each line; no line holds it


def ngrams(lines: Sequence[str], n: int) -> Counter[str]:
    """How often each run of n characters occurs."""
    counts: Counter[str] = Counter()
    for line in lines:
        marked = f"{MARK}{line}{MARK}"
        counts.update(marked[start : start + n] for start in range(len(marked) - n + 1))
    return counts


def divergence(one: Counter[str], other: Counter[str]) -> float:
    """The Jensen-Shannon divergence of two counts, in bits: 0 = the same shares, 1 = nothing in common (Lin 1991)."""
    p_total, q_total = sum(one.values()), sum(other.values())
    if not p_total or not q_total:
        return float(bool(p_total) != bool(q_total))
    total = 0.0
    for gram in one.keys() | other.keys():
        p, q = one[gram] / p_total, other[gram] / q_total
        middle = (p + q) / 2
        total += sum(0.5 * share * log2(share / middle) for share in (p, q) if share)
    return min(1.0, max(0.0, total))
