"""A Markov chain of characters: the next one depends on the last few. A plain baseline for a generator of words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from gansmith.kinds.text.ngrams import MARK

ORDER = 3  # characters that the next one depends on


class MarkovChain:
    """Learned from lines by counting; without smoothing, so it says nothing that it has not read a piece of."""

    def __init__(self, lines: Sequence[str], order: int = ORDER) -> None:
        self.order = order
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for line in lines:
            marked = f"{MARK * order}{line}{MARK}"
            for end in range(order, len(marked)):
                counts[marked[end - order : end]][marked[end]] += 1
        self.counts = dict(counts)
        self._next = {state: _cumulative(found) for state, found in self.counts.items()}

    def sample(self, count: int, rng: np.random.Generator, longest: int) -> list[str]:
        """So many lines; those that would be longer are cut."""
        return [self._line(rng, longest) for _ in range(count)]

    def _line(self, rng: np.random.Generator, longest: int) -> str:
        state, line = MARK * self.order, ""
        while len(line) < longest:
            letters, ends = self._next[state]
            letter = letters[int(np.searchsorted(ends, rng.random(), side="right"))]
            if letter == MARK:
                break
            line += letter
            state = (state + letter)[-self.order :]
        return line


def _cumulative(found: Counter[str]) -> tuple[list[str], np.ndarray]:
    """The characters that may follow, and the ends of their shares of 0..1."""
    letters = sorted(found)
    ends = np.cumsum([found[letter] for letter in letters]) / sum(found.values())
    ends[-1] = 1.0
    return letters, ends
