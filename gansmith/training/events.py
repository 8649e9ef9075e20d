"""What the loop and its watchers tell each other, and how the loop begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from gansmith.ground.game import Game
from gansmith.training.schedules import Clock


@dataclass(frozen=True)
class UpdateEvent:
    """What a watcher gets after an update. Before the first one it gets update = 0, without a row."""

    game: Game
    clock: Clock
    update: int
    seconds: float  # of the loop and its watchers, from the start of the run
    row: dict[str, Any] | None = None  # a row of stats.jsonl, if one is due
    last: bool = False  # no update follows

    @property
    def images_seen(self) -> int:
        """Real items given to the discriminator so far."""
        return self.clock.images(self.update)


@dataclass(frozen=True)
class Request:
    """What a watcher requests from the loop."""

    kind: Literal["stop", "save", "rollback"]
    reason: str
    change: dict[str, Any] = field(default_factory=dict)  # rollback: settings to change, by dotted name
    before: int | None = None  # rollback: to a checkpoint older than this update; None = to the newest


class Watcher(Protocol):
    """Is called after every update, and may request something. Random draws are stateless: it cannot disturb them."""

    def after(self, event: UpdateEvent) -> Request | None:
        """Called before the first update and after each one. After an update at which a watcher requested a stop, it is
        called once more, with `last` set and without the row."""
        ...


@dataclass(frozen=True)
class Start:
    """Where the loop begins: at update 0, or at a checkpoint."""

    update: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How the loop ended."""

    ended: Literal["finished", "stopped", "interrupted", "rollback", "out of memory"]
    update: int
    seconds: float
    reason: str = ""
    change: dict[str, Any] = field(default_factory=dict)  # rollback: as in the request
    before: int | None = None  # rollback: as in the request
