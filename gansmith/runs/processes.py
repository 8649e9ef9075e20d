"""A training over several processes, started by `torchrun` or a similar launcher: connecting them, setting all up with the
same choices, and finding the run that a restarted job continues."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import EngineError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process.launch import Launch, launched
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.roll_back import Restart
from gansmith.runs.setup import Setup, set_up
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.process_group import SINGLE_PROCESS, ProcessGroup


@contextmanager
def process_group() -> Iterator[ProcessGroup]:
    """The processes that this one was started with; SINGLE_PROCESS where it was started alone."""
    launch = launched()
    if not launch.several:
        yield SINGLE_PROCESS
        return
    from gansmith.training.distributed import join

    with join(launch) as group:
        yield group


def set_up_on_all(
    processes: ProcessGroup, recipe: Recipe, groups: Callable[[], np.ndarray | None] = lambda: None
) -> Setup:
    """`set_up` on every rank, on the same data, with the automatic choices of rank 0.

    groups: reads the groups that the run found earlier; only rank 0 calls it.
    """
    if processes.size == 1:
        return set_up(recipe, groups=groups())
    if recipe.engine == "numpy":
        raise EngineError("engine = 'numpy' trains in one process: use engine=torch over several ranks")

    made = processes.broadcast(lambda: _prepared(_without_mps(recipe), groups()))

    def prepared() -> Setup:
        own = recipes.from_table(made["recipe"]) if made["groups"] else _without_mps(recipe)
        found = np.array(made["groups"], np.int64) if made["groups"] else None
        setup = dataclasses.replace(
            set_up(own, groups=found), rank=processes.rank, ranks=processes.size, seconds=made["seconds"]
        )
        setup.order()  # refuses a batch that cannot be shared
        processes.device(setup.recipe.device)
        return setup

    setup = processes.run_on_all(prepared)
    table, fingerprint = processes.broadcast(lambda: [recipes.to_table(setup.recipe), setup.store.fingerprint])
    processes.run_on_all(lambda: _same_data(setup, fingerprint))
    return dataclasses.replace(setup, recipe=recipes.from_table(table))


def _prepared(recipe: Recipe, known: np.ndarray | None) -> dict[str, Any]:
    """What rank 0 computes for all, JSON-able: the groups. Another kind of processor may round differently and put an
    item into another group."""
    if recipe.data.labels != "clusters":
        return {"groups": None, "seconds": 0.0}
    setup = set_up(recipe, groups=known)
    assert setup.groups is not None
    return {
        "groups": setup.groups.tolist(),
        "seconds": setup.seconds,
        "recipe": recipes.to_table(dataclasses.replace(setup.recipe, device=recipe.device)),
    }


def _without_mps(recipe: Recipe) -> Recipe:
    """ "auto" among ranks is CUDA, else the processor."""
    if recipe.device != "auto":
        return recipe
    from gansmith.training import machine

    chosen = machine.choose_device("auto")
    return dataclasses.replace(recipe, device="cpu" if chosen == "mps" else chosen)


def _same_data(setup: Setup, fingerprint: str) -> None:
    if setup.store.fingerprint != fingerprint:
        raise RunError(
            f"{setup.recipe.data.source} is other data here ({setup.store.fingerprint[:8]}) than on the first machine "
            f"({fingerprint[:8]}): copy it, or its prepared store, to every machine"
        )


def broadcast_restart(processes: ProcessGroup, setup: Setup, find: Callable[[], Restart | None]) -> Restart | None:
    """The restart point that `find` returns on rank 0, on every rank."""
    if processes.size == 1:
        return find()
    saved: Checkpoint | None = None

    def on_main() -> list[Any] | None:
        nonlocal saved
        restart = find()
        if restart is None:
            return None
        saved = restart.saved
        return [recipes.to_table(restart.setup.recipe), restart.seconds]

    found = processes.broadcast(on_main)
    if found is None:
        return None
    table, seconds = found
    saved = processes.broadcast_checkpoint(saved)
    return Restart(dataclasses.replace(setup, recipe=recipes.from_table(table)), saved, seconds)


# ---- jobs that are started again after a rank died


def about_launch(launch: Launch) -> dict[str, Any]:
    """What a run stores of how it was started."""
    return {"ranks": launch.size, **({"job": launch.job} if launch.job else {})}


def of_this_job(folder: RunFolder, launch: Launch) -> bool:
    """Whether a run was begun by the very job that was started again as this process."""
    if not launch.restarts or not folder.recipe.is_file():
        return False
    try:
        return json.loads(folder.environment.read_text(encoding="utf-8")).get("job") == launch.job
    except (OSError, ValueError, AttributeError):
        return False


def run_of_this_job(recipe: Recipe, parent: Path, launch: Launch) -> RunFolder | None:
    """The run that this job has begun under a name of its own choice."""
    found = sorted(parent.glob(f"{recipe.name}-[0-9]*"), reverse=True) if launch.restarts else []
    return next((RunFolder(path) for path in found if of_this_job(RunFolder(path), launch)), None)
