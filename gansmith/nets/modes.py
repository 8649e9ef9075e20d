"""How a forward pass runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from gansmith.nets.ranks import Ranks


@dataclass(frozen=True)
class Mode:
    """How a forward pass runs.

    training: batch norm uses the batch's statistics and dropout is on. track: batch norm also updates its running
    statistics, spectral norm its singular vectors. running: batch norm uses its running statistics even in training, as
    a Keras layer that is frozen. momentum: the share of this batch in the running statistics, instead of each layer's
    own. dropout_keys: layer index -> key of the mask, while training. first_row: the row of the
    global batch where these rows begin; where x is several blocks of rows, one beside the other, each block's. ranks:
    those whose rows batch norm looks at together; None = these rows are all.
    """

    training: bool = False
    track: bool = False
    running: bool = False
    momentum: float | None = None
    dropout_keys: Mapping[int, int | Tensor] | None = None
    first_row: int | tuple[int, ...] = 0
    ranks: Ranks | None = None


INFERENCE = Mode()
