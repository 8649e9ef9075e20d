"""A training over several processes, started by `torchrun` or a similar launcher: connecting them, the same setup on all,
and the run that a restarted job continues."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import EngineError, RunError, typed
from gansmith.ground.files.lock import LOOKED_AT, lock
from gansmith.ground.files.runfolder import RUNS, RunFolder
from gansmith.ground.process.launch import Launch, launched
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import Parts
from gansmith.runs.recovery.forget import forget_half_written
from gansmith.runs.recovery.roll_back import Restart
from gansmith.runs.setup import Setup, set_up
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.process_group import SINGLE_PROCESS, ProcessGroup


@contextmanager
def process_group() -> Iterator[ProcessGroup]:
    """The processes that were started together; SINGLE_PROCESS if this one was started alone."""
    launch = launched()
    if not launch.several:
        yield SINGLE_PROCESS
        return
    from gansmith.training.distributed import join

    with join(launch) as group:
        yield group


def set_up_on_all(
    processes: ProcessGroup, recipe: Recipe, clusters: Callable[[], np.ndarray | None] = lambda: None
) -> Setup:
    """`set_up` on every rank, on the same data, with the automatic choices of rank 0.

    clusters: reads the clusters that the run has found earlier; only rank 0 calls it.
    """
    if processes.size == 1:
        return set_up(recipe, clusters=clusters())
    if recipe.engine == "numpy":
        raise EngineError("engine = 'numpy' trains in one process: use engine=torch over several ranks")
    recipe = _without_mps(recipe)
    found = processes.broadcast(lambda: _clusters(recipe, clusters()))

    def on_this_rank() -> Setup:
        own, ids = recipe, None
        if found["clusters"]:
            own, ids = recipes.from_table(found["recipe"]), np.array(found["clusters"], np.int64)
        setup = dataclasses.replace(
            set_up(own, clusters=ids), rank=processes.rank, ranks=processes.size, seconds=found["seconds"]
        )
        setup.order()  # refuses a batch that cannot be shared
        processes.device(setup.recipe.device)
        return setup

    setup = processes.run_on_all(on_this_rank)
    table, fingerprint = processes.broadcast(lambda: [recipes.to_table(setup.recipe), setup.store.fingerprint])
    processes.run_on_all(lambda: _same_data(setup, fingerprint))
    return dataclasses.replace(setup, recipe=recipes.from_table(table))


def same_on_all(processes: ProcessGroup, parts: Parts) -> None:
    """Raise RunError where the file of the user's parts is another one on another machine."""
    own = parts.file.hash if parts.file else ""
    first = processes.broadcast(lambda: own)

    def check() -> None:
        if own != (first or ""):
            raise RunError(
                f"the file of --with is another one here ({own[:8]}) than on the first machine ({first[:8]}): copy it"
            )

    processes.run_on_all(check)


def _clusters(recipe: Recipe, known: np.ndarray | None) -> dict[str, Any]:
    """The clusters of the items, JSON-able. Rank 0 finds them for all: another kind of processor may round differently and
    put an item into another cluster."""
    if recipe.data.labels != "clusters":
        return {"clusters": None, "seconds": 0.0}
    setup = set_up(recipe, clusters=known)
    assert setup.clusters is not None
    return {
        "clusters": setup.clusters.tolist(),
        "seconds": setup.seconds,
        "recipe": recipes.to_table(dataclasses.replace(setup.recipe, device=recipe.device)),
    }


def _without_mps(recipe: Recipe) -> Recipe:
    """The recipe with "auto" as CUDA or the processor: ranks cannot exchange tensors on MPS."""
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
    """The restart that `find` returns on rank 0, on every rank."""
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


# ---- jobs that their launcher starts again after a rank died


def of_this_job(folder: RunFolder, launch: Launch) -> bool:
    """Whether this process is a restart of the job that began a run."""
    if not launch.restarts or not folder.recipe.is_file():
        return False
    try:
        return json.loads(folder.environment.read_text(encoding="utf-8")).get("job") == launch.job
    except (OSError, ValueError, AttributeError):
        return False


@contextmanager
def alone(folder: RunFolder, processes: ProcessGroup) -> Iterator[None]:
    """Hold the lock of a run's folder, without what a kill left half written there.

    Raises RunError, on all ranks, where another process trains it.

    A killed process loses its lock. On a file system without locks nothing is held.
    """
    with ExitStack() as stack:

        def take() -> None:
            try:
                file = stack.enter_context(open(folder.lock, "a+b"))
            except OSError:  # nothing can be written there: the training will say so
                return
            if lock(file, wait=False, patience=LOOKED_AT) is False:
                file.seek(0)
                who = file.read(64).decode("utf-8", "replace").strip() or "unknown"
                raise RunError(
                    f"another process ({who}) trains {folder.root}: wait until it ends, or stop it; to look at the run while "
                    f"it trains: `{typed('report', folder.root)}`"
                )
            file.truncate(0)
            file.write(f"{os.getpid()} on {platform.node()}\n".encode())
            file.flush()
            forget_half_written(folder)

        processes.broadcast(take)
        yield


def need_free(out: Path | None) -> None:
    """Raise RunError at once where the folder that a training is to have holds something else than the run of this job."""
    if out and launched().first and not of_this_job(RunFolder(out), launched()):
        RunFolder(out).need_free()


@contextmanager
def new_folder(recipe: Recipe, out: Path | None, parent: Path = Path(RUNS)) -> Iterator[RunFolder]:
    """The folder of a new run: `out`, or the next free of runs/<recipe>-001, -002 ..., or that of this job if it was started
    again.

    A free name is taken at once, by making the folder, so that two trainings never choose the same. It is given back where
    nothing was written.
    """
    need_free(out)
    folder = RunFolder(out) if out else free_folder(recipe, parent)
    taken, first = False, not parent.exists()
    while not out and launched().first and not of_this_job(folder, launched()):
        try:
            folder.root.mkdir(parents=True)
            taken = True
            break
        except FileExistsError:
            folder = free_folder(recipe, parent)  # another process was faster
        except OSError:  # the training will say so
            break
    try:
        yield folder
    finally:
        if taken:
            with suppress(OSError):  # it holds a run
                folder.root.rmdir()
                if first:
                    parent.rmdir()


def free_folder(recipe: Recipe, parent: Path = Path(RUNS)) -> RunFolder:
    """runs/<recipe>-001, -002 ...: the first that is free, or the run of this job if it was started again."""
    launch = launched()
    if launch.restarts:
        for path in sorted(parent.glob(f"{recipe.name}-[0-9]*"), reverse=True):
            if of_this_job(RunFolder(path), launch):
                return RunFolder(path)
    paths = (parent / f"{recipe.name}-{number:03d}" for number in itertools.count(1))
    return RunFolder(next(path for path in paths if not path.exists()))
