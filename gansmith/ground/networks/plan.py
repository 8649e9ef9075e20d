"""A network as a list of layers, without torch: both engines run it, and its shapes, parameters and operations are
known before anything is built.

A kind of layer is one record here, and one class in each engine: `nets.layers` for torch, `by_hand` for NumPy. Shapes
leave out the batch: vectors (features,), pictures (channels, height, width). Weights have PyTorch's layout: linear
(out, in), convolution (out, in, k, k), transposed convolution (in, out, k, k). A kernel may also be k rows by m columns.
Signals are pictures of one row, (channels, 1, length): their kernels, strides and factors are (1, k).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, prod
from typing import ClassVar, Literal

import numpy as np

from gansmith.ground.recipes.settings import ActivationName

Shape = tuple[int, ...]
Sides = tuple[int, int]  # (before, after)
Size = int | tuple[int, int]  # of a window or a step: the same down and across, or (down, across)
Player = Literal["generator", "discriminator"]


def down_and_across(size: Size) -> tuple[int, int]:
    """A size as (down, across)."""
    return (size, size) if isinstance(size, int) else size


class Layer:
    """A layer that has no arrays and keeps the shape; other kinds override what differs.

    A record with a field `classes` needs the label of every item. keyed: while training it draws by the key of the pass.
    """

    keyed: ClassVar[bool] = False

    def shape_after(self, shape: Shape) -> Shape:
        """The shape of the output for inputs of `shape`. Raises ValueError where the layer does not take them."""
        return shape

    def parameters(self) -> dict[str, Shape]:
        """Names and shapes of the trained arrays."""
        return {}

    def buffers(self) -> dict[str, Shape]:
        """Names and shapes of the arrays that are kept but not trained."""
        return {}

    def fans(self, name: str) -> tuple[int, int]:
        """How many inputs and outputs the weights `name` connect; the scale of initial weights depends on them."""
        outputs, inputs, *kernel = self.parameters()[name]
        return inputs * prod(kernel), outputs * prod(kernel)

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        """The stacks of layers within this one, by name. Each of them takes this layer's input."""
        return {}

    def operations(self, shape: Shape) -> int:
        """Multiplications and additions for one item of `shape`; sublayers count their own."""
        return 0

    def _expect(self, fits: bool, shape: Shape) -> None:
        if not fits:
            raise ValueError(f"{self} does not take shape {shape}")


class Weighted(Layer):
    """Layers with one weight and perhaps a bias.

    spectral: the weight is divided by its largest singular value, and `left` is that one's left singular vector, as far
    as the power iteration has come.
    """

    inputs: int
    outputs: int
    bias: bool
    spectral: bool

    def weight_shape(self) -> Shape:
        """The shape of the weight."""
        return (self.outputs, self.inputs)

    def parameters(self) -> dict[str, Shape]:
        return {"weight": self.weight_shape()} | ({"bias": (self.outputs,)} if self.bias else {})

    def buffers(self) -> dict[str, Shape]:
        return {"left": self.weight_shape()[:1]} if self.spectral else {}

    def operations(self, shape: Shape) -> int:
        return 2 * prod(self.weight_shape()) * prod(self.shape_after(shape)[1:])


@dataclass(frozen=True)
class Linear(Weighted):
    """y = x W^T + b."""

    inputs: int
    outputs: int
    bias: bool = True
    spectral: bool = False

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape == (self.inputs,), shape)
        return (self.outputs,)


@dataclass(frozen=True)
class Conv(Weighted):
    """Convolution after zero padding of (top, bottom), (left, right): (inputs, H, W) -> (outputs, windows down, across).

    even: 0, or the factor of the `ToPixels` that follows: its kernels are kept even, see `networks.even`.
    """

    inputs: int
    outputs: int
    kernel: Size
    stride: Size
    padding: tuple[Sides, Sides]
    bias: bool = True
    spectral: bool = False
    even: int = 0

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] == self.inputs, shape)
        sides = zip(shape[1:], self.padding, down_and_across(self.kernel), down_and_across(self.stride), strict=True)
        return (self.outputs, *((size + sum(pad) - kernel) // stride + 1 for size, pad, kernel, stride in sides))

    def weight_shape(self) -> Shape:
        return (self.outputs, self.inputs, *down_and_across(self.kernel))


@dataclass(frozen=True)
class DepthwiseConv(Layer):
    """A convolution of each channel by a kernel of its own, after zero padding; the weight is (channels, 1, k, k)."""

    channels: int
    kernel: Size
    stride: Size
    padding: tuple[Sides, Sides]
    bias: bool = True

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] == self.channels, shape)
        return Conv(self.channels, self.channels, self.kernel, self.stride, self.padding).shape_after(shape)

    def parameters(self) -> dict[str, Shape]:
        weight = (self.channels, 1, *down_and_across(self.kernel))
        return {"weight": weight} | ({"bias": (self.channels,)} if self.bias else {})

    def fans(self, name: str) -> tuple[int, int]:
        each = prod(self.parameters()[name][1:])
        return each, each

    def operations(self, shape: Shape) -> int:
        return 2 * prod(down_and_across(self.kernel)) * prod(self.shape_after(shape))


