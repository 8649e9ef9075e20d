"""All inputs of an update, as one struct: latents, labels, real items, targets, augmentation, penalties, dropout keys, and
the learning rates.

`Drawing.draw` draws it on the host before anything is computed, every number from its own stateless stream; `to_device`
makes tensors of it. The struct is the only way from the host to a step: a CUDA graph is played again by copying another
update's numbers into it.

What is drawn is drawn for the global batch; a process takes its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from gansmith.game.augment import ADAPT_EVERY, AUGMENTS
from gansmith.game.inputs.items import Items
from gansmith.ground import draws
from gansmith.ground.draws import Pass
from gansmith.ground.game import StepContext
from gansmith.ground.penalties import WHERE, due
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import Loss, Targets

HARD = Targets()
T = TypeVar("T")
Array = Any
"""A leaf of the struct: drawn as an np.ndarray, computed with as a Tensor."""
Number = Any
"""A number that differs from update to update: drawn as a NumPy scalar; a Python number, or a tensor () in a graph."""


@dataclass(frozen=True)
class Rows:
    """Rows [first, first + count) of a global batch of `of`."""

    first: int
    count: int
    of: int

    def take(self, drawn: np.ndarray) -> np.ndarray:
        """These rows of what was drawn for the global batch."""
        return drawn[self.first : self.first + self.count]


@dataclass(frozen=True)
class GeneratorInputs:
    """What the generator makes items from."""

    z: Array  # latents (B, latent.dim)
    labels: Array | None  # int64 (B,)
    dropout: Mapping[int, Number] = field(default_factory=dict)  # keys of the masks, by layer


@dataclass(frozen=True)
class RealInputs:
    """Which real items are seen, and how."""

    items: Array  # as they are stored (B, ...); their indices, int64 (B,), where all items are on the device: `Items.gather`
    labels: Array | None  # int64 (B,)
    corners: Array | None = None  # where random windows begin, int64 (B, 2)
    mirrored: Array | None = None  # which are mirrored, bool (B,)


@dataclass(frozen=True)
class TurnInputs:
    """What one player's turn in an update is computed from. B rows of a process, or of a micro-batch."""

    rows: Rows
    latents: GeneratorInputs
    rates: Mapping[str, Number]  # learning rate, by player
    real: RealInputs | None = None
    targets: Targets = HARD
    chances: Mapping[Pass, Any] = field(
        default_factory=dict
    )  # of augmentation, (B, numbers), by pass; own ones: a seed
    dropout: Mapping[Pass, Mapping[int, Number]] = field(default_factory=dict)  # the discriminator's, by pass and layer
    directions: Mapping[Pass, Array] = field(default_factory=dict)  # N(0, 1) (B, ...): in which a penalty looks
    shares: Array | None = None  # (B,) in [0, 1): points of a penalty between real and generated items
    penalty_due: bool = False
    penalty_seed: Number = 0  # of what a regularizer of the user's own draws
    measure: bool = False  # the lengths of gradients and steps are wanted
    adapts: bool = False  # adaptive augmentation changes its probability after this turn
    reused_by_generator: bool = (
        False  # the generator's first turn has the same latents: its items are those of this turn
    )
    fake: Tensor | None = None  # generated items (B, ...) that exist already

    def labels(self, which: Pass) -> Tensor | None:
        """The labels (B,) of the items in a pass of the discriminator."""
        return self.real_labels if which == "real" else self.latents.labels

    @property
    def real_labels(self) -> Tensor | None:
        """The labels (B,) of the real items."""
        return None if self.real is None else self.real.labels

    def micro_batches(self, size: int) -> list[TurnInputs]:
        """The turn in parts of `size` rows; 0 = as it is."""
        if not size or size >= self.rows.count:
            return [self]
        return [self._part(start, size) for start in range(0, self.rows.count, size)]

    def _part(self, start: int, size: int) -> TurnInputs:
        rows = Rows(self.rows.first + start, size, self.rows.of)
        part = map_leaves(self, lambda leaf: leaf[start : start + size] if np.ndim(leaf) else leaf)
        return replace(part, rows=rows)


