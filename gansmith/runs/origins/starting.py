"""Starting from a trained run: its weights, their average, and the optimisers' memory where a layer is taken whole.

The generator starts with the run's own weights and its average with the run's average, not both with the average: weights,
opponent and memory belong together, and on the same data the training goes on as the run would have.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gansmith.ground.errors import RecipeError, RunError, typed
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import BORN, Game, State
from gansmith.ground.networks.correspond import Taken, take
from gansmith.ground.networks.frozen import frozen_arrays
from gansmith.ground.networks.plan import Plan
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe, StartSettings
from gansmith.nets.initial import initial_weights
from gansmith.parts import NO_PARTS, Parts
from gansmith.runs.setup import Setup, build_game, read_clusters
from gansmith.trained.origin import Origin, plans, read
from gansmith.trained.parcel import digest, pulled_from
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.process_group import ProcessGroup

PLAYERS = ("generator", "discriminator")
SLOTS = ("first", "second", "momentum", "upto", BORN)
NAMED = 4  # arrays that a line names; all are in origin.json


def labels_of(origin: Origin, setup: Setup) -> list[int | None]:
    """The run's label for each label of the new training: of the class of the same name, or, where the same items were put
    into the same clusters, of the same cluster."""
    theirs = origin.recipe
    nothing: list[int | None] = [None] * setup.classes
    if theirs is None or theirs.data.labels != setup.recipe.data.labels:
        return nothing
    if setup.clusters is not None:
        theirs_too = origin.data.get("fingerprint") == setup.store.fingerprint
        whole = origin.folder if theirs_too and origin.folder and not origin.folder.pulled.is_file() else None
        found = None if whole is None else read_clusters(whole)
        same = found is not None and np.array_equal(found, setup.clusters)
        return [*range(setup.classes)] if same else nothing
    known = {name: index for index, name in enumerate(origin.data.get("class_names", ()))}
    return [known.get(name) for name in setup.store.class_names] if setup.classes else []


@dataclass(frozen=True)
class Beginning:
    """The state that a training begins with, and what of it was taken."""

    origin: Origin
    state: State
    taken: dict[str, Taken]  # by network: generator, discriminator, ema
    memory: dict[str, str]  # by player: what of the optimiser's memory was taken: "all", "part" or "none"

    def record(self) -> dict[str, Any]:
        """What origin.json says."""
        each = [
            (f"{player}/{name}", name, self.taken[player]) for player in PLAYERS for name in self.taken[player].arrays
        ]
        origin = self.origin
        return {
            "source": str(origin.folder.root if origin.folder else origin.file),
            "file": str(origin.file),
            "hub": pulled_from(origin.folder) if origin.folder else None,
            "sha256": digest(origin.file),
            "update": origin.update,
            "recipe": origin.recipe.name if origin.recipe else None,
            "data": origin.data.get("description"),
            "told": self.line(),
            "taken": {path: taken.whole[name] for path, name, taken in each if name in taken.whole},
            "taken_in_part": {path: taken.part[name] for path, name, taken in each if name in taken.part},
            "drawn_afresh": [path for path, name, taken in each if name in taken.fresh],
            "optimiser_memory": self.memory,
        }

    def line(self) -> str:
        """One line for the user."""
        origin, parts = self.origin, []
        words = {"all": "with", "part": "with a part of", "none": "without"}
        for player in PLAYERS:
            taken = self.taken[player]
            fresh = sum(taken.arrays[name].size for name in taken.fresh)
            total = sum(array.size for array in taken.arrays.values())
            share = f"{math.floor(100 * (1 - fresh / total))}% of the {player}"
            parts.append(f"{share} {words[self.memory[player]]} its optimiser's memory")
        when = "" if origin.update is None else f" (update {origin.update:,})"
        line = f"starting from {origin.folder.root if origin.folder else origin.file}{when}: taken are {' and '.join(parts)}"
        fresh = [f"{player} {name}" for player in PLAYERS for name in self.taken[player].fresh]
        labels = {text for player in PLAYERS for text in self.taken[player].part.values()}
        more = f" and {len(fresh) - NAMED} more" if len(fresh) > NAMED else ""
        line += f"; drawn afresh: {', '.join(fresh[:NAMED])}{more}" if fresh else ""
        return line + (f"; labels: {', '.join(sorted(labels))}" if labels else "")


def begin_from(origin: Origin, setup: Setup, drawn: State) -> Beginning:
    """The state of a new game with what the origin can give. Raises RunError where it can give nothing."""
    ours, theirs = plans(setup.recipe, setup.item_shape, setup.classes), origin.plans
    rows, taken = labels_of(origin, setup), {}
    for network in ("generator", "discriminator", "ema"):
        player = "generator" if network == "ema" else network
        given = _of(origin.arrays, network) or _of(
            origin.arrays, {"ema": "generator", "generator": "ema"}.get(network, "")
        )
        taken[network] = take(ours.get(player), theirs.get(player), _of(drawn.arrays, network), given, rows)
    if not any(taken[player].whole or taken[player].part for player in PLAYERS):
        way = typed("train", origin.folder.recipe, "--from", origin.folder.root) if origin.folder else "its own recipe"
        raise RunError(
            f"no layer of {origin.file} fits the networks of this recipe: train with those of the run, as in `{way}`"
        )
    _refuse_frozen(setup.recipe, ours.get("discriminator"), taken["discriminator"])
    arrays = dict(drawn.arrays)
    for network, found in taken.items():
        arrays |= {f"{network}/{name}": array for name, array in found.arrays.items()}
    counters, memory = dict(drawn.counters), {}
    for player in PLAYERS:
        found, steps, memory[player] = _memory(origin, setup.recipe, player, taken[player])
        arrays |= found
        counters[f"{player}-optimizer.steps"] = steps
    for ours_, theirs_ in taken["generator"].whole.items():
        rows_ = _of(origin.arrays, "ema-rows")
        arrays |= {
            f"ema-rows/{ours_}.{key}": rows_[f"{theirs_}.{key}"]
            for key in ("off", "at", "log")
            if f"{theirs_}.{key}" in rows_
        }
    if origin.data.get("fingerprint") == setup.store.fingerprint:
        counters["discriminator-turns"] = origin.counters.get("discriminator-turns", 0)
        arrays |= {
            name: array for name, array in origin.arrays.items() if name.startswith("augment/") and name in arrays
        }
    return Beginning(origin, State(arrays, counters), taken, memory)


def _of(arrays: Mapping[str, np.ndarray], network: str) -> dict[str, np.ndarray]:
    """The arrays of one network, by their names in it."""
    return {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{network}/")}


def _memory(origin: Origin, recipe: Recipe, player: str, taken: Taken) -> tuple[dict[str, np.ndarray], int, str]:
    """What the optimiser remembers of the arrays that were taken whole, after how many steps, and how much of all that is:
    "all", "part", "none". An array without a memory begins one, which Adam has to know."""
    settings, path = getattr(recipe.optimizer, player), f"{player}-optimizer"
    theirs = None if origin.recipe is None else getattr(origin.recipe.optimizer, player)
    if origin.recipe is None or theirs is None or theirs.name != settings.name:
        return {}, 0, "none"
    state = State(origin.arrays, dict(origin.counters))
    given = _of(state.arrays if theirs == settings else state.up_to_date(origin.recipe), path)
    found, new, steps = {}, {}, int(origin.counters.get(f"{path}.steps", 0))
    for name in taken.arrays:
        source = taken.whole.get(name)
        known = {f"{path}/{name}.{slot}": given[f"{source}.{slot}"] for slot in SLOTS if f"{source}.{slot}" in given}
        if not known and settings.name == "adam":
            new[f"{path}/{name}.{BORN}"] = np.array([steps])
        found |= known
    return (found | new, steps, "all" if len(found) == len(given) else "part") if found else ({}, 0, "none")


def _refuse_frozen(recipe: Recipe, plan: Plan | None, taken: Taken) -> None:
    """Random weights must not be frozen. Raises RecipeError."""
    shapes = {name: array.shape for name, array in taken.arrays.items()}
    for name in frozen_arrays(recipe, shapes, planned=plan is not None):
        if name not in taken.whole:
            raise RecipeError(
                f"start.frozen = {recipe.start.frozen} would freeze the discriminator's {name}, which is not taken from the "
                "run as it is: freeze fewer layers"
            )


def planned(setup: Setup, parts: Parts = NO_PARTS) -> Beginning:
    """What a training would begin with; the game is built for networks of the user's own alone."""
    if parts.nets is not None:
        return begin_from(read(setup.recipe.start), setup, build_game(setup, parts).state())
    ours = plans(setup.recipe, setup.item_shape, setup.classes)
    drawn = {
        player: initial_weights(plan, getattr(setup.recipe, player), setup.recipe.seed) for player, plan in ours.items()
    }
    drawn["ema"] = drawn["generator"]
    arrays = {f"{network}/{name}": array for network, named in drawn.items() for name, array in named.items()}
    return begin_from(read(setup.recipe.start), setup, State(arrays, {}))


