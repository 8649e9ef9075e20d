"""A run's generator as bytes for the page: a table (JSON), then its arrays. Nothing here loads torch."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from gansmith.exports.facts import data_line, distance
from gansmith.exports.task import Task
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.networks import plan as plans
from gansmith.ground.networks.plan import Plan
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import directions, stored_vectors
from gansmith.studio.errors import StudioError
from gansmith.trained.generator import load, read_data
from gansmith.training.checkpoint import saved_updates
from gansmith.web import model, scripts
from gansmith.web.page import text

MOST_SLIDERS = 24  # of each kind; the newest are taken
FACTORISED = 8  # directions where the run has none of its own
WORKER = "page/worker.js"


def as_bytes(folder: RunFolder, checkpoint: str = "last") -> bytes:
    """uint32 (little endian) with the length of the table, the table, then the arrays' bytes.

    The weights are not rounded, so the page's pictures are those of Python to a grey level. checkpoint: "last", "best" or
    an update. Raises GansmithError, StudioError.
    """
    recipe = folder.load_recipe()
    if recipe.generator.net == "own":
        raise StudioError(400, "this run trained networks of your own, which no browser runs: use `gansmith explore`")
    remarks: list[str] = []
    generator = load(folder.root, None, checkpoint, say=remarks.append)
    need_pictures(generator, "steering")
    plan, arrays = model.of_generator(generator)
    made = model.write(plan, arrays, "fp32")
    task = Task(folder, generator, read_data(folder))
    moves, styles, notes = stored(folder, generator.latent_dim)
    if not moves:
        moves = factorised(plan, arrays, generator.latent_dim)
    table = {
        **made.table,
        **model.for_seeds(generator),
        "id": model.identity(plan, arrays),
        "kernel": text(scripts.kernel()),
        "worker": scripts.joined(WORKER) + "\nserve(self);\n",
        "directions": moves,
        "styles": styles,
        "notes": [*remarks, *notes],
        "facts": {"Data": data_line(task), "Distance to the data": distance(task) or "not measured"},
        "update": generator.update,
        "checkpoints": saved_updates(folder),
    }
    header = json.dumps(table).encode()
    return struct.pack("<I", len(header)) + header + made.data


# ---- what the sliders add


def stored(folder: RunFolder, dim: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Directions and styles of all explorations, of each name the newest; and a line for each file that cannot be read."""
    moves: dict[str, dict[str, Any]] = {}
    styles: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    for exploration in reversed(folder.explorations()):
        files = (
            (exploration.directions, "directions", "directions", moves),
            (exploration.styles, "styles", "average", styles),
        )
        for path, what, verb, into in files:
            if not path.is_file():
                continue
            try:
                found = stored_vectors.read(path, dim, what, verb)
            except RunError as error:
                notes.append(str(error))
                continue
            for name, (vector, told) in sorted(found.items()):
                into.setdefault(name, packed(name, vector, str(told.get("kind", ""))))
    for what, rows in (("directions", moves), ("styles", styles)):
        if len(rows) > MOST_SLIDERS:
            notes.append(f"the newest {MOST_SLIDERS} of {len(rows)} {what} are shown")
    return list(moves.values())[:MOST_SLIDERS], list(styles.values())[:MOST_SLIDERS], notes


def packed(name: str, vector: np.ndarray, kind: str = "") -> dict[str, Any]:
    """A vector float32 (dim,) for JSON; kind: how a direction was found."""
    return {"name": name, "vector": text(vector.astype("<f4").tobytes()), "kind": kind}


def factorised(plan: Plan, arrays: model.Arrays, dim: int) -> list[dict[str, Any]]:
    """The directions that move the first layer's output most; none where that is no matrix of the latent."""
    weight = first_layer(plan, arrays, dim)
    if weight is None:
        return []
    found = directions.factorise(weight, FACTORISED)
    return [packed(name, one.vector, one.kind) for name, one in found.items()]


def first_layer(plan: Plan, arrays: model.Arrays, dim: int) -> np.ndarray | None:
    """The first layer with weights as a matrix (features, dim), with the norm right after it, of class 0 if labelled.

    plan and arrays: after `settled`. None where the first layer is no matrix of the latent.
    """
    found = [(name, layer) for name, layer in plans.leaves(plan.layers) if changes_numbers(layer)]
    name, layer = found[0]
    if not isinstance(layer, plans.Linear):
        return None
    matrix = np.asarray(arrays[f"{name}.weight"], np.float64)[:, :dim]  # behind them stands the class
    if len(found) > 1 and isinstance(after := found[1][1], plans.BatchNorm | plans.ConditionalBatchNorm):
        norm = found[1][0]
        scale, variance = (np.asarray(arrays[f"{norm}.{which}"], np.float64) for which in ("scale", "variance"))
        factor = (scale if scale.ndim == 1 else scale[0]) / np.sqrt(variance + after.epsilon)
        matrix = matrix * np.repeat(factor, len(matrix) // len(factor))[:, None]
    return matrix


def changes_numbers(layer: plans.Layer) -> bool:
    """Whether a layer does more than give its input another form, or a class."""
    return isinstance(layer, plans.Weighted | plans.Norm | plans.Activation)
