"""A generator as the renderer reads it: a table of its layers (JSON), and the bytes of its arrays.

What a pass outside training does not need is folded away here: the power iteration of spectral normalisation, the averages
of batch norm, dropout. Weights become matrices (depth, columns), in the order in which the renderer walks over a picture:
channels last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gansmith.ground.networks import plan as plans
from gansmith.ground.networks.cost import activations
from gansmith.ground.networks.plan import Layer, Plan, Shape, Weighted
from gansmith.nets import plan_generator
from gansmith.trained.generator import Generator
from gansmith.web.formats import FORMATS

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Model:
    """What goes into a page."""

    table: dict[str, Any]
    data: bytes


# ---- the generator without what only training needs


def of_generator(generator: Generator) -> tuple[Plan, dict[str, np.ndarray]]:
    """The plan of a built-in generator and its arrays, after `settled`."""
    whole = plan_generator(generator.recipe, generator.item_shape, generator.classes)
    layers, arrays = settled(whole.layers, generator.arrays)
    return Plan("generator", whole.input_shape, layers), arrays


def identity(plan: Plan, arrays: Arrays) -> str:
    """A short name of the function that they are: saved pictures say by it which generator made them."""
    digest = hashlib.sha256(repr(plan.layers).encode())
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name], "<f4").tobytes())
    return digest.hexdigest()[:16]


def for_seeds(generator: Generator) -> dict[str, Any]:
    """What a seed needs to become a picture, besides the network."""
    return {
        "latent": {"dim": generator.latent_dim, "law": generator.recipe.latent.law},
        "pixels": generator.recipe.data.pixels,
        "classes": generator.label_names(),
        "counts": list(generator.labelling.counts),
    }


def settled(
    layers: tuple[Layer, ...], arrays: Arrays, prefix: str = ""
) -> tuple[tuple[Layer, ...], dict[str, np.ndarray]]:
    """Layers and arrays of the same function without spectral normalisation: weights are divided once and for all."""
    kept: list[Layer] = []
    used: dict[str, np.ndarray] = {}
    for index, layer in enumerate(layers):
        name = f"{prefix}{index}"
        stacks = {which: settled(stack, arrays, f"{name}.{which}.") for which, stack in layer.sublayers().items()}
        own = {f"{name}.{which}": arrays[f"{name}.{which}"] for which in (*layer.parameters(), *layer.buffers())}
        for _, inner in stacks.values():
            own |= inner
        if isinstance(layer, Weighted) and layer.spectral:
            own[f"{name}.weight"] = divided(own[f"{name}.weight"], own.pop(f"{name}.left"))
            layer = replace(layer, spectral=False)  # pyright: ignore[reportArgumentType] - every kind is a dataclass
        elif stacks:
            layer = replace(layer, **{which: stack for which, (stack, _) in stacks.items()})  # pyright: ignore
        kept.append(layer)
        used |= own
    return tuple(kept), used


def divided(weight: np.ndarray, left: np.ndarray) -> np.ndarray:
    """A weight over its largest singular value, by the one power iteration that a pass makes (`nets.layers.weighted`)."""
    matrix = weight.reshape(len(weight), -1).astype(np.float64)
    right = matrix.T @ left
    right /= max(float(np.linalg.norm(right)), 1e-12)
    image = matrix @ right
    return (weight / max(float(np.linalg.norm(image)), 1e-12)).astype(np.float32)


# ---- weights as matrices


def to_matrix(layer: Layer, weight: np.ndarray) -> np.ndarray:
    """A plan's weight as (depth, columns); other arrays as they are."""
    match layer:
        case plans.Linear():
            return weight.T
        case plans.Conv():  # (out, in, k, k) -> (k k in, out)
            return weight.transpose(2, 3, 1, 0).reshape(-1, layer.outputs)
        case plans.ConvTranspose():  # (in, out, k, k) -> (in, k k out)
            return weight.transpose(0, 2, 3, 1).reshape(layer.inputs, -1)
    return weight


def from_matrix(layer: Layer, matrix: np.ndarray) -> np.ndarray:
    """The inverse of `to_matrix`."""
    match layer:
        case plans.Linear():
            return matrix.T
        case plans.Conv():
            return matrix.reshape(*layer.weight_shape()[2:], layer.inputs, layer.outputs).transpose(3, 2, 0, 1)
        case plans.ConvTranspose():
            return matrix.reshape(layer.inputs, *layer.weight_shape()[2:], layer.outputs).transpose(0, 3, 1, 2)
    return matrix


def rounded(plan: Plan, arrays: Arrays, weights: str) -> dict[str, np.ndarray]:
    """The arrays as a browser reads them back, in the plan's shapes. plan: after `settled`."""
    read = FORMATS[weights].rounded
    changed = {
        f"{name}.weight": from_matrix(layer, read(to_matrix(layer, arrays[f"{name}.weight"])))
        for name, layer in plans.leaves(plan.layers)
        if isinstance(layer, Weighted)
    }
    return {**arrays, **changed}


