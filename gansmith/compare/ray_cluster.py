"""The cells of a comparison on a Ray cluster that is there already (extra `ray`).

Each cell is a task that starts the very process which `--jobs` would start, on whichever node has room for it. So every
node needs Gansmith, and the grid's folder, and the data, under the same paths; Ray carries nothing but the order.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gansmith.compare.cells import Cell, last_words
from gansmith.ground.errors import EngineError, RunError, StoppedByUser
from gansmith.ground.files.gridfolder import CellFolder

Say = Callable[[str], None]

CARRIED = ("PYTHONPATH", "GANSMITH_CACHE", "GANSMITH_DATA", "ONEDNN_MAX_CPU_ISA")
"""Variables that a cell needs as they are here."""

UNSEEN = 71  # exit code of a task whose node does not see the grid's folder
RETRIES = 2  # of a cell whose node died: it goes on from its last checkpoint


@dataclass(frozen=True)
class Room:
    """What a cluster offers a cell."""

    jobs: int
    threads: int
    gpus: float


def run_cells(address: str, cells: Sequence[Cell], jobs: int, say: Say) -> dict[CellFolder, str]:
    """Run the cells, `jobs` at a time (0 = as many as the cluster has processors); returns what the failed ones said.

    Raises EngineError without the extra, RunError where no cluster answers, StoppedByUser when it was interrupted.
    """
    ray = _ray()
    _connect(ray, address)
    try:
        room = room_for(ray.nodes(), cells, jobs)
        say(f"Ray at {address}: {room.jobs} cells at a time, {room.threads} threads each")
        task = ray.remote(_task()).options(num_cpus=room.threads, num_gpus=room.gpus, max_retries=RETRIES)
        return _work(ray, task, cells, room, say)
    finally:
        ray.shutdown()


def _ray() -> Any:
    try:
        import ray  # pyright: ignore[reportMissingImports] - an extra
    except ImportError:
        raise EngineError(
            "--ray needs Ray, which is not installed here: install the extra with pip install 'gansmith[ray]', or use "
            "--jobs on this machine"
        ) from None
    return ray


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray tells of a missing cluster in many ways
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise RunError(
            f"no Ray cluster answers at {address} ({words[0][:160]}): start one with `ray start --head`, and see that "
            "RAY_AUTH_MODE and RAY_AUTH_TOKEN are the same on every node and here"
        ) from None


def room_for(nodes: Sequence[dict[str, Any]], cells: Sequence[Cell], jobs: int) -> Room:
    """Shares of the processors, none larger than a node; a GPU each where the cells want one and there are some."""
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    processors = [int(resources.get("CPU", 0)) for resources in alive]
    jobs = min(jobs or max(1, sum(processors)), len(cells))
    threads = max(1, min(max(processors, default=1), sum(processors) // jobs))
    there = sum(resources.get("GPU", 0) for resources in alive)
    wanted = any(cell.variant.recipe.device.startswith(("cuda", "auto")) for cell in cells)
    return Room(jobs, threads, 1.0 if there and wanted else 0.0)


def _task() -> Callable[[str, int, dict[str, str]], int]:
    """What runs on a node: it may use nothing that was not sent along."""

    def work(root: str, threads: int, variables: dict[str, str], unseen: int = UNSEEN) -> int:
        import os
        import subprocess
        import sys

        if not os.path.isdir(root):
            return unseen
        environment = {**os.environ, **variables, "OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "gansmith.compare.cell", root, str(threads)]
        with open(os.path.join(root, "log.txt"), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
            try:
                return process.wait()
            finally:  # cancelled: the cell saves itself
                if process.poll() is None:
                    process.terminate()
                    process.wait()

    return work


def _work(ray: Any, task: Any, cells: Sequence[Cell], room: Room, say: Say) -> dict[CellFolder, str]:
    variables = {name: os.environ[name] for name in CARRIED if name in os.environ}
    waiting, running = list(cells), dict[Any, Any]()
    errors: dict[CellFolder, str] = {}
    try:
        while waiting or running:
            while waiting and len(running) < room.jobs:
                cell = waiting.pop(0)
                running[task.remote(str(cell.folder.root.absolute()), room.threads, variables)] = cell
            done, _ = ray.wait(list(running), num_returns=1, timeout=0.5)
            for reference in done:
                cell = running.pop(reference)
                code = _result(ray, reference)
                if code == UNSEEN:
                    errors[cell.folder] = f"a node does not see {cell.folder.root}: share the folder with every node"
                elif code:
                    errors[cell.folder] = code if isinstance(code, str) else last_words(cell.folder)
                ending = f"failed: {errors[cell.folder]}" if code else "done"
                say(f"{cell.variant.name}, seed {cell.seed}: {ending} ({len(waiting) + len(running)} left)")
    except KeyboardInterrupt:
        for reference in running:
            ray.cancel(reference)
        ray.wait(list(running), num_returns=len(running), timeout=60)
        raise StoppedByUser("every cell is saved") from None
    return errors


def _result(ray: Any, reference: Any) -> int | str:
    """A task's exit code, or why there is none."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        return str(error).strip().splitlines()[0]
