"""A generator as one .safetensors file: its arrays by their names in the plan, and a header with all that is needed to use it.

The header's fields are strings; all but the first are JSON:

    gansmith  the version of this format
    plan      the layers in order, each {"kind": ..., its fields}, stacks of layers as lists; null for networks of one's own
    latent    {"dim", "law"}: normal N(0, 1), uniform U(-1, 1) or unit U(0, 1)
    pixels    {"range", "low", "high"}: the output's values for black and white; null for what is no picture
    units     {"offset", "factor"}: output x factor + offset is in the data's units; null for pictures, and where it is so already
    recipe    the recipe's table
    data      kind; units, by which its numbers become the source's ({} = they are);
              item_shape (channels, height, width) or (features,), class_names, count ...
    trained   {"update", "seconds", "gansmith"}
    licence   of the data; null where it is not stated

What names places on the sender's machine stays there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gansmith.data.toys import stacked
from gansmith.ground import pixels
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import GansmithError, RunError
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.game import State
from gansmith.ground.networks.plan import Layer, leaves
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.ground.version import __version__
from gansmith.nets import plan_generator
from gansmith.trained.generator import Generator, kind_in, labelling_in
from gansmith.training import checkpoint

FORMAT = "1"
SENT = (
    "groups",
    "description",
    "fingerprint",
    "count",
    "kind",
    "units",
    "item_shape",
    "class_names",
    "class_counts",
)
"""What is sent of data.json: not the names of single files."""
ELSEWHERE = "/on-the-machine-of-the-author/"
"""Stands for the folder of data that was a path: nobody's current folder is taken for it."""


@dataclass(frozen=True)
class Parcel:
    """A generator with what is needed to use it."""

    recipe: Recipe
    data: Mapping[str, Any]  # as in data.json
    arrays: Mapping[str, np.ndarray]  # of the averaged generator, by their names in the plan
    update: int
    seconds: float  # of training


# ---- writing


def shareable(recipe: Recipe) -> Recipe:
    """The recipe without the places where its data and its origin lie."""
    return dataclasses.replace(
        recipe,
        data=dataclasses.replace(recipe.data, source=_without_place(recipe.data.source)),
        start=dataclasses.replace(recipe.start, source=_without_place(recipe.start.source)),
    )


def _without_place(source: str) -> str:
    single = source.removeprefix(stacked.PREFIX)
    if not os.path.isabs(single) or single.startswith(ELSEWHERE):
        return source
    return source[: len(source) - len(single)] + ELSEWHERE + Path(single).name


