"""What the loop tells its watchers, what they may ask of it, and how it began and ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from gansmith.ground.game import Game
from gansmith.training.schedules import Clock


@dataclass(frozen=True)
class Moment:
    """What a watcher sees after an update (or before the first: update = 0, no row)."""

    game: Game
    clock: Clock
    update: int
    seconds: float  # of the loop with its watchers, over all sittings of the run
    row: dict[str, Any] | None = None  # a row of stats, where one was due
    last: bool = False  # nothing comes after this

    @property
    def images_seen(self) -> int:
        """Real items given to the discriminator so far."""
        return self.clock.images(self.update)


@dataclass(frozen=True)
class Wish:
    """What a watcher may ask of the loop."""

    kind: Literal["stop", "save", "rollback"]
    reason: str
    change: dict[str, Any] = field(default_factory=dict)  # rollback: settings to change, by dotted name
    before: int | None = None  # rollback: to a checkpoint older than this update; None = to the newest


class Watcher(Protocol):
    """Sees every update, and may wish for something. It cannot disturb the training: draws are stateless."""

    def after(self, moment: Moment) -> Wish | None:
        """Called before the first update and after each one; after one at which somebody wished to stop, once more,
        with `last` set and without the row."""
        ...


@dataclass(frozen=True)
class Start:
    """Where the loop begins: nowhere, or at a checkpoint."""

    update: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How the loop ended."""

    ended: Literal["finished", "stopped", "interrupted", "rollback", "short"]  # "short": of memory
    update: int
    seconds: float
    reason: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    before: int | None = None  # rollback: as in the wish
