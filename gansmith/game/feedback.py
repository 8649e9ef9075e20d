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
class Rows:
    """Rows [first, first + count) of a global batch of `of`."""

    first: int
    count: int
    of: int

    def take(self, drawn: np.ndarray) -> np.ndarray:
        """These rows of what was drawn for the global batch."""
        return drawn[self.first : self.first + self.count]

    def part(self, portion: slice) -> Rows:
        """Some of these rows."""
        return Rows(self.first + portion.start, portion.stop - portion.start, self.of)


@dataclass(frozen=True)
class Items:
    """Items (B, ...) as a player sees them, and their labels (B,). Generated ones carry their graph where a
    generator's turn will use it."""

    pixels: Tensor
    labels: Tensor | None
    rows: Rows | None = None  # None: these are the whole batch

    @property
    def where(self) -> Rows:
        """The rows that these are."""
        return self.rows or Rows(0, len(self.pixels), len(self.pixels))


@dataclass(frozen=True)
class Later:
    """Items that are made when they are wanted, some rows at a time: make(rows, graph)."""

    make: Callable[[slice, bool], Items]
    count: int
    labels: Tensor | None  # of all of them, where they were given


Batch = Items | Later


class Table(Protocol):
    """What a feedback may do; `turns.Turns` is the one that computes."""

    recipe: Recipe

    def reals(self, rows: np.ndarray, now: Now, turn: int) -> Batch:
        """Real items at `rows` (B,), augmented."""
        ...

    def generate(self, now: Now, turn: int, count: int, *, graph: bool, labels: Tensor | None = None) -> Batch:
        """The generator's items at a turn, in training mode, of the classes that are drawn or given."""
        ...

    def judge(
        self, reals: Batch, fakes: Batch, now: Now, turn: int, *, together: bool = False, frozen: bool = False
    ) -> None:
        """The discriminator's turn: one step towards telling reals from (detached) fakes."""
        ...

    def advise(self, fakes: Batch, now: Now, turn: int, reals: Batch | None = None, *, running: bool = False) -> None:
        """The generator's turn: one step towards a better verdict, the discriminator frozen."""
        ...

    def collude(self, fakes: Batch, now: Now, turn: int) -> None:
        """The generator's turn with a discriminator that is not frozen, and moves along."""
        ...

    def move_at_once(self, reals: Batch, fakes: Batch, now: Now, turns: tuple[int, int]) -> None:
        """Both turns from one forward pass."""
        ...

    def quote(self, fakes: Batch, now: Now, turn: int) -> None:
        """The generator's turn with the verdict as a number."""
        ...

    def regress(self, reals: Batch, fakes: Batch, now: Now) -> None:
        """The generator's turn towards real items, without a verdict."""
        ...


def alternating(table: Table, indices: np.ndarray, now: Now) -> None:
    """Discriminator turns, then generator turns against the discriminator as it is by then.

    Passes of D: two a discriminator turn (real, fake; one over both where its plan has neither batch norm nor dropout),
    one a generator turn, and one more on the last real items for losses that compare. Batch statistics: each pass its
    own; D's running statistics move in its own turns only. Frozen in the generator's turn: D's weights, running
    statistics and power iteration. With the same latents, the last discriminator turn's items serve the first generator
    turn.
    """
    same, fakes, reals = table.recipe.feedback.latents == "same", None, None
    for turn, rows in enumerate(indices):
        last = turn == len(indices) - 1
        fakes = table.generate(now, turn, len(rows), graph=same and last)
        reals = table.reals(rows, now, turn)
        table.judge(reals, fakes, now, turn)
    for index in range(table.recipe.feedback.generator_turns):
        turn = generator_turn(table.recipe, index)
        if fakes is None or not same or index > 0:
            fakes = table.generate(now, turn, indices.shape[1], graph=True)
        table.advise(fakes, now, turn, reals)


def joint(table: Table, indices: np.ndarray, now: Now) -> None:
    """Both players move at once, each down its own gradient at the weights as they were: the gradient tape of the
    TensorFlow DCGAN tutorial (article 000's feedback 1, article 004).

    Passes of D: two an update (real, fake); both gradients come from them. Batch statistics: each pass its own; D's
    running statistics move in both. Frozen: nothing needs to be, as each player's gradient is taken with respect to its
    own weights, before either steps.
    """
    fakes = table.generate(now, 0, indices.shape[1], graph=True)
    table.move_at_once(table.reals(indices[0], now, 0), fakes, now, (0, generator_turn(table.recipe, 0)))


def stacked(table: Table, indices: np.ndarray, now: Now) -> None:
    """A combined model, G and then a frozen D, is trained towards "real" (article 000's feedback 2, article 001).

    Passes of D: one a discriminator turn, over real and fake items as one batch of 2B; one a generator turn.
    Batch statistics: of the mixed batch in D's turn; in the generator's turn a frozen D uses its running statistics, as
    a frozen Keras layer does. Frozen in the generator's turn: D's weights, running statistics and power iteration.

    Two classic mistakes can be asked for in recipe.faults. "never-frozen": the combined model's own optimiser moves D
    too, towards calling fakes real, and D's batch statistics with it. "never-trained": D was frozen before it was
    compiled, so its own turn moves nothing either.
    """
    same, faults, fakes = table.recipe.feedback.latents == "same", table.recipe.faults, None
    for turn, rows in enumerate(indices):
        last = turn == len(indices) - 1
        fakes = table.generate(now, turn, len(rows), graph=same and last)
        reals = table.reals(rows, now, turn)
        table.judge(reals, fakes, now, turn, together=True, frozen="never-trained" in faults)
    for index in range(table.recipe.feedback.generator_turns):
        turn = generator_turn(table.recipe, index)
        if fakes is None or not same or index > 0:
            fakes = table.generate(now, turn, indices.shape[1], graph=True)
        if "never-frozen" in faults:
            table.collude(fakes, now, turn)
        else:
            table.advise(fakes, now, turn, running=True)


def labels(table: Table, indices: np.ndarray, now: Now) -> None:
    """Supervised learning instead of a gradient through D (article 000's feedback 3). It cannot work, in two ways.

    feedback.labels = "verdict": D's verdict is handed on as a number, and a number has no slope: G's gradient is
    exactly 0. "regression": G is fitted to the real items of its batch; not knowing which, it answers with their mean.

    Passes of D: one a discriminator turn, over real and fake items as one batch of 2B; one a generator turn with
    "verdict", none with "regression". Batch statistics: of the mixed batch in D's turn; the fakes' own, not remembered,
    in the generator's. Frozen in the generator's turn: all of D.
    """
    feedback, reals = table.recipe.feedback, None
    for turn, rows in enumerate(indices):
        reals = table.reals(rows, now, turn)
        table.judge(reals, table.generate(now, turn, len(rows), graph=False), now, turn, together=True)
    for index in range(feedback.generator_turns):
        turn = generator_turn(table.recipe, index)
        if feedback.labels == "regression" and reals is not None:
            fakes = table.generate(now, turn, indices.shape[1], graph=True, labels=reals.labels)
            table.regress(reals, fakes, now)
        else:
            table.quote(table.generate(now, turn, indices.shape[1], graph=False), now, turn)


FEEDBACKS: dict[FeedbackName, Callable[[Table, np.ndarray, Now], None]] = {
    "alternating": alternating,
    "joint": joint,
    "stacked": stacked,
    "labels": labels,
}
