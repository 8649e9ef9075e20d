"""The doctor joined to a run: what it knows of the real items, and where held-out ones come from."""

from __future__ import annotations

import dataclasses

import numpy as np

from gansmith.assemble.setup import Setup
from gansmith.data import store as stores
from gansmith.diagnosis.reference import Reference, reference


def reference_of(setup: Setup) -> Reference:
    """What the doctor knows of a run's items. Held out are the source's test items, or those after `data.first`."""
    store, data = setup.store, setup.recipe.data
    heldout = heldout_labels = None
    settings = None
    if store.kind == "pictures" and data.split == "train" and "test" in store.splits:
        width, height = store.item_shape[2], store.item_shape[1]
        settings = dataclasses.replace(
            data, split="test", first=0, size=f"{width}x{height}", channels=store.item_shape[0], labels="none"
        )
        other = stores.open_store(settings)
        heldout, heldout_labels = other.items, other.labels
    elif store.kind == "pictures" and data.first:
        other = stores.open_store(dataclasses.replace(data, first=0, labels="none"))
        heldout = other.items[data.first :]
        heldout_labels = None if other.labels is None else other.labels[data.first :]
    return reference(
        store.items,
        None if store.labels is None else np.asarray(store.labels),
        heldout=heldout,
        heldout_labels=heldout_labels,
        pixel_range=data.pixels,
        class_names=store.class_names,
        seed=setup.recipe.seed,
    )
