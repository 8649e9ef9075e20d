"""How the sheets of a run are drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np

from gansmith.ground.pixels import display_zoom, grid
from gansmith.runs.setup import Setup


def sheet_drawer(setup: Setup) -> Callable[[np.ndarray], np.ndarray]:
    """How a sheet of items is drawn: pictures in a grid (one column a class, where there are few), vectors as a scatter."""
    if setup.store.kind == "vectors":
        from gansmith.report.scatter import on_plane, scatter_sheet

        real = np.asarray(setup.store.items[:2000])
        plane = on_plane(real, real)
        return lambda points: scatter_sheet(on_plane(points, real), plane)
    columns = setup.classes if 1 < setup.classes <= 20 and not setup.labelling.counts else None
    zoom = display_zoom(*setup.item_shape[1:], target=48)
    return lambda pictures: grid(pictures, columns, zoom=zoom)


def real_items(setup: Setup) -> np.ndarray:
    """As many real items as a sheet has samples: of labelled runs, each of the label that its sample is asked for, where
    there is one."""
    count = setup.recipe.watch.samples
    asked = setup.labelling.spread(count)
    if asked is None:
        return np.asarray(setup.store.items[np.resize(setup.order().rows(0), count)])
    labels = np.asarray(setup.labels)
    rows = {label: np.flatnonzero(labels == label) for label in np.unique(asked)}
    next_of = {label: cycle(found if len(found) else np.arange(len(labels))) for label, found in rows.items()}
    return np.asarray(setup.store.items[[next(next_of[label]) for label in asked]])