def start(
    processes: ProcessGroup, setup: Setup, game: Game, say: Say, folder: RunFolder | None = None
) -> dict[str, Any] | None:
    """Give a new game what its recipe starts from; the record for origin.json, None where it starts from nothing.

    folder: of a run that begins again at update 0: what it starts from must be what it was. Raises RunError.
    """
    if not setup.recipe.start.source:
        return None

    def made() -> dict[str, Any]:
        nonlocal beginning
        settings = setup.recipe.start if folder is None else _as_before(folder, setup.recipe.start)
        beginning = begin_from(origin := read(settings), setup, game.state())
        for remark in origin.remarks:
            say(remark)
        return beginning.record()

    beginning: Beginning | None = None
    record = processes.broadcast(made)
    if folder is not None:
        processes.broadcast(lambda: _same(folder, record["sha256"]))
    saved = processes.broadcast_checkpoint(Checkpoint(0, beginning.state, {}) if beginning else None)
    assert saved is not None
    game.restore(saved.state)
    say(record["told"])
    return record


def _known(folder: RunFolder, name: str) -> Any:
    """What origin.json says; None where it says nothing."""
    try:
        return json.loads(folder.origin.read_text(encoding="utf-8"))[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _as_before(folder: RunFolder, settings: StartSettings) -> StartSettings:
    """The same checkpoint as before: its run may have gone on since."""
    update = _known(folder, "update")
    return settings if update is None else replace(settings, checkpoint=str(update))


def _same(folder: RunFolder, found: str) -> None:
    if _known(folder, "sha256") != found:
        raise RunError(
            f"{folder.root} has no checkpoint, and what it started from is not what it was: put that back, or start a new run"
        )
