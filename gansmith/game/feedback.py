"""How the discriminator's verdict reaches the generator. Each feedback plays one update on a table.

Siblings share a signature: feedback(table, indices, now); indices int64 (discriminator turns, batch).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from gansmith.ground.draws import generator_turn
from gansmith.ground.game import Now
from gansmith.ground.settings import FeedbackName, Recipe


@dataclass(frozen=True)
class Items:
    """Items (B, ...) as a player sees them, and their labels (B,). Generated ones carry their graph where a
    generator's turn will use it."""

    pixels: Tensor
    labels: Tensor | None


class Table(Protocol):
    """What a feedback may do; `torch_game.TorchGame` is the one that computes."""

    recipe: Recipe

    def reals(self, rows: np.ndarray, now: Now, turn: int) -> Items:
        """Real items at `rows` (B,), augmented."""
        ...

    def generate(self, now: Now, turn: int, count: int, *, graph: bool) -> Items:
        """The generator's items at a turn, in training mode."""
        ...

    def judge(self, reals: Items, fakes: Items, now: Now, turn: int) -> None:
        """The discriminator's turn: one step towards telling reals from (detached) fakes."""
        ...

    def advise(self, fakes: Items, now: Now, turn: int) -> None:
        """The generator's turn: one step towards a better verdict, the discriminator frozen."""
        ...


def alternating(table: Table, indices: np.ndarray, now: Now) -> None:
    """Discriminator turns, then generator turns against the discriminator as it is by then.

    Passes of D: two a discriminator turn (real, fake), one a generator turn. Batch statistics: each pass its own;
    D's running statistics move in its own turns only. Frozen in the generator's turn: D's weights, running statistics
    and power iteration. With the same latents, the last discriminator turn's items serve the first generator turn.
    """
    feedback, fakes = table.recipe.feedback, None
    same = feedback.latents == "same"
    for turn, rows in enumerate(indices):
        last = turn == len(indices) - 1
        fakes = table.generate(now, turn, len(rows), graph=same and last)
        table.judge(table.reals(rows, now, turn), fakes, now, turn)
    for index in range(feedback.generator_turns):
        turn = generator_turn(table.recipe, index)
        if fakes is None or not same or index > 0:
            fakes = table.generate(now, turn, indices.shape[1], graph=True)
        table.advise(fakes, now, turn)


FEEDBACKS: dict[FeedbackName, Callable[[Table, np.ndarray, Now], None]] = {
    "alternating": alternating,
}
