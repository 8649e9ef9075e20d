"""How a forward pass runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """How a forward pass runs.

    training: batch norm uses the batch's statistics and dropout is on. track: batch norm also updates its running
    statistics, spectral norm its singular vectors. running: batch norm uses its running statistics even in training, as
    a Keras layer that is frozen. momentum: the share of this batch in the running statistics, instead of each layer's
    own. dropout_keys: layer index -> key of the mask, while training.
    """

    training: bool = False
    track: bool = False
    running: bool = False
    momentum: float | None = None
    dropout_keys: Mapping[int, int] | None = None
    first_row: int = 0  # this rank's first row in the global batch


INFERENCE = Mode()
