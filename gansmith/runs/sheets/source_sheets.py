"""Sheets of a source's pictures, as they are and as the discriminator would see them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np

from gansmith import recipes as cookbook
from gansmith.data import cache
from gansmith.data import store as stores
from gansmith.data.order import Order
from gansmith.data.preparation.resize import parse_size
from gansmith.data.store import Store
from gansmith.data.survey import Survey, contact_sheet
from gansmith.ground import draws, pixels
from gansmith.ground.errors import DataError
from gansmith.ground.recipes import recipe as recipe_files
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.runs.choose_recipe import choices_for_source

COLUMNS, ROWS = 8, 8  # of a sheet of augmented pictures; the first row shows them unchanged


def draw(
    settings: DataSettings, found: Survey, path: Path | None = None, *, augmented: bool = False, name: str | None = None
) -> Path:
    """Write a sheet of a source's items, as recipe `folder` would see them, as PNG at `path` or in the cache. Returns its path.

    augmented: show the pictures as the discriminator sees them with the augmentation `name` (None: the one that recipe
    `folder` would choose). Raises DataError, RecipeError.
    """
    store, shape = stores.open_store(settings), seen_shape(settings, found)
    if augmented:
        if shape is not None:
            store = stores.open_store(stores.with_shape(settings, (shape[2], *shape[:2])))
        sheet = augmented_sheet(store, recipe_of(settings, found, name))
    else:
        sheet = contact_sheet(store, shape=shape)
    if path is None:
        word = re.sub(r"[^\w.-]+", "-", found.title).strip("-.") or "source"
        kind = "-augmented" if augmented else ""
        path = cache.make(cache.folder() / "sheets") / f"{word}-{store.fingerprint[:8]}{kind}.png"
    try:
        pixels.write_png(path, sheet)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot write the sheet {path} ({reason}): name another file with --sheet") from None
    return path


def seen_shape(settings: DataSettings, found: Survey) -> tuple[int, int, int] | None:
    """(height, width, channels) of the pictures that recipe `folder` would train on; None for windows and for what is no picture."""
    if not found.kind.pixels or settings.window:
        return None
    chosen = {one.key: one.value for one in choices_for_source("folder", found, settings)}
    size = parse_size(str(chosen.get("data.size", settings.size)))
    return None if size is None else (*size, settings.channels or found.channels)


def recipe_of(settings: DataSettings, found: Survey, name: str | None) -> Recipe:
    """A recipe with the augmentation `name`; None: with the one that suits the data. Raises RecipeError."""
    if name is None:
        name = {one.key: one.value for one in choices_for_source("folder", found, settings)}.get("augment.name", "none")
    recipe = recipe_files.override(cookbook.load("folder"), {"augment.name": name})
    return dataclasses.replace(recipe, data=settings)


def augmented_sheet(store: Store, recipe: Recipe) -> np.ndarray:
    """Each column shows a picture unchanged, and below `ROWS` - 1 augmented versions; uint8 (H, W, 3).

    The probability of adaptive augmentation grows from row to row, up to 1.
    """
    import torch

    from gansmith.game.augment import Augmenter
    from gansmith.game.inputs.items import Items, windows

    if not store.kind.pixels:
        raise DataError(
            f"{recipe.data.source} holds {store.kind.many}, and only pictures are augmented: leave --augmented out"
        )
    rows = np.resize(Order(store.count, min(COLUMNS, store.count), recipe.seed).rows(0), COLUMNS)
    around = store.items if store.around is None else store.around
    items = Items(np.asarray(around[np.sort(rows)]), None, recipe.data.pixels, store.item_shape, torch.device("cpu"))
    height, width = store.item_shape[1:]
    augmenter = Augmenter(recipe, torch.device("cpu"), torch.float32)
    shown = [np.asarray(store.items[np.sort(rows)])]
    for row in range(1, ROWS):
        corners = draws.corners(recipe, row, 0, COLUMNS, items.spare)
        cut = windows(torch.as_tensor(items.host), torch.as_tensor(corners), (height, width))
        seen = items.convert(cut)
        if augmenter.what.mirror:
            mirrored = torch.as_tensor(draws.mirrored(recipe, row, 0, COLUMNS))
            seen = torch.where(mirrored[:, None, None, None], seen.flip(3), seen)
        if augmenter.what.adapts:
            augmenter.probability.fill_(row / (ROWS - 1))
        if augmenter.what.operates:
            seen = augmenter.see(seen, draws.chances(recipe, row, 0, "real", COLUMNS))
        shown.append(pixels.to_bytes(seen.permute(0, 2, 3, 1).numpy(), recipe.data.pixels))
    return pixels.grid(np.concatenate(shown), COLUMNS, zoom=pixels.display_zoom(height, width))
