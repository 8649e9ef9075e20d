"""A network as a list of layers, without torch: both engines run it, and its shapes, parameters and operations are
known before anything is built.

Shapes leave out the batch: vectors (features,), pictures (channels, height, width). Weights have PyTorch's layout:
linear (out, in), convolution (out, in, k, k), transposed convolution (in, out, k, k).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod
from typing import Literal

from gansmith.ground.settings import ActivationName

Shape = tuple[int, ...]
Sides = tuple[int, int]  # (before, after)


@dataclass(frozen=True)
class Linear:
    """y = x W^T + b."""

    inputs: int
    outputs: int
    bias: bool = True
    spectral: bool = False


@dataclass(frozen=True)
class Conv:
    """Convolution after zero padding of (top, bottom), (left, right)."""

    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: tuple[Sides, Sides]
    bias: bool = True
    spectral: bool = False


@dataclass(frozen=True)
class ConvTranspose:
    """The adjoint of a convolution: the full output, then rows and columns cut off at (top, bottom), (left, right)."""

    inputs: int
    outputs: int
    kernel: int
    stride: int
    crop: tuple[Sides, Sides]
    bias: bool = True
    spectral: bool = False


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation (Ioffe and Szegedy 2015); running = (1 - momentum) x running + momentum x batch."""

    features: int
    momentum: float
    epsilon: float


@dataclass(frozen=True)
class Activation:
    """An elementwise function; `slope` is of "leaky"."""

    kind: ActivationName
    slope: float = 0.2


@dataclass(frozen=True)
class Dropout:
    """Sets a share of the features to zero while training and scales the others up."""

    rate: float


@dataclass(frozen=True)
class Reshape:
    """Same numbers, other shape (row-major over channels, height, width)."""

    shape: Shape


@dataclass(frozen=True)
class ConcatLabels:
    """The one-hot label joins: after a vector's features, or as constant maps after a picture's channels."""

    classes: int


@dataclass(frozen=True)
class ConditionalBatchNorm:
    """Batch normalisation whose scale and shift belong to the label (de Vries et al. 2017)."""

    features: int
    classes: int
    momentum: float
    epsilon: float


@dataclass(frozen=True)
class Projection:
    """A verdict on an item and its label: w x + b + e_label x (Miyato and Koyama 2018)."""

    inputs: int
    classes: int
    spectral: bool = False


@dataclass(frozen=True)
class Upsample:
    """Every pixel becomes factor x factor pixels; what is beyond (height, width) is cut off."""

    factor: int
    size: tuple[int, int]


@dataclass(frozen=True)
class ToPixels:
    """Every factor x factor channels become one channel of factor times the size (Shi et al. 2016)."""

    factor: int


@dataclass(frozen=True)
class ToChannels:
    """Every factor x factor pixels become channels of one pixel: the inverse of `ToPixels`."""

    factor: int


@dataclass(frozen=True)
class Residual:
    """shortcut(x) + scale x body(x); an empty shortcut is x itself (He et al. 2016)."""

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    scale: float = 1.0


@dataclass(frozen=True)
class Skip:
    """x and body(x), channel after channel (Ronneberger et al. 2015)."""

    body: tuple[Layer, ...]


@dataclass(frozen=True)
class Aside:
    """A discriminator's second output, body(x); the next layer takes x. `name` is a field of `game.Verdicts`."""

    name: Literal["logits", "classes"]
    body: tuple[Layer, ...]


Layer = (
    Linear
    | Conv
    | ConvTranspose
    | BatchNorm
    | Activation
    | Dropout
    | Reshape
    | ConcatLabels
    | ConditionalBatchNorm
    | Projection
    | Upsample
    | ToPixels
    | ToChannels
    | Residual
    | Skip
    | Aside
)
Weighted = (Linear, Conv, ConvTranspose)


@dataclass(frozen=True)
class Plan:
    """One player: what goes in, the layers, and whether labels are needed."""

    player: Literal["generator", "discriminator"]
    input_shape: Shape
    layers: tuple[Layer, ...]

    @property
    def output_shape(self) -> Shape:
        """The shape of what comes out."""
        return shape_through(self.layers, self.input_shape)

    @property
    def classes(self) -> int:
        """Classes of the label that the plan asks for; 0 = none."""
        labelled = ConcatLabels, ConditionalBatchNorm, Projection
        return max((layer.classes for _, layer in leaves(self.layers) if isinstance(layer, labelled)), default=0)

    @property
    def has_batch_norm(self) -> bool:
        """Whether an item's output depends on the rest of its batch while training."""
        return any(isinstance(layer, BatchNorm | ConditionalBatchNorm) for _, layer in leaves(self.layers))


