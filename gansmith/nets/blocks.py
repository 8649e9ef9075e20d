"""What every pair does alike: a stack of layers in the making, and where the label joins it.

NetSettings.conditioning, for labelled data:

    concat      the one-hot label joins the input: after a vector's numbers, or as constant maps after a picture's
                channels (Mirza and Osindero 2014)
    maps        the same before every layer that has weights (Kim's DCGAN)
    norm        generator: the label chooses scale and shift of every batch norm (de Vries et al. 2017)
    concat+norm generator: both (the label moves whole layers at once, and single features through the first weights)
    projection  discriminator: the verdict is w f + b + e_label f, with f the last features (Miyato and Koyama 2018)
    classifier  discriminator: never sees the label, and guesses it beside its verdict (Odena et al. 2017)
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import (
    Activation,
    Aside,
    BatchNorm,
    ConcatLabels,
    ConditionalBatchNorm,
    Dropout,
    Layer,
    Linear,
    Projection,
    Reshape,
    Shape,
    Upsample,
    shape_after,
)
from gansmith.ground.networks.same_padding import same_conv, same_transpose
from gansmith.ground.settings import ActivationName, ConditioningName, NetSettings

FOR: dict[str, tuple[ConditioningName, ...]] = {
    "generator": ("concat", "maps", "norm", "concat+norm"),
    "discriminator": ("concat", "maps", "projection", "classifier"),
}
"""What conditioning has a meaning for whom."""


class Stack:
    """A player's layers so far, and the shape that they have reached. classes 0 = unlabelled."""

    def __init__(self, player: str, settings: NetSettings, shape: Shape, classes: int) -> None:
        self.settings, self.shape, self.classes = settings, shape, classes
        self.layers: list[Layer] = []
        self.conditioning = settings.conditioning if classes else None
        if classes and settings.conditioning not in FOR[player]:
            raise RecipeError(
                f"{player}.conditioning = {settings.conditioning!r} has no meaning for a {player}: "
                f"use {', '.join(FOR[player])}"
            )
        if self.by_norm and settings.norm != "batch":
            raise RecipeError(
                f"{player}.conditioning = {settings.conditioning!r} conditions batch norm: set {player}.norm=batch, or "
                f"{player}.conditioning=concat"
            )

    @property
    def by_norm(self) -> bool:
        """Whether every norm has the label's own scale and shift."""
        return self.conditioning in ("norm", "concat+norm")

    def add(self, *layers: Layer) -> None:
        """Put layers on top."""
        for layer in layers:
            self.layers.append(layer)
            self.shape = shape_after(layer, self.shape)

    def branch(self) -> Stack:
        """An empty stack that begins where this one has got to, for layers within a layer."""
        other = Stack.__new__(Stack)
        other.settings, other.shape, other.classes = self.settings, self.shape, self.classes
        other.layers, other.conditioning = [], self.conditioning
        return other

    def input_label(self) -> None:
        """Where the label joins under "concat"."""
        if self.conditioning in ("concat", "concat+norm"):
            self.add(ConcatLabels(self.classes))

    def linear(self, outputs: int, *, bias: bool = True) -> None:
        """A dense layer; pictures are made flat for it."""
        if len(self.shape) > 1:
            self.add(Reshape((prod(self.shape),)))
        self._label_map()
        self.add(Linear(prod(self.shape), outputs, bias, self.settings.spectral_norm))

    def conv(self, channels: int, kernel: int, stride: int = 1, *, bias: bool = True) -> None:
        """A convolution with SAME padding."""
        self._label_map()
        self.add(same_conv(self.shape, channels, kernel, stride, bias=bias, spectral=self.settings.spectral_norm))

    def upward(self, target: Shape, kernel: int, stride: int, *, bias: bool = True) -> None:
        """A transposed convolution to the larger `target`. With stride 1 it is a convolution with its kernel turned
        round: the same family of functions, and faster."""
        if stride == 1:
            self.conv(target[0], kernel, bias=bias)
            return
        self._label_map()
        spectral = self.settings.spectral_norm
        try:
            self.add(same_transpose(self.shape, target, kernel, stride, bias=bias, spectral=spectral))
        except ValueError as error:
            raise RecipeError(str(error)) from None

    def enlarge(self, factor: int, target: Shape) -> None:
        """Nearest neighbours to the height and width of `target`."""
        if factor > 1:
            self.add(Upsample(factor, (target[1], target[2])))

    def norm(self) -> None:
        """Batch norm over the features or channels, the label's own where it is conditioned."""
        momentum, epsilon = self.settings.norm_momentum, self.settings.norm_epsilon
        if self.by_norm:
            self.add(ConditionalBatchNorm(self.shape[0], self.classes, momentum, epsilon))
        else:
            self.add(BatchNorm(self.shape[0], momentum, epsilon))

    def hidden(self, index: int | None, *, normed: bool) -> None:
        """What follows the weights of a hidden layer: norm, activation, dropout. index: among `widths`; None: extra."""
        if normed:
            self.norm()
        self.activate(index)
        if self.settings.dropout:
            self.add(Dropout(self.settings.dropout))

    def activate(self, index: int | None = None) -> None:
        """The activation after hidden layer `index`."""
        settings = self.settings
        kind: ActivationName = settings.activation
        if settings.activations and index is not None:
            if len(settings.activations) != len(settings.widths):
                raise RecipeError(
                    f"activations names {len(settings.activations)} functions for {len(settings.widths)} hidden "
                    "layers: give one each, or use `activation`"
                )
            kind = settings.activations[index]
        self.add(Activation(kind, settings.slope))

    def output(self) -> None:
        """The last activation; nothing for "linear"."""
        if self.settings.output != "linear":
            self.add(Activation(self.settings.output))

    def verdict(self) -> None:
        """A discriminator's last layer over all that is there, (1,), with what the conditioning asks for."""
        if len(self.shape) > 1:
            self.add(Reshape((prod(self.shape),)))
        if self.conditioning == "projection":
            self.add(Projection(prod(self.shape), self.classes, self.settings.spectral_norm))
        else:
            if self.conditioning == "classifier":
                self.add(Aside("classes", (Linear(prod(self.shape), self.classes),)))
            self.linear(1)
        self.output()

    def _label_map(self) -> None:
        if self.conditioning == "maps":
            self.add(ConcatLabels(self.classes))


def per_layer(values: tuple[int, ...], count: int, name: str) -> tuple[int, ...]:
    """One value for each of `count` layers; a single one serves all."""
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise RecipeError(f"{name} has {len(values)} values for {count} convolutions: give one, or one each")
    return values
