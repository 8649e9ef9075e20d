"""Sheets of samples and of real items."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np

from gansmith.ground.pixels import RUN_SHEET
from gansmith.kinds import Shown
from gansmith.runs.setup import Setup

BEHIND = 2000  # real items that a plot shows behind the samples
HEARD = 8  # sounds in one file of a run


def sheet_drawer(setup: Setup) -> Callable[[np.ndarray], np.ndarray]:
    """A function that draws items: pictures in a grid (a column for each class, up to 20), vectors before the real ones."""
    columns = setup.classes if 1 < setup.classes <= 20 and not setup.labelling.counts else None
    kind, units = setup.store.kind, setup.store.units
    how = Shown(columns, RUN_SHEET, setup.store.items[:BEHIND])
    return lambda items: kind.sheet(items, units, how)


def sample_lines(setup: Setup) -> Callable[[np.ndarray], list[str] | None]:
    """A function that says items as text; None where their kind has none."""
    kind, units = setup.store.kind, setup.store.units
    return lambda items: kind.lines(items, units, len(items))


def sample_sound(setup: Setup) -> Callable[[np.ndarray], bytes | None]:
    """A function that makes the first items a .wav; None where their kind is not heard."""
    kind, units = setup.store.kind, setup.store.units
    return lambda items: kind.sound(items[:HEARD], units)


def real_items(setup: Setup) -> np.ndarray:
    """As many real items as a sheet has samples; with labels, each has the label of its sample, if any item has it."""
    count = setup.recipe.watch.samples
    wanted = setup.labelling.spread(count)
    if wanted is None:
        return np.asarray(setup.store.items[np.resize(setup.order().rows(0), count)])
    labels = np.asarray(setup.labels)
    rows = {label: np.flatnonzero(labels == label) for label in np.unique(wanted)}
    next_of = {label: cycle(found if len(found) else np.arange(len(labels))) for label, found in rows.items()}
    return np.asarray(setup.store.items[[next(next_of[label]) for label in wanted]])
