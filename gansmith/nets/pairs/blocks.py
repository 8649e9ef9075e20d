"""What all pairs share: a stack of layers under construction, and where the label enters it.

NetSettings.conditioning, for labelled data:

    concat      the one-hot label is appended to the input: to a vector's numbers, or as constant maps to a picture's
                channels (Mirza and Osindero 2014)
    maps        the same before every layer that has weights (Kim's DCGAN)
    norm        generator: the label chooses scale and shift of every batch norm (de Vries et al. 2017)
    concat+norm generator: both
    projection  discriminator: the logit is w f + b + e_label f, with f the last features (Miyato and Koyama 2018)
    classifier  discriminator: never sees the label, and predicts it beside its logit (Odena et al. 2017)

NetSettings.mapping, for generators: a mapping network makes a style w of the latent (Karras et al. 2019). The layers begin with
w, and each batch norm gets its scale and shift from it too; the norms of widths[i] are stage i. Labels enter as above, after
the mapping network: w knows nothing of them.

Signals are items of one row, (channels, 1, length): their kernels and strides are (1, k), along the row.
"""

from __future__ import annotations

import copy
from math import prod

from gansmith.ground.errors import RecipeError, counted
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Player, Shape, Size
from gansmith.ground.networks.same_padding import same_conv, same_transpose
from gansmith.ground.recipes.settings import ConditioningName, NetSettings

CONDITIONING: dict[str, tuple[ConditioningName, ...]] = {
    "generator": ("concat", "maps", "norm", "concat+norm"),
    "discriminator": ("concat", "maps", "projection", "classifier"),
}


