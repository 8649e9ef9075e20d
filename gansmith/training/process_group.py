"""The processes of one training: a single one, or the ranks of `distributed`. Rank 0 runs the watchers and decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from gansmith.training.events import Outcome

if TYPE_CHECKING:  # their modules import torch and safetensors
    from gansmith.nets.ranks import Ranks
    from gansmith.training.checkpoint import Checkpoint

T = TypeVar("T")


class ProcessGroup:
    """What a training needs of its processes. This class is a single process; `Distributed` overrides all of it."""

    rank: int = 0  # of this process
    size: int = 1
    ranks: Ranks | None = None  # over which a game averages gradients and statistics; None for a single process

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0, which writes the run's folder, runs the watchers and prints."""
        return self.rank == 0

    def device(self, name: str) -> str:
        """The device of this process; `name` may be only a kind of device. Raises DeviceError."""
        return name

    def sync_clock(self, seconds: float, stopping: bool) -> tuple[float, bool]:
        """The seconds of rank 0, and whether any process is to stop."""
        return seconds, stopping

    def broadcast_outcome(self, work: Callable[[], Outcome | None]) -> Outcome | None:
        """The outcome that `work` returns on rank 0, on every rank. An error on rank 0 is raised on every rank."""
        return work()

    def broadcast(self, work: Callable[[], Any]) -> Any:
        """What `work` returns on rank 0 (JSON-able), on every rank. An error on rank 0 is raised on every rank."""
        return work()

    def run_on_all(self, work: Callable[[], T]) -> T:
        """What `work` returns on this rank, once every rank has run it. An error on one is raised on every rank."""
        return work()

    def broadcast_checkpoint(self, saved: Checkpoint | None) -> Checkpoint | None:
        """The checkpoint of rank 0, on every rank."""
        return saved


SINGLE_PROCESS = ProcessGroup()
