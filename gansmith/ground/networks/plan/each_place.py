"""Layers that keep the shape: norms, elementwise functions, probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from gansmith.ground.networks.plan.layer import Layer, Shape
from gansmith.ground.recipes.settings import ActivationName


class Norm(Layer):
    """Layers that normalise each feature by the statistics of the batch, and keep running ones.

    In training an item's output depends on the rest of its batch.
    """

    features: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape[0] == self.features, shape)
        return shape

    def buffers(self) -> dict[str, Shape]:
        return {"mean": (self.features,), "variance": (self.features,)}


@dataclass(frozen=True)
class BatchNorm(Norm):
    """Batch normalisation (Ioffe and Szegedy 2015); running = (1 - momentum) x running + momentum x batch."""

    features: int
    momentum: float
    epsilon: float

    def parameters(self) -> dict[str, Shape]:
        return {"scale": (self.features,), "shift": (self.features,)}


@dataclass(frozen=True)
class ConditionalBatchNorm(Norm):
    """Batch normalisation with a scale and a shift for each label (de Vries et al. 2017)."""

    features: int
    classes: int
    momentum: float
    epsilon: float

    def parameters(self) -> dict[str, Shape]:
        return {"scale": (self.classes, self.features), "shift": (self.classes, self.features)}


@dataclass(frozen=True)
class Activation(Layer):
    """An elementwise function."""

    kind: ActivationName
    slope: float = 0.2  # of "leaky", below zero


@dataclass(frozen=True)
class Clip(Layer):
    """Values below `least` become that, those above `most` that; 0 and 6 make the ReLU6 of small networks."""

    least: float
    most: float


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a share of the features to zero while training and scales the others up."""

    keyed: ClassVar[bool] = True
    rate: float


@dataclass(frozen=True)
class GroupedSoftmax(Layer):
    """Groups of channels, one after the other, become probabilities at each place; a group of one channel stays a number.

    With gumbel > 0 a pass in training gives softmax((x + Gumbel noise) / gumbel), nearly one-hot draws from softmax(x) (Jang
    et al. 2017); any other pass gives softmax(x).
    """

    groups: tuple[int, ...]  # how many channels each has
    gumbel: float = 0.0  # temperature; 0 = no noise
    keyed: ClassVar[bool] = True

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape[0] == sum(self.groups), shape)
        return shape

    def spans(self) -> list[slice]:
        """The channels of each group of more than one."""
        ends = list(accumulate(self.groups))
        return [slice(end - size, end) for size, end in zip(self.groups, ends, strict=True) if size > 1]
