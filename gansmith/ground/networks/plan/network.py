"""The plan of one player's network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gansmith.ground.networks.plan.each_place import Norm
from gansmith.ground.networks.plan.layer import Layer, Shape, leaves, shape_through

Player = Literal["generator", "discriminator"]


@dataclass(frozen=True)
class Plan:
    """The network of one player."""

    player: Player
    input_shape: Shape
    layers: tuple[Layer, ...]

    @property
    def output_shape(self) -> Shape:
        """The shape of the output."""
        return shape_through(self.layers, self.input_shape)

    @property
    def classes(self) -> int:
        """How many classes the labels have that the network needs; 0: it needs none."""
        return max((getattr(layer, "classes", 0) for _, layer in leaves(self.layers)), default=0)

    @property
    def has_batch_norm(self) -> bool:
        """Whether an item's output depends on the rest of its batch while training."""
        return any(isinstance(layer, Norm) for _, layer in leaves(self.layers))
