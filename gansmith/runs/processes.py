"""A training over several ranks, from `torchrun` or a like launcher: who is there, what all must agree on, and which run
a job that was started again goes on with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground import recipe as recipes
from gansmith.ground.errors import EngineError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process.launch import Launch, launched
from gansmith.ground.settings import Recipe
from gansmith.runs.recovery.roll_back import Turn
from gansmith.runs.setup import (Setup, set_up)
from gansmith.training.process_group import ALONE, Company


@contextmanager
def companions() -> Iterator[Company]:
    """The ranks that this process was started with; nobody where it was started alone."""
    launch = launched()
    if not launch.several:
        yield ALONE
        return
    from gansmith.training.distributed import join

    with join(launch) as together:
        yield together


def settle(company: Company, recipe: Recipe, groups: Callable[[], np.ndarray | None] = lambda: None) -> Setup:
    """`set_up` on every rank, on the same data, with the choices that the first one made.

    groups: those that a run has found before, as the first rank reads them.
    """
    if company.size == 1:
        return set_up(recipe, groups=groups())
    if recipe.engine == "numpy":
        raise EngineError("engine = 'numpy' trains in one process: use engine=torch over several ranks")

    made = company.from_first(lambda: _prepared(_without_mps(recipe), groups()))

    def prepared() -> Setup:
        own = recipes.from_table(made["recipe"]) if made["groups"] else _without_mps(recipe)
        found = np.array(made["groups"], np.int64) if made["groups"] else None
        setup = dataclasses.replace(
            set_up(own, groups=found), rank=company.rank, ranks=company.size, seconds=made["seconds"]
        )
        setup.order()  # refuses a batch that cannot be shared
        company.device(setup.recipe.device)
        return setup

    setup = company.all_fine(prepared)
    told = company.from_first(lambda: [recipes.to_table(setup.recipe), setup.store.fingerprint])
    company.all_fine(lambda: _same_data(setup, told[1]))
    return dataclasses.replace(setup, recipe=recipes.from_table(told[0]))


def _prepared(recipe: Recipe, known: np.ndarray | None) -> dict[str, Any]:
    """What the first rank alone finds out, JSON-able: another processor may put an item between two groups into the
    other one."""
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
    from gansmith.game import machine

    chosen = machine.choose_device("auto")
    return dataclasses.replace(recipe, device="cpu" if chosen == "mps" else chosen)


def _same_data(setup: Setup, fingerprint: str) -> None:
    if setup.store.fingerprint != fingerprint:
        raise RunError(
            f"{setup.recipe.data.source} is other data here ({setup.store.fingerprint[:8]}) than on the first machine "
            f"({fingerprint[:8]}): copy it, or its prepared store, to every machine"
        )


def hear(company: Company, setup: Setup, turn: Callable[[], Turn | None]) -> Turn | None:
    """The first rank's way back (see `rollback.turn_back`), for all."""
    if company.size == 1:
        return turn()
    made: list[Turn | None] = []

    def told() -> Any:
        made.append(turn())
        return made[0] and [recipes.to_table(made[0].setup.recipe), made[0].seconds]

    found = company.from_first(told)
    if found is None:
        return None
    saved = company.give(made[0].saved if made and made[0] else None)
    return Turn(dataclasses.replace(setup, recipe=recipes.from_table(found[0])), saved, found[1])


# ---- jobs that are started again after a rank died


def about_launch(launch: Launch) -> dict[str, Any]:
    """What a run remembers of how it was started."""
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