class Stack:
    """A player's layers so far, and the shape of their output. classes 0 = unlabelled; item: the shape of an item.

    Raises RecipeError for settings that do not fit together.
    """

    def __init__(self, player: Player, settings: NetSettings, shape: Shape, classes: int, item: Shape = ()) -> None:
        self.player: Player = player
        self.signals = is_signal(item or shape)
        self.settings, self.classes, self.styled = settings, classes, 0  # styled: numbers of a style, 0 = there is none
        self.input_shape = self.shape = shape
        self.layers: list[plan.Layer] = []
        self.conditioning = settings.conditioning if classes else None
        self.label_norms = self.conditioning in ("norm", "concat+norm")
        self.normed = settings.norm == "batch"
        self.bias = settings.bias and not self.normed  # of layers that a norm follows
        if classes and settings.conditioning not in CONDITIONING[player]:
            raise RecipeError(
                f"{player}.conditioning = {settings.conditioning!r} has no meaning for a {player}: "
                f"use {', '.join(CONDITIONING[player])}"
            )
        if self.label_norms and not self.normed:
            raise RecipeError(
                f"{player}.conditioning = {settings.conditioning!r} conditions batch norm: set {player}.norm=batch, or "
                f"{player}.conditioning=concat"
            )

    @property
    def strides(self) -> tuple[int, ...]:
        """The stride that belongs to each of `widths`."""
        return self._per_width("strides", self.settings.strides)

    @property
    def kernels(self) -> tuple[int, ...]:
        """The kernel size that belongs to each of `widths`."""
        return self._per_width("kernels", self.settings.kernels)

    def to_plan(self) -> plan.Plan:
        """The layers as a player's plan."""
        if self.settings.mapping and not self.styled:
            raise RecipeError(
                f"{self.player}.mapping = {self.settings.mapping}: only generators of the nets dcgan, subpixel, resnet and "
                f"projected have a mapping network; set {self.player}.mapping=0"
            )
        return plan.Plan(self.player, self.input_shape, tuple(self.layers))

    def add(self, layer: plan.Layer) -> None:
        """Append a layer."""
        self.layers.append(layer)
        self.shape = layer.shape_after(self.shape)

    def branch(self) -> Stack:
        """An empty stack for layers within a layer; its input is the output of this one."""
        other = copy.copy(self)
        other.layers = []
        return other

    def concat_label(self) -> None:
        """Append the label, under "concat"."""
        if self.conditioning in ("concat", "concat+norm"):
            self.add(plan.ConcatLabels(self.classes))

    def flatten(self) -> None:
        """Make pictures vectors."""
        if len(self.shape) > 1:
            self.add(plan.Reshape((prod(self.shape),)))

    def pack(self) -> None:
        """Let each item see the others of its pack (Lin et al. 2018)."""
        if self.settings.pack > 1:
            self.add(plan.Pack(self.settings.pack))

    def linear(self, outputs: int, *, bias: bool = True) -> None:
        """A dense layer; pictures are flattened for it."""
        self.flatten()
        self._label_map()
        self.add(plan.Linear(prod(self.shape), outputs, bias, self.settings.spectral_norm))

    def conv(self, channels: int, kernel: int, stride: int = 1, *, bias: bool = True, even: int = 0) -> None:
        """A convolution with SAME padding. even: the factor of a `ToPixels` that follows, where that is to leave no grid."""
        self._label_map()
        sides, spectral = (self._sides(kernel), self._sides(stride)), self.settings.spectral_norm
        self.add(same_conv(self.shape, channels, *sides, bias=bias, spectral=spectral, even=even))

    def conv_transpose(self, target: Shape, kernel: int, stride: int, *, bias: bool = True, factor: int = 1) -> None:
        """A transposed convolution to the larger `target`. With stride 1 a convolution computes the same family of
        functions, with flipped kernels, and is faster. factor: of the `ToPixels` that follows, 1 = none does."""
        even = factor if self.settings.even else 0
        if stride == 1:
            self.conv(target[0], kernel, bias=bias, even=even if factor > 1 else 0)
            return
        self._label_map()
        sides, spectral = (self._sides(kernel), self._sides(stride)), self.settings.spectral_norm
        try:
            self.add(same_transpose(self.shape, target, *sides, bias=bias, spectral=spectral, even=even))
        except ValueError as error:
            raise RecipeError(str(error)) from None

    def upsample(self, factor: int, target: Shape) -> None:
        """Nearest neighbours to the height and width of `target`."""
        if factor > 1:
            self.add(plan.Upsample(self._sides(factor), (target[1], target[2])))

    def hidden_linear(self, width: int, index: int | None = None) -> None:
        """A hidden dense layer with all that follows its weights."""
        self.linear(width, bias=self.bias)
        self.after_weights(index)

    def hidden_conv(self, index: int) -> None:
        """The hidden convolution to widths[index] channels with all that follows its weights."""
        settings = self.settings
        normed = self.normed and (index > 0 or settings.norm_first)
        bias = settings.bias and not normed
        self.conv(settings.widths[index], self.kernels[index], self.strides[index], bias=bias)
        self.after_weights(index, normed=normed)

    def shuffle_phase(self, index: int) -> None:
        """What follows hidden layer `index` of a discriminator of signals, except the last (Donahue et al. 2019)."""
        most = self.settings.phase_shuffle
        if most and not self.signals:
            raise RecipeError(
                f"{self.player}.phase_shuffle = {most} moves signals along their row, and these items are none: set "
                f"{self.player}.phase_shuffle=0"
            )
        if 0 < most < self.shape[-1] and index < len(self.settings.widths) - 1:
            self.add(plan.PhaseShuffle(most))

    def after_weights(self, index: int | None, *, normed: bool | None = None) -> None:
        """The norm, activation and dropout of hidden layer `index` among `widths`; None: a layer beside them."""
        settings = self.settings
        if self.normed if normed is None else normed:
            self._norm(index or 0)
        self.activate(index)
        if settings.dropout:
            self.add(plan.Dropout(settings.dropout))

    def _norm(self, stage: int) -> None:
        """The batch norm of a stage."""
        norm = self.settings.norm_momentum, self.settings.norm_epsilon
        features, classes = self.shape[0], self.classes if self.label_norms else 0
        if self.styled:
            self.add(plan.StyledNorm(features, self.styled, stage, classes, *norm))
        elif classes:
            self.add(plan.ConditionalBatchNorm(features, classes, *norm))
        else:
            self.add(plan.BatchNorm(features, *norm))

    def activate(self, index: int | None) -> None:
        """The activation of hidden layer `index`."""
        kind, kinds, widths = self.settings.activation, self.settings.activations, self.settings.widths
        if kinds and index is not None:
            if len(kinds) != len(widths):
                raise RecipeError(
                    f"activations names {len(kinds)} functions for {len(widths)} hidden layers: give one each, or use "
                    "`activation`"
                )
            kind = kinds[index]
        self.add(plan.Activation(kind, self.settings.slope))

    def output(self) -> None:
        """The last activation; nothing for "linear"."""
        settings = self.settings
        if settings.output == "softmax":
            self.add(self._softmax())
        elif settings.output != "linear":
            self.add(plan.Activation(settings.output))

    def _softmax(self) -> plan.GroupedSoftmax:
        settings, channels = self.settings, self.shape[0]
        groups = settings.groups or (channels,)
        if sum(groups) != channels or min(groups) < 1:
            raise RecipeError(
                f"{self.player}.groups has {sum(groups)} channels in groups of {min(groups)} and more, and the items have "
                f"{channels}: give numbers above 0 with that sum, or leave it empty for one group"
            )
        return plan.GroupedSoftmax(groups, settings.gumbel)

    def logit(self) -> None:
        """A discriminator's last layers, from all features to one logit (1,), as the conditioning has them."""
        self.flatten()
        if self.conditioning == "projection":
            self.add(plan.Projection(prod(self.shape), self.classes, self.settings.spectral_norm))
        else:
            if self.conditioning == "classifier":
                self.add(plan.AuxiliaryHead("classes", (plan.Linear(prod(self.shape), self.classes),)))
            self.linear(1)
        self.output()

    def _sides(self, size: int) -> Size:
        return (1, size) if self.signals else size

    def _label_map(self) -> None:
        if self.conditioning == "maps":
            self.add(plan.ConcatLabels(self.classes))

    def _per_width(self, name: str, values: tuple[int, ...]) -> tuple[int, ...]:
        if len(values) not in (1, count := len(self.settings.widths)):
            layers = counted(count, "convolution")
            raise RecipeError(f"{self.player}.{name} has {len(values)} values for {layers}: give one, or one each")
        return values * count if len(values) == 1 else values


def is_signal(item_shape: Shape) -> bool:
    """Whether items are one row of numbers for each channel."""
    return len(item_shape) == 3 and item_shape[1] == 1