# ---- the table of layers


class Writer:
    """Collects arrays, and writes a record for each layer."""

    def __init__(self, arrays: Arrays, weights: str) -> None:
        self.arrays, self.weights = arrays, weights
        self.rows: list[dict[str, Any]] = []
        self.data = bytearray()

    def put(self, array: np.ndarray, format: str = "fp32") -> int:
        """Append an array; returns its number."""
        self.rows.append({"format": format, "at": len(self.data), "shape": list(array.shape)})
        self.data += FORMATS[format].write(np.ascontiguousarray(array, np.float32))
        return len(self.rows) - 1

    def records(self, layers: tuple[Layer, ...], prefix: str = "") -> list[dict[str, Any]]:
        """The records of layers, in order; layers that do nothing outside training have none."""
        rows = [
            (type(layer).__name__, RECORDS[type(layer)](self, layer, f"{prefix}{index}"))
            for index, layer in enumerate(layers)
        ]
        return [{"kind": kind, **fields} for kind, fields in rows if fields is not None]

    def product(self, layer: Weighted, name: str) -> dict[str, Any]:
        """The arrays of a layer with a weight."""
        weight = to_matrix(layer, self.arrays[f"{name}.weight"])
        bias = self.put(self.arrays[f"{name}.bias"]) if layer.bias else None
        return {"weight": self.put(weight, self.weights), "bias": bias}

    def norm(self, layer: plans.BatchNorm | plans.ConditionalBatchNorm | plans.StyledNorm, name: str) -> dict[str, Any]:
        """Batch norm with its running averages: a factor and a constant for each feature, of each class if labelled."""
        scale, shift, mean, variance = (
            self.arrays[f"{name}.{which}"].astype(np.float64) for which in ("scale", "shift", "mean", "variance")
        )
        factor = scale / np.sqrt(variance + layer.epsilon)
        return {"scale": self.put(factor), "shift": self.put(shift - mean * factor)}

    def styled_norm(self, layer: plans.StyledNorm, name: str) -> dict[str, Any]:
        """The same, and what a style adds to the factors and the constants: a matrix (2 x features, style)."""
        scale, shift = np.split(self.arrays[f"{name}.weight"].astype(np.float64), 2)
        mean, variance = (self.arrays[f"{name}.{which}"].astype(np.float64)[:, None] for which in ("mean", "variance"))
        factor = scale / np.sqrt(variance + layer.epsilon)
        weight = np.concatenate([factor, shift - mean * factor])
        return {"weight": self.put(weight), "style": layer.style} | self.norm(layer, name)


def _convolution(writer: Writer, layer: plans.Conv, name: str) -> dict[str, Any]:
    fields = {"kernel": layer.kernel, "stride": layer.stride, "padding": layer.padding}
    return fields | writer.product(layer, name)


def _transposed(writer: Writer, layer: plans.ConvTranspose, name: str) -> dict[str, Any]:
    fields = {"kernel": layer.kernel, "stride": layer.stride, "crop": layer.crop, "outputs": layer.outputs}
    return fields | writer.product(layer, name)


def _residual(writer: Writer, layer: plans.Residual, name: str) -> dict[str, Any]:
    stacks = {which: writer.records(stack, f"{name}.{which}.") for which, stack in layer.sublayers().items()}
    return {"scale": layer.scale, **stacks}


RECORDS: dict[type[Layer], Callable[[Writer, Any, str], dict[str, Any] | None]] = {
    plans.Linear: Writer.product,
    plans.Conv: _convolution,
    plans.ConvTranspose: _transposed,
    plans.BatchNorm: Writer.norm,
    plans.ConditionalBatchNorm: Writer.norm,
    plans.Style: lambda _, layer, name: {},
    plans.StyledNorm: Writer.styled_norm,
    plans.Activation: lambda _, layer, name: {"function": layer.kind, "slope": layer.slope},
    plans.Dropout: lambda _, layer, name: None,
    plans.Reshape: lambda _, layer, name: {"shape": layer.shape},
    plans.ConcatLabels: lambda _, layer, name: {"classes": layer.classes},
    plans.Upsample: lambda _, layer, name: {"factor": layer.factor, "size": layer.size},
    plans.ToPixels: lambda _, layer, name: {"factor": layer.factor},
    plans.Residual: _residual,
}
"""How each kind of layer of a generator is written. The renderer has a class of the same name for each but dropout."""


def write(plan: Plan, arrays: Arrays, weights: str) -> Model:
    """The layers and arrays of a generator. plan and arrays: after `settled`."""
    writer = Writer(arrays, weights)
    table = {
        "layers": writer.records(plan.layers),
        "arrays": writer.rows,
        "output": channels_last(plan.output_shape),
        "activations": activations(plan),
    }
    return Model(table, bytes(writer.data))


def channels_last(shape: Shape) -> list[int]:
    """(channels, height, width) as [height, width, channels]; (features,) as it is."""
    return [*shape[1:], shape[0]] if len(shape) == 3 else list(shape)