def leaves(layers: tuple[Layer, ...], prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer that holds no others, by its name: its index, or "<index>.body.<index>" within another."""
    for index, layer in enumerate(layers):
        name = f"{prefix}{index}"
        match layer:
            case Residual():
                yield from leaves(layer.body, f"{name}.body.")
                yield from leaves(layer.shortcut, f"{name}.shortcut.")
            case Skip() | Aside():
                yield from leaves(layer.body, f"{name}.body.")
            case _:
                yield name, layer


def shape_through(layers: tuple[Layer, ...], shape: Shape) -> Shape:
    """The shape after all layers. Raises ValueError where they do not fit."""
    for layer in layers:
        shape = shape_after(layer, shape)
    return shape


def shape_after(layer: Layer, shape: Shape) -> Shape:
    """The shape that a layer makes of `shape`. Raises ValueError when the two do not fit."""
    match layer:
        case Linear():
            _expect(shape == (layer.inputs,), layer, shape)
            return (layer.outputs,)
        case Conv():
            _expect(len(shape) == 3 and shape[0] == layer.inputs, layer, shape)
            height, width = (
                (size + sum(pad) - layer.kernel) // layer.stride + 1
                for size, pad in zip(shape[1:], layer.padding, strict=True)
            )
            return (layer.outputs, height, width)
        case ConvTranspose():
            _expect(len(shape) == 3 and shape[0] == layer.inputs, layer, shape)
            height, width = (
                (size - 1) * layer.stride + layer.kernel - sum(cut)
                for size, cut in zip(shape[1:], layer.crop, strict=True)
            )
            return (layer.outputs, height, width)
        case Reshape():
            _expect(prod(layer.shape) == prod(shape), layer, shape)
            return layer.shape
        case ConcatLabels():
            return (shape[0] + layer.classes, *shape[1:])
        case BatchNorm() | ConditionalBatchNorm():
            _expect(shape[0] == layer.features, layer, shape)
            return shape
        case Projection():
            _expect(shape == (layer.inputs,), layer, shape)
            return (1,)
        case Upsample():
            _expect(
                len(shape) == 3 and shape[1:] == tuple(ceil(size / layer.factor) for size in layer.size), layer, shape
            )
            return (shape[0], *layer.size)
        case ToPixels() | ToChannels():
            return _regrouped(layer, shape)
        case Residual():
            after = shape_through(layer.body, shape)
            _expect(after == shape_through(layer.shortcut, shape), layer, shape)
            return after
        case Skip():
            after = shape_through(layer.body, shape)
            _expect(after[1:] == shape[1:], layer, shape)
            return (shape[0] + after[0], *shape[1:])
        case Aside():
            shape_through(layer.body, shape)
            return shape
        case _:
            return shape


def _regrouped(layer: ToPixels | ToChannels, shape: Shape) -> Shape:
    """The shape after channels became pixels, or pixels channels."""
    factor = layer.factor
    _expect(len(shape) == 3, layer, shape)
    channels, height, width = shape
    if isinstance(layer, ToPixels):
        _expect(channels % factor**2 == 0, layer, shape)
        return (channels // factor**2, height * factor, width * factor)
    _expect(height % factor == width % factor == 0, layer, shape)
    return (channels * factor**2, height // factor, width // factor)


def _expect(fits: bool, layer: Layer, shape: Shape) -> None:
    if not fits:
        raise ValueError(f"{layer} does not take shape {shape}")


def parameters(layer: Layer) -> dict[str, Shape]:
    """Names and shapes of the trained arrays of a layer."""
    match layer:
        case Linear():
            shapes: dict[str, Shape] = {"weight": (layer.outputs, layer.inputs)}
        case Conv():
            shapes = {"weight": (layer.outputs, layer.inputs, layer.kernel, layer.kernel)}
        case ConvTranspose():
            shapes = {"weight": (layer.inputs, layer.outputs, layer.kernel, layer.kernel)}
        case BatchNorm():
            return {"scale": (layer.features,), "shift": (layer.features,)}
        case ConditionalBatchNorm():
            return {"scale": (layer.classes, layer.features), "shift": (layer.classes, layer.features)}
        case Projection():
            return {"weight": (1, layer.inputs), "embedding": (layer.classes, layer.inputs), "bias": (1,)}
        case _:
            return {}
    if layer.bias:
        shapes["bias"] = (layer.outputs,)
    return shapes


def buffers(layer: Layer) -> dict[str, Shape]:
    """Names and shapes of the arrays that a layer keeps but does not train."""
    match layer:
        case BatchNorm() | ConditionalBatchNorm():
            return {"mean": (layer.features,), "variance": (layer.features,)}
        case Projection() if layer.spectral:
            return {"left": (1,), "left_embedding": (layer.classes,)}
        case Linear() | Conv() | ConvTranspose() if layer.spectral:
            return {"left": (parameters(layer)["weight"][0],)}  # the power iteration's singular vector
        case _:
            return {}
