"""The mode of a forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from gansmith.nets.ranks import Ranks


@dataclass(frozen=True)
class Mode:
    """How a forward pass runs."""

    training: bool = False  # batch norm uses the batch's statistics, and dropout is on
    track: bool = False  # batch norm updates its running statistics, spectral norm its singular vectors
    running: bool = False  # batch norm uses its running statistics in training too, as a frozen Keras layer does
    momentum: float | None = None  # share of this batch in the running statistics, which a pass without masks and noise
    # measures; None: each layer's own
    dropout_keys: Mapping[int, int | Tensor] | None = None  # layer index -> key of its mask; needed in training
    first_row: int | tuple[int, ...] = 0  # index of the first row in the global batch; of several blocks, each one's
    ranks: Ranks | None = None  # processes whose rows batch norm takes together; None: this process has all rows

    @property
    def draws(self) -> bool:
        """Whether dropout, noise and shifts are on."""
        return self.training and self.momentum is None


INFERENCE = Mode()
