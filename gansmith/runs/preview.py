"""Sheets of a source: what it holds, and what the discriminator would see of it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np

from gansmith import recipes as cookbook
from gansmith.data import cache
from gansmith.data import store as stores
from gansmith.data.order import Order
from gansmith.data.store import Store
from gansmith.data.survey import Survey, contact_sheet
from gansmith.ground import draws, pixels
from gansmith.ground.errors import DataError
from gansmith.ground.recipes import recipe as recipe_files
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.runs.choose_recipe import choices_for_source

COLUMNS, ROWS = 8, 8  # of a sheet of augmented pictures; the first row shows them as they are


def draw(
    settings: DataSettings, found: Survey, path: Path | None = None, *, augmented: bool = False, name: str | None = None
) -> Path:
    """Write a sheet of a source's items as PNG and say where: at `path`, else in the cache.

    augmented: pictures as the discriminator sees them under the augmentation `name`, else under the advised one.
    Raises DataError, RecipeError.
    """
    store = stores.open_store(settings)
    sheet = augmented_sheet(store, recipe_of(settings, found, name)) if augmented else contact_sheet(store)
    if path is None:
        word = re.sub(r"[^\w.-]+", "-", found.title).strip("-.") or "source"
        kind = "-augmented" if augmented else ""
        path = cache.make(cache.sheets()) / f"{word}-{store.fingerprint[:8]}{kind}.png"
    try:
        pixels.write_png(path, sheet)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot write the sheet {path} ({error}): name another file with --sheet") from None
    return path


def recipe_of(settings: DataSettings, found: Survey, name: str | None) -> Recipe:
    """A recipe with the augmentation that a user named, else the one that suits the data. Raises RecipeError."""
    if name is None:
        name = {one.key: one.value for one in choices_for_source("folder", found, settings)}.get("augment.name", "none")
    recipe = recipe_files.override(cookbook.load("folder"), {"augment.name": name})
    return dataclasses.replace(recipe, data=settings)


def augmented_sheet(store: Store, recipe: Recipe) -> np.ndarray:
    """A picture a column: as it is, and below as the discriminator sees it at `ROWS` - 1 looks, uint8 (H, W, 3).

    Adaptive augmentation is shown growing: from none to all that it may come to.
    """
    import torch

    from gansmith.game.augment import Augmenter
    from gansmith.game.inputs.items import Items, windows

    if store.kind != "pictures":
        raise DataError(f"{recipe.data.source} holds vectors, and only pictures are augmented: leave --augmented out")
    rows = np.resize(Order(store.count, min(COLUMNS, store.count), recipe.seed).rows(0), COLUMNS)
    around = store.items if store.around is None else store.around
    items = Items(np.asarray(around[np.sort(rows)]), None, recipe.data.pixels, store.item_shape, torch.device("cpu"))
    height, width = store.item_shape[1:]
    augmenter = Augmenter(recipe, torch.device("cpu"), torch.float32)
    shown = [np.asarray(store.items[np.sort(rows)])]
    for look in range(1, ROWS):
        corners = draws.corners(recipe, look, 0, COLUMNS, items.spare)
        cut = windows(torch.as_tensor(items.host), torch.as_tensor(corners), (height, width))
        seen = items.convert(cut)
        if augmenter.what.mirror:
            turned = torch.as_tensor(draws.mirrored(recipe, look, 0, COLUMNS))
            seen = torch.where(turned[:, None, None, None], seen.flip(3), seen)
        if augmenter.what.adapts:
            augmenter.probability.fill_(look / (ROWS - 1))
        if augmenter.what.operates:
            seen = augmenter.see(seen, draws.chances(recipe, look, 0, "real", COLUMNS))
        shown.append(pixels.to_bytes(seen.permute(0, 2, 3, 1).numpy(), recipe.data.pixels))
    return pixels.grid(np.concatenate(shown), COLUMNS, zoom=pixels.display_zoom(height, width))
