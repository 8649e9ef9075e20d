"""How the sheets of a run are drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gansmith.assemble.setup import Setup
from gansmith.ground.pixels import display_zoom, grid


def sheet_drawer(setup: Setup) -> Callable[[np.ndarray], np.ndarray]:
    """How a sheet of items is drawn: pictures in a grid (one column a class), vectors as a scatter."""
    if setup.store.kind == "vectors":
        from gansmith.report.scatter import on_plane, scatter_sheet

        real = np.asarray(setup.store.items[:2000])
        plane = on_plane(real, real)
        return lambda points: scatter_sheet(on_plane(points, real), plane)
    columns = setup.classes if 1 < setup.classes <= 20 else None
    zoom = display_zoom(*setup.item_shape[1:], target=48)
    return lambda pictures: grid(pictures, columns, zoom=zoom)


def real_items(setup: Setup) -> np.ndarray:
    """As many real items as a sheet has samples: of labelled runs, one column a class."""
    rows = setup.order().rows(0)
    count = setup.recipe.watch.samples
    if setup.classes and setup.store.labels is not None:
        labels = np.asarray(setup.store.labels)
        of_class = [np.flatnonzero(labels == label) for label in range(setup.classes)]
        rows = np.array([np.resize(of_class[i % setup.classes], count)[i // setup.classes] for i in range(count)])
    else:
        rows = np.resize(rows, count)
    return np.asarray(setup.store.items[rows])