@dataclass(frozen=True)
class UpdateInputs:
    """What one update is computed from."""

    discriminator_turns: tuple[TurnInputs, ...]
    generator_turns: tuple[TurnInputs, ...]
    ema_decay: float  # the share that the averaged generator keeps
    ema_weight: Number  # and what it takes of the generator: 1 - ema_decay


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def map_leaves(struct: T, leaf: Callable[[Any], Any]) -> T:
    """The same struct (dataclasses, mappings and tuples) with leaf(x) for every array, tensor and drawn number x."""
    each: Any = struct
    if isinstance(each, np.ndarray | np.generic | Tensor):
        return leaf(each)
    if isinstance(each, Mapping):
        return {key: map_leaves(value, leaf) for key, value in each.items()}  # pyright: ignore[reportReturnType]
    if isinstance(each, tuple):
        return tuple(map_leaves(value, leaf) for value in each)  # pyright: ignore[reportReturnType]
    if is_dataclass(each):
        kind: Any = type(each)
        return kind(**{name: map_leaves(getattr(each, name), leaf) for name in _names(kind)})
    return each


def to_device(inputs: UpdateInputs, device: torch.device) -> UpdateInputs:
    """Drawn inputs as tensors on the device, and numbers as Python numbers. What two turns share is sent once."""
    sent: dict[int, Tensor] = {}

    def leaf(drawn: np.ndarray | np.generic) -> Any:
        if isinstance(drawn, np.generic):
            return drawn.item()
        if id(drawn) not in sent:
            sent[id(drawn)] = send(drawn, device)
        return sent[id(drawn)]

    return map_leaves(inputs, leaf)


def send(array: np.ndarray, device: torch.device) -> Tensor:
    """An array on the device. Nobody waits: it goes to a GPU from pinned memory, which torch's allocator keeps until
    the copy has been made."""
    tensor = torch.as_tensor(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=device.type == "cuda")


