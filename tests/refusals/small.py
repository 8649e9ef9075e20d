"""A run so small that it is made in a moment: a few glyphs, networks that nobody trained, one checkpoint."""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from example import Example

from gansmith.data.store import open_store
from gansmith.game.torch_game import TorchGame
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import (
    BudgetSettings,
    DataSettings,
    LatentSettings,
    NetSettings,
    PrecisionSettings,
    Recipe,
)
from gansmith.runs.setup import describe_data
from gansmith.trained.generator import Generator, load
from gansmith.training import checkpoint

UPDATE = 7
RECIPE = Recipe(
    name="small",
    device="cpu",
    data=DataSettings(source="glyphs", size="16", first=40, labels="classes"),
    latent=LatentSettings(dim=6),
    generator=NetSettings(widths=(8, 4), output="tanh", conditioning="maps"),
    discriminator=NetSettings(widths=(4, 8)),
    budget=BudgetSettings(updates=UPDATE),
    precision=PrecisionSettings("float32"),
)
PLAIN = override(RECIPE, {"data.labels": "none", "generator.conditioning": "concat"})


@functools.cache
def run_of(recipe: Recipe) -> Path:
    """The run of a recipe, which has come to the end of its budget; made once, to be read only."""
    store = open_store(recipe.data)
    folder = RunFolder(Path(tempfile.mkdtemp(dir=os.environ.get("GANSMITH_CACHE"))) / "run")
    folder.create(recipe)
    write_json(folder.data, describe_data(store))
    game = TorchGame(recipe, store.item_shape, store.classes if recipe.data.labels == "classes" else 0)
    checkpoint.save(folder, checkpoint.Checkpoint(UPDATE, game.state(), {"seconds": 0.0}))
    return folder.root


def generator(recipe: Recipe = RECIPE) -> Generator:
    """The generator of a recipe's run."""
    return load(run_of(recipe))


def with_run(example: Example, recipe: Recipe = RECIPE, spoil: Callable[[RunFolder], object] | None = None) -> Example:
    """The example, with a copy of the recipe's run in the folder `run`, in which something may be spoilt before."""

    def copied(folder: Path, patch: object) -> object:
        shutil.copytree(run_of(recipe), folder / "run")
        if spoil is not None:
            spoil(RunFolder(Path("run")))
        return example(folder, patch)  # pyright: ignore[reportArgumentType]

    return copied


def changed(**settings: object) -> Recipe:
    """The recipe with other settings: dotted names, with "__" for the dot."""
    return override(RECIPE, {name.replace("__", "."): value for name, value in settings.items()})


def with_data(source: str, **settings: object) -> Recipe:
    """The recipe on another source."""
    data = dataclasses.replace(RECIPE.data, source=source, **settings)  # pyright: ignore[reportArgumentType]
    return dataclasses.replace(RECIPE, data=data)
