"""Rules on the size of gradients."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History, lasts

VANISHED = 1e-3  # the generator's gradient, over what it was
VANISHED_NORM = 1e-3
ROWS = 6  # before anything is said
EXPLODED = 100.0  # the gradient over the median of the rows before
SPIKES = 2  # lone rows of such a size,
SPIKE_ROWS = 60  # among so many
GROWTH_ROWS = 16
GROWN = 15.0  # the gradient over the median of the rows before it grew,
DOUBLES = 10.0  # if it still doubles within so many rows
SCATTER = 0.35  # of its logarithm around the line: with more it jumps, and does not grow


def vanishing_gradients(history: History) -> Finding | None:
    """A generator's gradient that has vanished."""
    norms = history.series("gradient.generator")
    if len(norms) < 6 or not np.isfinite(norms[:5]).any():
        return None
    before = float(np.nanmax(norms[:5]))
    flags = norms < min(VANISHED * before, VANISHED_NORM)
    if not lasts(flags, 3):
        return None
    text = f"The gradient that reaches the generator fell to {norms[-1] / before:.1g} of what it was."
    return Finding(
        "vanishing gradients",
        history.since_row(flags),
        text,
        {**history.row_numbers("gradient.generator"), "at first": before},
    )


def exploding_gradients(history: History) -> Finding | None:
    """A gradient a hundred times its usual size, lasting or in lone rows; or one that grows and grows."""
    updates = history.series("update")
    for player in ("discriminator", "generator"):
        norms = history.series(f"gradient.{player}")
        where = np.flatnonzero(np.isfinite(norms) & (norms > 0))
        if len(where) < ROWS:
            continue
        found = _exploded(norms[where]) or _grows(norms[where])
        if found is not None:
            first, text = found
            evidence = {f"gradient.{player}": float(norms[where[-1]]), "median": float(np.median(norms[where]))}
            return Finding(
                "exploding gradients", int(updates[where[first]]), f"The {player}'s gradient {text}", evidence
            )
    return None


def _exploded(norms: np.ndarray) -> tuple[int, str] | None:
    """The first row of a hundredfold gradient, and what it did."""
    before = np.array(
        [np.median(norms[max(0, row - SPIKE_ROWS) : row]) if row > 2 else np.inf for row in range(len(norms))]
    )
    large = norms > EXPLODED * before
    if large[-3:].sum() >= 2:
        first = len(norms) - 3 + int(np.flatnonzero(large[-3:])[0])
        return first, f"grew to {norms[-1]:.2g}, its median was {before[first]:.2g}."
    spikes = np.flatnonzero(large[-SPIKE_ROWS:]) + max(0, len(norms) - SPIKE_ROWS)
    if len(spikes) < SPIKES or spikes[-1] < len(norms) - SPIKE_ROWS // 2:
        return None
    return int(spikes[0]), (
        f"jumped to {norms[spikes].max():.2g} in {len(spikes)} of the last {min(len(norms), SPIKE_ROWS)} rows, its median "
        f"is {np.median(norms):.2g}: single batches throw the weights away."
    )


def _grows(norms: np.ndarray) -> tuple[int, str] | None:
    """The first row of a gradient that grows by the same factor row by row, and what it did."""
    if len(norms) < 2 * GROWTH_ROWS:
        return None
    rows, newest = np.arange(GROWTH_ROWS, dtype=np.float64), np.log2(norms[-GROWTH_ROWS:])
    slope = signals.robust_slope(rows, newest)
    around = newest - slope * rows
    scatter = float(np.median(np.abs(around - np.median(around))))
    usual = float(np.median(norms[: len(norms) // 2]))
    if slope < 1 / DOUBLES or scatter > SCATTER or np.median(norms[-3:]) < GROWN * usual:
        return None
    first = int(np.flatnonzero(norms <= 2 * usual)[-1])
    return first, f"doubles every {1 / slope:.0f} rows and is {norms[-1] / usual:.0f} times what it was."
