"""All that an update draws, as one struct: latents, labels, real items, targets, augmentation, penalties, dropout keys.

`Inputs.draw` draws it on the host before anything is computed, every number from its own stateless stream; `to_device`
makes tensors of it. The struct is the only way from the host to a step: a CUDA graph is played again by copying another
update's numbers into it.

What is drawn is drawn for the global batch; a process takes its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.draws import Pass
from gansmith.losses import Targets

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

    items: Array  # as they are stored (B, ...); or where they lie on the device, int64 (B,)
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
    chances: Mapping[Pass, Array] = field(default_factory=dict)  # of augmentation, (B, numbers), by pass
    dropout: Mapping[Pass, Mapping[int, Number]] = field(default_factory=dict)  # the discriminator's, by pass and layer
    steps: Mapping[Pass, Array] = field(default_factory=dict)  # N(0, 1) (B, ...): directions of a penalty
    shares: Array | None = None  # (B,) in [0, 1): points of a penalty between real and generated items
    penalty_due: bool = False
    measured: bool = False  # gradients and steps are measured in this turn
    adapts: bool = False  # adaptive augmentation changes its probability after this turn
    used_again: bool = False  # the generator's first turn has the same latents: its items are those of this turn
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
    ema_share: Number  # and what it takes of the generator: 1 - ema_decay


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
    """Drawn inputs as tensors on the device, and numbers as Python numbers."""
    return map_leaves(inputs, lambda leaf: leaf.item() if isinstance(leaf, np.generic) else send(leaf, device))


def send(array: np.ndarray, device: torch.device) -> Tensor:
    """An array on the device. Nobody waits: it goes to a GPU from pinned memory, which torch's allocator keeps until
    the copy has been made."""
    tensor = torch.as_tensor(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=device.type == "cuda")
