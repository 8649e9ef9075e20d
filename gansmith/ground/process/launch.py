"""How this process was started: alone, or as one rank of several, by `torchrun` or a similar launcher.

Launchers set environment variables: RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE; torchrun also sets
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
    restarts: int = 0  # how often the launcher has started all processes again, after one of them died
    job: str = ""  # stays the same after a restart; "" if the launcher never restarts

    @property
    def first(self) -> bool:
        """Whether this process writes and prints."""
        return self.rank == 0

    @property
    def several(self) -> bool:
        """Whether there are other processes."""
        return self.size > 1


def launched(environment: Mapping[str, str] = os.environ) -> Launch:
    """What the launcher says about this process. Raises RunError if the variables contradict each other."""
    try:
        size, rank = int(environment.get("WORLD_SIZE", 1)), int(environment.get("RANK", 0))
        local_rank = int(environment.get("LOCAL_RANK", 0))
        local_size = int(environment.get("LOCAL_WORLD_SIZE", 1))
        restarts = int(environment.get("TORCHELASTIC_RESTART_COUNT", 0))
    except ValueError as error:
        given = str(error).rpartition(": ")[2]
        raise RunError(f"RANK, WORLD_SIZE and so on must be whole numbers, not {given}: start with torchrun") from None
    if size == 1:
        rank = local_rank = 0
    if not 0 <= rank < size or local_rank < 0:
        raise RunError(f"RANK = {rank} is not one of WORLD_SIZE = {size}: start the ranks with torchrun")
    job = environment.get("TORCHELASTIC_RUN_ID")
    if job in ("", "none"):  # the launcher's own process lives longer than those that it starts
        job = f"process {os.getppid()}"
    return Launch(rank, size, local_rank, local_size, restarts, job or "")