class Drawing:
    """Draws the inputs of one update after another.

    Everything is a function of the recipe, the update and the turn; no state of a random number generator is kept. rank,
    size: of the processes that share each batch. dropouts: the layers of each player whose masks need a key.
    """

    def __init__(
        self,
        recipe: Recipe,
        loss: Loss,
        items: Items,
        classes: int,
        dropouts: tuple[Sequence[int], Sequence[int]],
        rank: int,
        size: int,
        dtype: np.dtype,
    ) -> None:
        self.recipe, self.items, self.classes = recipe, items, classes
        self.rank, self.size, self.dtype = rank, size, dtype
        self.in_generator, self.in_discriminator = dropouts
        self.loss, self.augmentation = loss, AUGMENTS[recipe.augment.name]

    def draw(self, indices: np.ndarray, context: StepContext, turns_before: int) -> UpdateInputs:
        """The inputs of an update, as NumPy arrays and numbers.

        indices: int64 (discriminator turns, B), this process's real items. turns_before: discriminator turns in all
        updates before this one.
        """
        feedback = self.recipe.feedback
        every = [
            self._discriminator_turn(rows, context, turn, turns_before + turn) for turn, rows in enumerate(indices)
        ]
        if feedback.latents == "same" and feedback.name in ("alternating", "stacked"):
            every[-1] = replace(every[-1], reused_by_generator=True)
        generator_turns = [self._generator_turn(every[-1], context, index) for index in range(feedback.generator_turns)]
        if feedback.name == "joint":  # one turn for both players
            targets = replace(every[0].targets, generator=generator_turns[0].targets.generator)
            every[0] = replace(every[0], targets=targets)
        return UpdateInputs(tuple(every), tuple(generator_turns), context.ema_decay, np.float64(1 - context.ema_decay))

    def _discriminator_turn(self, indices: np.ndarray, context: StepContext, turn: int, number: int) -> TurnInputs:
        rows = Rows(self.rank * len(indices), len(indices), self.size * len(indices))
        penalty_due = due(self.recipe.regularizer, number)
        at = WHERE[self.recipe.regularizer.name] if penalty_due else ()
        by_steps = self.recipe.regularizer.sigma > 0
        shape = (rows.of, *self.items.shape)
        return TurnInputs(
            rows=rows,
            latents=self._latents(context, turn, rows),
            rates=self._rates(context),
            real=self._real(indices, context, turn, rows),
            targets=self._targets(context, turn, rows, ("real", "fake")),
            chances=self._chances(context, turn, rows, ("real", "fake")),
            dropout=self._dropout(context, turn, ("real", "fake")),
            directions={
                where: self._floats(rows.take(draws.directions(self.recipe, context.update, turn, where, shape)))
                for where in at
                if by_steps and where != "between"
            },
            shares=self._floats(rows.take(draws.shares(self.recipe, context.update, turn, rows.of)))
            if "between" in at
            else None,
            penalty_due=penalty_due,
            penalty_seed=np.int64(draws.penalty_seed(self.recipe, context.update, turn))
            if penalty_due and self.recipe.regularizer.name == "own"
            else 0,
            measure=context.measure,
            adapts=self.augmentation.adapts and (number + 1) % ADAPT_EVERY == 0,
        )

    def _generator_turn(self, before: TurnInputs, context: StepContext, index: int) -> TurnInputs:
        """before: the discriminator's last turn."""
        recipe, rows, turn = self.recipe, before.rows, draws.generator_turn(self.recipe, index)
        regression = recipe.feedback.name == "labels" and recipe.feedback.labels == "regression"
        passes: tuple[Pass, ...] = ("real", "fake") if self.loss.paired else ("fake",)
        same = recipe.feedback.latents == "same" and index == 0 and recipe.feedback.name != "labels"
        latents = before.latents if same else self._latents(context, turn, rows)
        if regression:
            latents = replace(latents, labels=before.real_labels)
        return TurnInputs(
            rows=rows,
            latents=latents,
            rates=before.rates,
            real=before.real if self.loss.paired or regression else None,
            targets=self._targets(context, turn, rows, ("generator",)),
            chances=self._chances(context, turn, rows, passes),
            dropout=self._dropout(context, turn, passes),
            measure=context.measure,
        )

    # ---- the parts of a turn

    def _latents(self, context: StepContext, turn: int, rows: Rows) -> GeneratorInputs:
        recipe = self.recipe
        z = self._floats(rows.take(draws.latents(recipe, context.update, turn, rows.of)))
        labels = draws.labels(recipe, context.update, turn, rows.of, self.classes, self.items.labels)
        keys = self._keys(context, turn, "generator", self.in_generator)
        return GeneratorInputs(z, None if labels is None else rows.take(labels), keys)

    def _real(self, indices: np.ndarray, context: StepContext, turn: int, rows: Rows) -> RealInputs:
        items, spare = self.items, self.items.spare
        corners = draws.corners(self.recipe, context.update, turn, rows.of, spare) if any(spare) else None
        mirrored = draws.mirrored(self.recipe, context.update, turn, rows.of) if self.augmentation.mirror else None
        return RealInputs(
            items=items.gather(indices),
            labels=None if items.labels is None else items.labels[indices],
            corners=None if corners is None else rows.take(corners),
            mirrored=None if mirrored is None else rows.take(mirrored),
        )

    def _targets(self, context: StepContext, turn: int, rows: Rows, passes: Sequence[Pass]) -> Targets:
        """Numbers, or arrays (B,) where they are drawn."""
        if not self.loss.takes_targets:
            return Targets()
        targets: dict[str, Any] = {}
        for who in passes:
            drawn = draws.targets(self.recipe, who, context.update, turn, rows.of)
            targets[who] = rows.take(drawn) if isinstance(drawn, np.ndarray) else drawn
        return Targets(**targets)

    def _chances(self, context: StepContext, turn: int, rows: Rows, passes: Sequence[Pass]) -> Mapping[Pass, Any]:
        if self.augmentation.own:
            return {which: np.int64(draws.view_seed(self.recipe, context.update, turn, which)) for which in passes}
        if not self.augmentation.operates:
            return {}
        chances: dict[Pass, np.ndarray] = {}
        for which in passes:
            chances[which] = self._floats(rows.take(draws.chances(self.recipe, context.update, turn, which, rows.of)))
        return chances

    def _dropout(
        self, context: StepContext, turn: int, passes: Sequence[Pass]
    ) -> Mapping[Pass, Mapping[int, np.int32]]:
        if not self.in_discriminator:
            return {}
        keys: dict[Pass, Mapping[int, np.int32]] = {}
        for which in passes:
            keys[which] = self._keys(context, turn, which, self.in_discriminator)
        return keys

    def _keys(self, context: StepContext, turn: int, which: Pass, layers: Sequence[int]) -> dict[int, np.int32]:
        return {n: np.int32(draws.dropout_key(self.recipe, context.update, turn, which, n)) for n in layers}

    def _rates(self, context: StepContext) -> dict[str, np.float64]:
        return {
            "generator": np.float64(context.generator_rate),
            "discriminator": np.float64(context.discriminator_rate),
        }

    def _floats(self, drawn: np.ndarray) -> np.ndarray:
        """In the type that the networks compute in."""
        return drawn.astype(self.dtype, copy=False)
