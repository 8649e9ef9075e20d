"""A run that goes on with other data than it began with: the same items at another place, or more of them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from gansmith.data import sources
from gansmith.data import store as stores
from gansmith.data.clusters import assign
from gansmith.data.store import Store
from gansmith.ground.errors import RunError, counted, typed
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.metrics.feature_networks import likeness
from gansmith.runs.setup import Setup, describe_data, read_clusters
from gansmith.trained.generator import read_data


def more(folder: RunFolder, setup: Setup) -> dict[str, Any]:
    """What changes where a run goes on with the setup's data: "line" for the user, and "clusters" (or None), the cluster of
    each item; JSON-able. Raises RunError where the data is not the run's with more items.
    """
    known, store = read_data(folder), setup.store
    there = sources.short_name(setup.recipe.data.source)
    way = typed("train", folder.recipe, "--data", setup.recipe.data.source, "--from", folder.root)
    instead = f"to train on it with the run's weights, start a new run: `{way}`"
    for what, ours, theirs in (
        ("items of shape", list(store.item_shape), known.get("item_shape")),
        (
            "the classes",
            list(store.class_names),
            known.get("class_names") if setup.recipe.data.labels == "classes" else None,
        ),
    ):
        if theirs is not None and ours != theirs:
            raise RunError(f"{there} has {what} {ours}, and {folder.root} is on {theirs}: {instead}")
    old = stores.with_fingerprint(str(known.get("fingerprint")), setup.recipe.data)
    if old is None:
        raise RunError(
            f"{there} is other data than {folder.root} began with, and what that was is not in the cache here, so they "
            f"cannot be compared: {instead}"
        )
    check_scale(old, store, there, instead)
    rows = {digest: row for row, digest in enumerate(digests(store, setup))}
    places = [rows.get(digest, -1) for digest in digests(old, setup)]
    if -1 in places:
        raise RunError(
            f"{places.count(-1):,} of the {counted(len(places), 'item')} of {folder.root} are not in {there}: put them there, "
            f"or {instead}"
        )
    clusters = None
    if setup.recipe.data.labels == "clusters":
        found = read_clusters(folder)
        assert found is not None
        known_items, all_items = (likeness.points(one.items, setup.recipe.data.clusters_by) for one in (old, store))
        clusters = assign(known_items, found, all_items, setup.recipe.seed)
        clusters[places] = found
    added = store.count - old.count
    line = (
        f"{counted(old.count, 'item')} as before and {added:,} more, {store.count:,} in all: an epoch is a pass over all of them, and "
        "epochs so far are counted so too"
    )
    return {"line": line, "clusters": None if clusters is None else clusters.tolist()}


def check_scale(old: Store, new: Store, there: str, instead: str) -> None:
    """Raise RunError where items were scaled by other numbers: their networks know the old ones."""
    if old.units != new.units:
        raise RunError(
            f"the {new.kind.many} of {there} are scaled by other numbers than before, as there are others among them: {instead}"
        )


def digests(store: Store, setup: Setup) -> list[bytes]:
    """A hash of each item, with its class where the players see it."""
    items = store.items if store.around is None else store.around
    classes = store.labels if setup.recipe.data.labels == "classes" else None
    found: list[bytes] = []
    for row in range(store.count):
        label = b"" if classes is None else str(classes[row]).encode()
        found.append(hashlib.blake2b(np.ascontiguousarray(items[row]).tobytes() + label).digest())
    return found


def record(folder: RunFolder, setup: Setup, update: int) -> None:
    """Write which data the run is on from now on, and until which update it was on what."""
    known = read_data(folder)
    before = {name: known.get(name) for name in ("description", "fingerprint", "count")} | {"until_update": update}
    if setup.clusters is not None:
        np.save(folder.groups, setup.clusters)
    write_json(
        folder.data, describe_data(setup.store, setup.labelling) | {"before": [*known.get("before", []), before]}
    )
