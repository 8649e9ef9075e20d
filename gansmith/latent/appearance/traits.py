"""Traits: numbers that are measured on items, such as the thickness of strokes or the pitch of a tone.

Which there are says the kind of data (`kinds.record.Traits`). `of` is that; pictures' where nothing else is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import RunError, nearest
from gansmith.kinds.appearance import PICTURES
from gansmith.kinds.record import Measure, Traits

BLOCK = 4_000  # items measured together: bounds memory


def select(names: Sequence[str], own: Mapping[str, Measure] | None = None, of: Traits = PICTURES) -> dict[str, Measure]:
    """Traits by name, from the user's own and from the kind's. Raises RunError for an unknown name."""
    known = {**of.measures, **(own or {})}
    for name in names:
        if name not in known:
            raise RunError(f"unknown trait {name!r}{nearest(name, known)}")
    return {name: known[name] for name in names}


def defaults(items: np.ndarray, real: np.ndarray | None = None, of: Traits = PICTURES) -> tuple[str, ...]:
    """The two traits that make styles by default: the first for such items that vary in them, and in the real ones.

    items (..., H, W, C); real: real ones (M, H, W, C), if they are known. Fewer than two where fewer vary.
    """
    if not of.measures:
        return ()
    suited = select(of.suited(items.reshape(-1, *items.shape[-3:])), of=of)
    known = [items] if real is None or len(real) < 2 else [items, real]
    return tuple(name for name, one in suited.items() if all(varies(one, each, of) for each in known))[:2]


def varies(one: Measure, items: np.ndarray, of: Traits = PICTURES) -> bool:
    """Whether a trait differs from item to item by more than rounding makes: by twice what one level of noise does.

    So grey pictures have no saturation, and a collapsed generator's items have no trait at all.
    """
    flat = items.reshape(-1, *items.shape[-3:])
    values = one(flat)
    return bool(values.std() > 2 * (one(of.shaken(flat, streams.generator(0, "explore"))) - values).std())


def need_spread(measures: Mapping[str, Measure], items: np.ndarray, of: Traits = PICTURES) -> None:
    """Raise RunError for traits that do not vary in a generator's items: nothing can be sorted or steered by them."""
    still = [name for name, one in measures.items() if not varies(one, items, of)]
    if still or not measures:
        moving = [name for name, one in of.measures.items() if varies(one, items, of)]
        ways = (
            f"choose of {', '.join(moving)}"
            if moving
            else "no trait does, as after a collapse: `gansmith diagnose RUN`"
        )
        raise RunError(f"{' and '.join(still) or 'what is measured'} does not vary in the samples: {ways}")


def measure(items: np.ndarray, measures: Mapping[str, Measure]) -> dict[str, np.ndarray]:
    """Each trait of items (..., H, W, C), float64 (...), in blocks."""
    flat = items.reshape(-1, *items.shape[-3:])
    blocks = [flat[start : start + BLOCK] for start in range(0, len(flat), BLOCK)]
    return {
        name: np.concatenate([one(block) for block in blocks]).astype(np.float64).reshape(items.shape[:-3])
        for name, one in measures.items()
    }
