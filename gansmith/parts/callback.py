"""A callback: told how a training goes, and asked nothing; it may stop it, save it, send it back, or note something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Wish:
    """What a callback asks for."""

    kind: str  # "stop", "save", "roll back"
    reason: str
    change: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """A training at one moment, as a callback sees it."""

    update: int  # updates so far; 0 before the first
    images_seen: int  # real items given to the discriminator so far
    seconds: float  # of training so far
    numbers: Mapping[
        str, float
    ]  # of the row of statistics that was just written, as stats.jsonl has them; {} without one
    sample: Callable[..., np.ndarray]
    """sample(count, seed=0, labels=None): items of the averaged generator, pictures uint8 (count, H, W, C) or vectors
    (count, D). The seed, and the labels int64 (count,), mean what they mean to `Generator.sample`."""
    note: Callable[[str, float | None], None] = field(repr=False)  # writes a line of log.jsonl
    wishes: list[Wish] = field(default_factory=list)

    def stop(self, reason: str) -> None:
        """End the training after this update: it is saved, and says why. `gansmith resume` goes on."""
        self.wishes.append(Wish("stop", reason))

    def save(self, reason: str = "a callback asked for it") -> None:
        """Write a checkpoint after this update."""
        self.wishes.append(Wish("save", reason))

    def roll_back(self, reason: str, change: Mapping[str, Any]) -> None:
        """Go back to the newest checkpoint with some settings changed, {"optimizer.generator.rate": 1e-4}. A run does so at
        most three times; asked once more, it stops."""
        self.wishes.append(Wish("roll back", reason, change))

    def log(self, what: str, value: float | None = None) -> None:
        """Write a line of text, or a number under a name, to the run's log.jsonl. Text is said aloud too."""
        self.note(what, value)


class Callback:
    """Override what you need. Each method gets a `Moment`. Over several processes only the first one calls it.

    What a callback draws from global generators does not disturb the training, whose draws are stateless.
    """

    def before_first(self, moment: Moment) -> None:
        """Before the first update: of a new run, or where one goes on that was resumed or rolled back. What is asked for here
        is done after that update."""

    def after_update(self, moment: Moment) -> None:
        """After each update. `moment.numbers` is empty: statistics are read every `watch.stats_every` updates only."""

    def at_row(self, moment: Moment) -> None:
        """After an update whose row of statistics was written; `moment.numbers` holds it."""

    def at_end(self, moment: Moment) -> None:
        """After the last update, however the training ended; not where an error ended it, or a roll-back."""

    @property
    def is_heard(self) -> bool:
        """Whether any of the methods is the user's."""
        methods = ("before_first", "after_update", "at_row", "at_end")
        return any(getattr(type(self), name) is not getattr(Callback, name) for name in methods)
