"""How this process was started: alone, or by `torchrun` (or a like launcher) as one rank of several.

Launchers tell by environment variables: RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, and torchrun also
TORCHELASTIC_RESTART_COUNT and TORCHELASTIC_RUN_ID.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gansmith.ground.errors import RunError


@dataclass(frozen=True)
class Launch:
    """Which process this is among those that were started together."""

    rank: int = 0  # counts from 0 over all machines
    size: int = 1  # processes over all machines
    local_rank: int = 0  # counts from 0 on this machine
    local_size: int = 1  # processes on this machine
    restarts: int = 0  # how often the launcher has started them all again, after one of them died
    job: str = ""  # what stays the same over restarts; "" where no launcher restarts

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    @property
    def several(self) -> bool:
        """Whether there are others."""
        return self.size > 1


def launched(environment: Mapping[str, str] = os.environ) -> Launch:
    """What the launcher told this process. Raises RunError where that makes no sense."""
    try:
        size, rank = int(environment.get("WORLD_SIZE", 1)), int(environment.get("RANK", 0))
        local_rank = int(environment.get("LOCAL_RANK", 0))
        local_size = int(environment.get("LOCAL_WORLD_SIZE", 1))
        restarts = int(environment.get("TORCHELASTIC_RESTART_COUNT", 0))
    except ValueError as error:
        raise RunError(
            f"RANK, WORLD_SIZE and their like must be whole numbers ({error}): start with torchrun"
        ) from None
    if size == 1:
        rank = local_rank = 0
    if not 0 <= rank < size or local_rank < 0:
        raise RunError(f"RANK = {rank} is not one of WORLD_SIZE = {size}: start the ranks with torchrun")
    return Launch(rank, size, local_rank, local_size, restarts, _job(environment))


def _job(environment: Mapping[str, str]) -> str:
    """The launcher's name for what it started; without one, the number of its process, which outlives its workers."""
    if "TORCHELASTIC_RUN_ID" not in environment:
        return ""
    name = environment["TORCHELASTIC_RUN_ID"]
    return f"process {os.getppid()}" if name in ("", "none") else name
