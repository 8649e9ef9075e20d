"""Numbers over a run, a column a name: looked up without a loop, and in the same memory however long the run is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

MOST = 4000  # moments kept; of longer runs every second old one is dropped


class Columns:
    """Numbers at moments in the order of their updates. Room for all that are ever kept is taken at once."""

    def __init__(self, names: Iterable[str]) -> None:
        """names: of the columns; other numbers are not kept."""
        self.kept = {name: np.full(MOST + 1, math.nan) for name in names}
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def add(self, numbers: Mapping[str, float]) -> None:
        """Add a moment, which may lack numbers."""
        for name, column in self.kept.items():
            column[self.count] = numbers.get(name, math.nan)
        self.count += 1

    def thin(self) -> list[int]:
        """Drop every second one of the older half, where there are too many. Returns the places of those that stay."""
        half = MOST // 2
        places = [*range(0, half, 2), *range(half, self.count)] if self.count > MOST else [*range(self.count)]
        if len(places) < self.count:
            for column in self.kept.values():
                column[: len(places)] = column[places]
            self.count = len(places)
        return places

    def of(self, name: str) -> np.ndarray:
        """A column as it is now, float64 (moments,); NaN where a moment lacks the number. Raises KeyError for other names."""
        return self.kept[name][: self.count].copy()
