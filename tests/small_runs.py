"""Untrained runs on a few glyphs at 16x16, made in a moment: what is loaded from a run's folder is all there."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gansmith.data.store import open_store
from gansmith.game.torch_game import TorchGame
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import DataSettings, LatentSettings, NetSettings, PrecisionSettings, Recipe
from gansmith.latent.steering import directions, styles
from gansmith.latent.steering.directions import Direction
from gansmith.latent.steering.styles import Style
from gansmith.runs.setup import describe_data
from gansmith.training import checkpoint

UPDATE = 7
RECIPE = Recipe(
    name="small",
    device="cpu",
    data=DataSettings(source="glyphs", size="16", first=40, labels="classes"),
    latent=LatentSettings(dim=6),
    generator=NetSettings(
        widths=(8, 4), output="tanh", conditioning="concat+norm", norm="batch", initial="normal", initial_scale=0.3
    ),
    discriminator=NetSettings(widths=(4, 8)),
    precision=PrecisionSettings("float32"),
)


def make(root: Path, **settings: object) -> RunFolder:
    """A run with a checkpoint; settings with "__" for the dot."""
    recipe = override(RECIPE, {name.replace("__", "."): value for name, value in settings.items()})
    store = open_store(recipe.data)
    folder = RunFolder(root)
    folder.create(recipe)
    groups = {"groups": list(range(1, recipe.data.clusters + 1))} if recipe.data.labels == "clusters" else {}
    write_json(folder.data, {**describe_data(store), **groups})
    classes = {"classes": store.classes, "clusters": recipe.data.clusters, "none": 0}[recipe.data.labels]
    game = TorchGame(recipe, store.item_shape, classes)
    checkpoint.save(folder, checkpoint.Checkpoint(UPDATE, game.state(), {"seconds": 0.0}))
    return folder


def explored(folder: RunFolder) -> RunFolder:
    """The same run with two directions and three styles."""
    axes = np.eye(6, dtype=np.float32)
    found = {"slant": Direction(axes[0], 1, 0.5, "regression"), "ink": Direction(axes[1], 1, 0.5, "regression")}
    directions.save(found, folder.new_exploration("directions").directions)
    named = {"thick": Style(axes[2], 5, {}), "thin": Style(-axes[2], 5, {}), "typical": Style(2 * axes[3], 1, {})}
    styles.save(named, folder.new_exploration("average").styles)
    return folder