def recipe_hash(recipe: Recipe) -> str:
    """The SHA-256 of a shareable recipe's table: the same for the same training."""
    text = json.dumps(recipes.to_table(shareable(recipe)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def table_of(layers: tuple[Layer, ...]) -> list[dict[str, Any]]:
    """Layers as JSON: their kinds and fields; a stack of layers within a layer is a list again."""
    rows = []
    for layer in layers:
        stacks = {name: table_of(stack) for name, stack in layer.sublayers().items()}
        named = ((field.name, getattr(layer, field.name)) for field in dataclasses.fields(layer))  # pyright: ignore[reportArgumentType]
        fields = {"function" if name == "kind" else name: value for name, value in named}  # an activation's
        rows.append({"kind": type(layer).__name__} | fields | stacks)
    return rows


def _affine(generator: Generator) -> dict[str, list[float]] | None:
    """What brings the output to the units of the data; None where it is in them, or where more than that is needed."""
    found = generator.kind.affine(generator.units)
    return None if found is None else {"offset": found[0].tolist(), "factor": found[1].tolist()}


def header(generator: Generator, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a file of this generator says of it, before it is written as text; without when it was trained."""
    recipe = generator.recipe
    own, pictures = recipe.generator.net == "own", generator.kind.pixels
    plan = None if own else plan_generator(recipe, generator.item_shape, generator.classes)
    low, high = (float(value) for value in pixels.to_float(np.array([0, 255], np.uint8), recipe.data.pixels))
    return {
        "plan": None if plan is None else table_of(plan.layers),
        "latent": {"dim": generator.latent_dim, "law": recipe.latent.law},
        "pixels": {"range": recipe.data.pixels, "low": low, "high": high} if pictures else None,
        "units": _affine(generator),
        "alpha": "premultiplied" if pictures and generator.item_shape[0] == RGBA else None,
        "recipe": recipes.to_table(shareable(recipe)),
        "data": {name: data[name] for name in SENT if name in data},
    }


def write(generator: Generator, data: Mapping[str, Any], seconds: float, licence: str = "") -> bytes:
    """The bytes of the file. data: of data.json."""
    trained = {"update": generator.update or 0, "seconds": seconds, "gansmith": __version__}
    told = header(generator, data) | {"trained": trained, "licence": licence or None}
    arrays = {name: np.ascontiguousarray(array) for name, array in generator.arrays.items()}
    return save(arrays, {"gansmith": FORMAT} | {name: json.dumps(value) for name, value in told.items()})


# ---- reading


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def is_parcel(path: Path) -> bool:
    """Whether a .safetensors file has a header of this kind."""
    with suppress(OSError, SafetensorError), safe_open(path, framework="numpy") as file:
        return "gansmith" in (file.metadata() or {})
    return False


def read(path: Path) -> Parcel:
    """Read a file and check it: every array has its place in the recipe's plan, and its shape. Raises RunError."""
    try:
        with safe_open(path, framework="numpy") as file:
            told = file.metadata() or {}
            names = list(file.keys())
            version = told.get("gansmith")
            if version != FORMAT:
                what = "it has no header of a generator" if version is None else f"it is of format {version}"
                raise ValueError(f"{what}: write it with `gansmith export RUN safetensors` of this version")
            recipe = shareable(recipes.from_table(json.loads(told["recipe"]), "its recipe"))
            data, trained = _data(json.loads(told["data"])), json.loads(told["trained"])
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
            _check_shapes(recipe, data, shapes)
            arrays = {name: file.get_tensor(name) for name in names}
        if wrong := [name for name, array in arrays.items() if not np.isfinite(array).all()]:
            raise ValueError(f"{wrong[0]} holds NaN or infinity")
        return Parcel(recipe, data, arrays, max(0, int(trained["update"])), float(trained["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError, GansmithError) as error:
        why = f"its header lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise RunError(f"{path.name} is no generator that can be used here: {why[:300]}") from None


def _data(table: dict[str, Any]) -> dict[str, Any]:
    """What is used of data.json, with the types that it has. Raises ValueError, TypeError, KeyError."""
    shape = [int(side) for side in table["item_shape"]]
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise ValueError(f"item_shape is {shape}: it must be (channels, height, width) or (features,)")
    counts = {name: [int(count) for count in table[name]] for name in ("groups", "class_counts") if name in table}
    words = {name: str(table[name]) for name in ("description", "fingerprint", "kind") if name in table}
    names = [str(name) for name in table.get("class_names", ())]
    known = {"units": table["units"]} if "units" in table else {}
    kind, units = kind_in(table)
    *sides, channels = *shape[1:], shape[0]
    kind.in_units(np.zeros((1, *sides, channels), np.uint8 if kind.pixels else np.float32), units)  # else it raises
    return counts | words | known | {"count": int(table.get("count", 0)), "item_shape": shape, "class_names": names}


def _check_shapes(recipe: Recipe, data: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> None:
    """Raises ValueError where arrays are not those of the plan; those of one's own networks are checked when they are built."""
    if recipe.generator.net == "own":
        return
    plan = plan_generator(recipe, tuple(data["item_shape"]), labelling_in(data, recipe).classes)
    due = {
        f"{number}.{name}": shape
        for number, layer in leaves(plan.layers)
        for name, shape in (layer.parameters() | layer.buffers()).items()
    }
    for name in sorted(due.keys() ^ shapes.keys()):
        raise ValueError(f"{name} is {'missing' if name in due else 'no array of its plan'}")
    for name, shape in due.items():
        if shapes[name] != shape:
            raise ValueError(f"{name} has shape {shapes[name]}, and its plan has {shape}")


def unpack(parcel: Parcel, folder: RunFolder, about: dict[str, Any]) -> None:
    """Make a run's folder of it, whose one checkpoint holds the averaged generator and nothing else. about: where it came
    from, for pulled.json. Raises RunError."""

    def fill() -> None:
        arrays = {f"ema/{name}": array for name, array in parcel.arrays.items()}
        write_json(folder.data, dict(parcel.data))
        write_json(folder.pulled, about)
        checkpoint.save(
            folder, checkpoint.Checkpoint(parcel.update, State(arrays, {}), {"seconds": max(0.0, parcel.seconds)})
        )

    folder.create(parcel.recipe, fill)


def pulled_from(folder: RunFolder) -> str | None:
    """The name on the Hub of a run that was pulled, as hub:NAME@COMMIT; None of a run that was trained here."""
    try:
        return str(json.loads(folder.pulled.read_text(encoding="utf-8"))["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return "the Hub" if folder.pulled.exists() else None
