"""The cells of a comparison on a Ray cluster that is already running (extra `ray`).

Each cell is a task that starts the same process as `--jobs` would, on any node with free processors. So every node
needs Gansmith, the grid's folder and the data under the same paths. Ray sends only the path of the cell.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gansmith.compare.cells import Cell, last_words, run_queue
from gansmith.ground.errors import EngineError, RunError, counted
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.progress import Say

CARRIED = ("PYTHONPATH", "GANSMITH_CACHE", "GANSMITH_DATA", "ONEDNN_MAX_CPU_ISA")
"""Environment variables that a cell needs as they are on this machine."""

UNSEEN = 71  # exit code of a task whose node does not see the grid's folder
RETRIES = 2  # of a cell whose node died: it resumes from its last checkpoint


@dataclass(frozen=True)
class Shares:
    """How many cells run at a time on a cluster, and what each gets."""

    jobs: int
    threads: int
    gpus: float


def run_cells(address: str, cells: Sequence[Cell], jobs: int, say: Say) -> dict[CellFolder, str]:
    """Run the cells, `jobs` at a time (0 = as many as the cluster has processors); returns the failed ones' last words.

    Raises EngineError without the extra, RunError where no cluster answers, StoppedByUser when it was interrupted.
    """
    ray = _connected(address)
    try:
        shares = shares_for(ray.nodes(), cells, jobs)
        say(f"Ray at {address}: {counted(shares.jobs, 'cell')} at a time, {counted(shares.threads, 'thread')} each")
        task = ray.remote(_task()).options(num_cpus=shares.threads, num_gpus=shares.gpus, max_retries=RETRIES)
        variables = {name: os.environ[name] for name in CARRIED if name in os.environ}

        def start(cell: Cell) -> Any:
            return task.remote(str(cell.folder.root.absolute()), shares.threads, variables)

        def ended(running: Mapping[Any, Cell]) -> list[tuple[Any, str]]:
            done, _ = ray.wait(list(running), num_returns=1, timeout=0.5)
            return [(reference, _error(ray, reference, running[reference].folder)) for reference in done]

        def stop(references: Iterable[Any]) -> None:
            for reference in references:
                ray.cancel(reference)
            ray.wait(list(references), num_returns=len(list(references)), timeout=60)

        return run_queue(cells, shares.jobs, start, ended, stop, say)
    finally:
        ray.shutdown()


def _connected(address: str) -> Any:
    """The module `ray`, connected to a cluster."""
    try:
        import ray  # pyright: ignore[reportMissingImports] - an extra
    except ImportError:
        raise EngineError(
            "--ray needs Ray, which is not installed here: install the extra with pip install 'gansmith[ray]', or use "
            "--jobs on this machine"
        ) from None
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray has many errors for a missing cluster
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise RunError(
            f"no Ray cluster answers at {address} ({words[0][:160]}): start one with `ray start --head`, and see that "
            "RAY_AUTH_MODE and RAY_AUTH_TOKEN are the same on every node and here"
        ) from None
    return ray


def shares_for(nodes: Sequence[dict[str, Any]], cells: Sequence[Cell], jobs: int) -> Shares:
    """Equal shares of the processors, none larger than a node; a GPU each if the cells can use one and there are some."""
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    processors = [int(resources.get("CPU", 0)) for resources in alive]
    jobs = min(jobs or max(1, sum(processors)), len(cells))
    threads = max(1, min(max(processors, default=1), sum(processors) // jobs))
    gpus = sum(resources.get("GPU", 0) for resources in alive)
    usable = any(cell.variant.recipe.device.startswith(("cuda", "auto")) for cell in cells)
    return Shares(jobs, threads, 1.0 if gpus and usable else 0.0)


def _task() -> Callable[[str, int, dict[str, str]], int]:
    """The function that runs on a node. Ray sends it without its module, so it may use nothing around it."""

    def work(root: str, threads: int, variables: dict[str, str], unseen: int = UNSEEN) -> int:
        import os
        import subprocess
        import sys

        if not os.path.isdir(root):
            return unseen
        environment = {**os.environ, **variables, "OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "gansmith.compare.cell", root, str(threads)]
        with open(os.path.join(root, "log.txt"), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
            try:
                return process.wait()
            finally:  # cancelled: the cell saves itself
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                if process.stdin:
                    process.stdin.close()

    return work


def _error(ray: Any, reference: Any, folder: CellFolder) -> str:
    """Why a task failed; "" where it did not."""
    try:
        code = ray.get(reference)
    except ray.exceptions.RayError as error:
        return str(error).strip().splitlines()[0]
    if code == UNSEEN:
        return f"a node does not see {folder.root}: share the folder with every node"
    return last_words(folder) if code else ""