@dataclass(frozen=True)
class ConvTranspose(Weighted):
    """The adjoint of a convolution: the full output, then rows and columns cut off at (top, bottom), (left, right).

    (inputs, H, W) -> (outputs, about stride x H, about stride x W).

    even: above 0, its kernels are kept even, see `networks.even`; the factor of the `ToPixels` that follows, or 1.
    """

    inputs: int
    outputs: int
    kernel: Size
    stride: Size
    crop: tuple[Sides, Sides]
    bias: bool = True
    spectral: bool = False
    even: int = 0

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] == self.inputs, shape)
        sides = zip(shape[1:], self.crop, down_and_across(self.kernel), down_and_across(self.stride), strict=True)
        return (self.outputs, *((size - 1) * stride + kernel - sum(cut) for size, cut, kernel, stride in sides))

    def weight_shape(self) -> Shape:
        return (self.inputs, self.outputs, *down_and_across(self.kernel))

    def fans(self, name: str) -> tuple[int, int]:
        outputs, inputs = super().fans(name)  # the weight's first axis is the input's
        return inputs, outputs

    def operations(self, shape: Shape) -> int:
        return 2 * prod(self.weight_shape()) * prod(shape[1:])


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


@dataclass(frozen=True)
class PhaseShuffle(Layer):
    """Moves each signal (channels, 1, length) by -most to most places while training (Donahue et al. 2019).

    What would come in from outside is mirrored at the end. How far an item moves is a function of the pass's key.
    """

    keyed: ClassVar[bool] = True
    most: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[1] == 1 and shape[2] > self.most, shape)
        return shape


@dataclass(frozen=True)
class Pack(Layer):
    """Appends to each row (features,) those of the other rows of its pack (Lin et al. 2018): rows are packed as they come.

    An item's output depends on its pack. The last pack is smaller where the rows do not fill it, and some of its rows come twice.
    """

    count: int  # rows of a pack

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 1, shape)
        return (shape[0] * self.count,)

    def places(self, rows: int) -> np.ndarray:
        """Which rows each row sees, itself first: int64 (rows, count)."""
        own = np.arange(rows)
        first = own - own % self.count
        size = np.minimum(self.count, rows - first)
        return first[:, None] + ((own - first)[:, None] + np.arange(self.count)) % size[:, None]


@dataclass(frozen=True)
class Reshape(Layer):
    """Same numbers, other shape (row-major over channels, height, width)."""

    shape: Shape

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(prod(self.shape) == prod(shape), shape)
        return self.shape


@dataclass(frozen=True)
class ConcatLabels(Layer):
    """Appends the one-hot label: to a vector's features, or as constant maps to a picture's channels."""

    classes: int

    def shape_after(self, shape: Shape) -> Shape:
        return (shape[0] + self.classes, *shape[1:])


@dataclass(frozen=True)
class Projection(Layer):
    """The logit of an item and its label, (inputs,) -> (1,): w x + b + e_label x (Miyato and Koyama 2018)."""

    inputs: int
    classes: int
    spectral: bool = False

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape == (self.inputs,), shape)
        return (1,)

    def parameters(self) -> dict[str, Shape]:
        return {"weight": (1, self.inputs), "embedding": (self.classes, self.inputs), "bias": (1,)}

    def buffers(self) -> dict[str, Shape]:
        return {"left": (1,), "left_embedding": (self.classes,)} if self.spectral else {}

    def operations(self, shape: Shape) -> int:
        return 4 * self.inputs


