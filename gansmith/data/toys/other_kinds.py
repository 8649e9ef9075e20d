"""Computed sets of other kinds than pictures and vectors: a record each, which their kind prepares as it does a program's items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gansmith.data.toys import purchases, syllables, tones


class Toy(NamedTuple):
    """A computed set."""

    kind: str  # of data.kind
    size: int  # items, unless data.first is set
    made: Callable[[int, int, int], tuple[np.ndarray, np.ndarray | None]]
    """(count, seed, part) -> items as a program gives them, and their labels int64 (count,); None: the kind finds labels, or none."""
    allowed: Callable[[Any], np.ndarray]
    """Which of N items in people's units its law can make: bool (N,)."""
    class_names: tuple[str, ...] = ()
    rate: int = 0  # samples a second


TOYS: dict[str, Toy] = {
    "tones": Toy("signal", tones.COUNT, tones.sounds, tones.allowed, tones.NAMES, tones.RATE),
    "purchases": Toy("table", purchases.COUNT, lambda *of: (purchases.rows(*of), None), purchases.allowed),
    "syllables": Toy("text", syllables.COUNT, lambda *of: (syllables.words(*of), None), syllables.allowed),
}
