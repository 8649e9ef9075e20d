"""Those who play a game together: one process, or the ranks of `distributed`. One of them, the first, looks and decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from gansmith.nets.ranks import Ranks
    from gansmith.training.checkpoint import Checkpoint
    from gansmith.training.events import Outcome

T = TypeVar("T")


class Company(Protocol):
    """What a training asks of those who play it."""

    rank: int  # of this one, from 0
    size: int

    @property
    def first(self) -> bool:
        """Whether this one writes the run's folder, looks at the watchers and speaks."""
        ...

    @property
    def ranks(self) -> Ranks | None:
        """Those whose gradients and statistics a game joins; None where there is nobody else."""
        ...

    def device(self, name: str) -> str:
        """This one's own device, where a recipe names a kind of device."""
        ...

    def agree(self, seconds: float, stopping: bool) -> tuple[float, bool]:
        """The clock that counts, and whether anyone was asked to stop."""
        ...

    def decide(self, look: Callable[[], Outcome | None]) -> Outcome | None:
        """What came of the first one's look at an update; how that fails is how all fail."""
        ...

    def from_first(self, work: Callable[[], Any]) -> Any:
        """What `work` gives the first one, for all; it is JSON-able. An error there is an error everywhere."""
        ...

    def all_fine(self, work: Callable[[], T]) -> T:
        """What `work` gives this one, once all have done it; an error of one is an error of all."""
        ...

    def give(self, saved: Checkpoint | None) -> Checkpoint | None:
        """The first one's checkpoint, for all."""
        ...


class Alone:
    """The company of nobody."""

    rank, size, first, ranks = 0, 1, True, None

    def device(self, name: str) -> str:
        """The device as it is."""
        return name

    def agree(self, seconds: float, stopping: bool) -> tuple[float, bool]:
        """One's own clock and ears."""
        return seconds, stopping

    def decide(self, look: Callable[[], Outcome | None]) -> Outcome | None:
        """One's own look."""
        return look()

    def from_first(self, work: Callable[[], Any]) -> Any:
        """One's own work."""
        return work()

    def all_fine(self, work: Callable[[], T]) -> T:
        """One's own work."""
        return work()

    def give(self, saved: Checkpoint | None) -> Checkpoint | None:
        """One's own checkpoint."""
        return saved


ALONE = Alone()