@dataclass(frozen=True)
class Upsample(Layer):
    """Every pixel becomes factor x factor pixels; what is beyond `size` is cut off."""

    factor: Size
    size: tuple[int, int]  # (height, width)

    def shape_after(self, shape: Shape) -> Shape:
        sides = zip(self.size, down_and_across(self.factor), strict=True)
        self._expect(len(shape) == 3 and shape[1:] == tuple(ceil(side / factor) for side, factor in sides), shape)
        return (shape[0], *self.size)


@dataclass(frozen=True)
class ToPixels(Layer):
    """Channels become pixels (Shi et al. 2016): (C f^2, H, W) -> (C, H f, W f)."""

    factor: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] % self.factor**2 == 0, shape)
        return (shape[0] // self.factor**2, shape[1] * self.factor, shape[2] * self.factor)


@dataclass(frozen=True)
class ToChannels(Layer):
    """The inverse of `ToPixels`: (C, H f, W f) -> (C f^2, H, W)."""

    factor: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[1] % self.factor == shape[2] % self.factor == 0, shape)
        return (shape[0] * self.factor**2, shape[1] // self.factor, shape[2] // self.factor)


class Composite(Layer):
    """Layers that hold a stack of others, the body."""

    body: tuple[Layer, ...]

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        return {"body": self.body}


@dataclass(frozen=True)
class Residual(Composite):
    """shortcut(x) + scale x body(x), of the same shape; an empty shortcut is x itself (He et al. 2016)."""

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    scale: float = 1.0

    def shape_after(self, shape: Shape) -> Shape:
        after = shape_through(self.body, shape)
        self._expect(after == shape_through(self.shortcut, shape), shape)
        return after

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        return {"body": self.body, "shortcut": self.shortcut}


@dataclass(frozen=True)
class Skip(Composite):
    """The channels of x and of body(x), which keeps height and width (Ronneberger et al. 2015)."""

    body: tuple[Layer, ...]

    def shape_after(self, shape: Shape) -> Shape:
        after = shape_through(self.body, shape)
        self._expect(after[1:] == shape[1:], shape)
        return (shape[0] + after[0], *shape[1:])


@dataclass(frozen=True)
class Beside(Layer):
    """The numbers of all branches, which take the same input, in one row: (1, 1, how many)."""

    branches: tuple[tuple[Layer, ...], ...]

    def shape_after(self, shape: Shape) -> Shape:
        return (1, 1, sum(prod(shape_through(branch, shape)) for branch in self.branches))

    def sublayers(self) -> dict[str, tuple[Layer, ...]]:
        return {f"branch{index}": branch for index, branch in enumerate(self.branches)}


@dataclass(frozen=True)
class Seen(Layer):
    """What a fixed network that knows photographs (`nets.trunk`) sees in pictures in [-1, 1], at one scale.

    (1 or 3, H, W) -> (channels, H / 4, W / 4) at scale 0, rounded up; each further scale halves the sides. Channels and scales
    are mixed by fixed random weights (Sauer et al. 2021). Nothing of it is trained or kept.
    """

    per_pixel: ClassVar[int] = 15_300  # multiplications and additions of the fixed network
    scale: int
    channels: int

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(len(shape) == 3 and shape[0] in (1, 3), shape)
        return (self.channels, *(ceil(side / 2 ** (self.scale + 2)) for side in shape[1:]))

    def operations(self, shape: Shape) -> int:
        return self.per_pixel * prod(shape[1:]) if self.scale == 0 else 0  # the scales of a pass share them


@dataclass(frozen=True)
class AuxiliaryHead(Composite):
    """A second output of a discriminator, body(x); the next layer gets x."""

    name: Literal["logits", "classes"]  # the field of `nets.network.DiscriminatorOutput`
    body: tuple[Layer, ...]

    def shape_after(self, shape: Shape) -> Shape:
        shape_through(self.body, shape)
        return shape


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


def leaves(layers: tuple[Layer, ...], prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer that holds no others, by its name: its index, or "<index>.body.<index>" within another."""
    for index, layer in enumerate(layers):
        stacks = layer.sublayers()
        for name, stack in stacks.items():
            yield from leaves(stack, f"{prefix}{index}.{name}.")
        if not stacks:
            yield f"{prefix}{index}", layer


def shape_through(layers: tuple[Layer, ...], shape: Shape) -> Shape:
    """The shape after all layers. Raises ValueError where they do not fit."""
    for layer in layers:
        shape = layer.shape_after(shape)
    return shape
