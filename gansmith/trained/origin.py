"""What a training can start from: a run, or a .safetensors file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.networks.plan import Plan
from gansmith.ground.recipes.settings import Recipe, StartSettings
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.trained import hub, parcel
from gansmith.trained.generator import labelling_in, named_update, read_data
from gansmith.training import checkpoint


@dataclass(frozen=True)
class Origin:
    """What a training starts from: the arrays of a file, and what is known of the run that wrote it."""

    file: Path  # .safetensors
    arrays: dict[str, np.ndarray]
    counters: Mapping[str, Any] = field(default_factory=dict)
    folder: RunFolder | None = None
    update: int | None = None
    recipe: Recipe | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # data.json of the run
    remarks: tuple[str, ...] = ()  # lines on newer checkpoints that are damaged

    @property
    def plans(self) -> dict[str, Plan]:
        """Its networks' plans by player; none of a file without a run, and of networks of one's own."""
        if self.recipe is None:
            return {}
        return plans(self.recipe, tuple(self.data["item_shape"]), labelling_in(dict(self.data), self.recipe).classes)


def plans(recipe: Recipe, item_shape: tuple[int, ...], classes: int) -> dict[str, Plan]:
    """The plans of a recipe's networks, by player; none of one's own networks."""
    made = {"generator": plan_generator, "discriminator": plan_discriminator}
    return {
        player: plan(recipe, item_shape, classes)
        for player, plan in made.items()
        if getattr(recipe, player).net != "own"
    }


def find(word: str) -> Path:
    """The run's folder or the .safetensors file that a word names, as an absolute path; hub:NAME is pulled into the cache.
    Raises GansmithError."""
    if word.startswith(hub.PREFIX):
        return hub.cached(word)
    path = Path(os.path.abspath(os.path.expanduser(word)))
    if os.path.isdir(path):
        RunFolder(path).need()
    elif path.suffix.lower() != ".safetensors" or not os.path.isfile(path):
        raise RunError(
            f"--from {word}: it is neither a run's folder nor a .safetensors file nor hub:NAME: give one of them"
        )
    return path


def read(settings: StartSettings) -> Origin:
    """Read what a recipe starts from. Raises RunError."""
    path = find(settings.source)
    of_run = RunFolder(path.parents[2]) if path.is_file() and path.name == checkpoint.WEIGHTS else None
    if of_run is not None and path.parent.name.isdigit() and of_run.recipe.is_file():
        return _of_run(of_run, path.parent.name)
    if path.is_dir():
        return _of_run(RunFolder(path), settings.checkpoint)
    if parcel.is_parcel(path):
        sent = parcel.read(path)
        arrays = {f"ema/{name}": array for name, array in sent.arrays.items()}
        return Origin(path, arrays, update=sent.update, recipe=sent.recipe, data=sent.data)
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"{path} cannot be read as safetensors ({error}): give a run's folder, or another file"
        ) from None
    if not any(name.startswith(("generator/", "discriminator/", "ema/")) for name in arrays):
        arrays = {f"generator/{name}": array for name, array in arrays.items()}  # a generator alone
    return Origin(path, arrays)


def _of_run(folder: RunFolder, name: str) -> Origin:
    recipe, data, remarks = folder.load_recipe(), read_data(folder), []
    if name == "last":
        saved, remarks = checkpoint.load_newest(folder)
    else:
        saved = checkpoint.load(folder, named_update(folder, str(int(name)) if name.isdigit() else name))
    file = folder.checkpoint(saved.update) / checkpoint.WEIGHTS
    facts = (folder, saved.update, recipe, data, tuple(remarks))
    return Origin(file, saved.state.arrays, saved.state.counters, *facts)
