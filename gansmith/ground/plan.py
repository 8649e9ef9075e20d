"""A network as a list of layers, without torch: both engines run it, and its shapes, parameters and operations are
known before anything is built.

Shapes leave out the batch: vectors (features,), pictures (channels, height, width). Weights have PyTorch's layout:
linear (out, in), convolution (out, in, k, k), transposed convolution (in, out, k, k).
"""

from __future__ import annotations

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


Layer = Linear | Conv | ConvTranspose | BatchNorm | Activation | Dropout | Reshape | ConcatLabels
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
        shape = self.input_shape
        for layer in self.layers:
            shape = shape_after(layer, shape)
        return shape

    @property
    def classes(self) -> int:
        """Classes of the label that the plan asks for; 0 = none."""
        return max((layer.classes for layer in self.layers if isinstance(layer, ConcatLabels)), default=0)

    @property
    def has_batch_norm(self) -> bool:
        """Whether an item's output depends on the rest of its batch while training."""
        return any(isinstance(layer, BatchNorm) for layer in self.layers)


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
        case BatchNorm():
            _expect(shape[0] == layer.features, layer, shape)
            return shape
        case _:
            return shape


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
        case _:
            return {}
    if layer.bias:
        shapes["bias"] = (layer.outputs,)
    return shapes


def buffers(layer: Layer) -> dict[str, Shape]:
    """Names and shapes of the arrays that a layer keeps but does not train."""
    match layer:
        case BatchNorm():
            return {"mean": (layer.features,), "variance": (layer.features,)}
        case Linear() | Conv() | ConvTranspose() if layer.spectral:
            return {"left": (parameters(layer)["weight"][0],)}  # the power iteration's singular vector
        case _:
            return {}


@dataclass(frozen=True)
class Count:
    """Arrays of a plan: trained numbers, and batch statistics. Publications quote their sum."""

    trained: int
    batch_statistics: int

    @property
    def total(self) -> int:
        """Trained numbers and batch statistics together."""
        return self.trained + self.batch_statistics


def count(plan: Plan) -> Count:
    """The parameter counts of a plan."""
    trained = sum(prod(shape) for layer in plan.layers for shape in parameters(layer).values())
    statistics = sum(
        prod(shape) for layer in plan.layers if isinstance(layer, BatchNorm) for shape in buffers(layer).values()
    )
    return Count(trained, statistics)


def operations(plan: Plan) -> int:
    """Multiplications and additions of one item's forward pass through the linear and convolution layers."""
    total, shape = 0, plan.input_shape
    for layer in plan.layers:
        after = shape_after(layer, shape)
        match layer:
            case Linear():
                total += 2 * layer.inputs * layer.outputs
            case Conv():
                total += 2 * layer.inputs * layer.kernel**2 * prod(after)
            case ConvTranspose():
                total += 2 * layer.outputs * layer.kernel**2 * prod(shape)
            case _:
                pass
        shape = after
    return total


def activations(plan: Plan) -> int:
    """Numbers that one item's forward pass keeps for the backward pass (an upper bound)."""
    total, shape = prod(plan.input_shape), plan.input_shape
    for layer in plan.layers:
        shape = shape_after(layer, shape)
        total += prod(shape)
    return total


def same_padding(size: int, kernel: int, stride: int) -> Sides:
    """TensorFlow's SAME padding of one axis: output ceil(size / stride); the odd one goes after (5, stride 2: 1, 2)."""
    total = max((ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def same_conv(shape: Shape, outputs: int, kernel: int, stride: int, *, bias: bool, spectral: bool = False) -> Conv:
    """A convolution with SAME padding on a picture of `shape` (channels, height, width)."""
    padding = same_padding(shape[1], kernel, stride), same_padding(shape[2], kernel, stride)
    return Conv(shape[0], outputs, kernel, stride, padding, bias, spectral)


def same_transpose(
    shape: Shape, target: Shape, kernel: int, stride: int, *, bias: bool, spectral: bool = False
) -> ConvTranspose:
    """The adjoint of `same_conv` from `target` (channels, height, width) to `shape`."""
    crop = tuple(_cut(before, after, kernel, stride) for before, after in zip(shape[1:], target[1:], strict=True))
    return ConvTranspose(shape[0], target[0], kernel, stride, (crop[0], crop[1]), bias, spectral)


def _cut(before: int, after: int, kernel: int, stride: int) -> Sides:
    first = same_padding(after, kernel, stride)[0]
    total = (before - 1) * stride + kernel - after
    if total < 0:
        raise ValueError(
            f"a transposed convolution of kernel {kernel} and stride {stride} leaves gaps: use kernel >= stride"
        )
    return min(first, total), total - min(first, total)
