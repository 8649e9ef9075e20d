"""Every kind of layer as a torch module. `LAYERS` is the table: a new kind is a class and a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gansmith.ground.networks import plan
from gansmith.nets.layers import composites, elementwise, norms, shapes, softmax, weighted
from gansmith.nets.layers.torch_layer import Place, Sequential, TorchLayer

LAYERS: dict[type[plan.Layer], type[TorchLayer[Any]]] = {
    plan.Linear: weighted.Linear,
    plan.Conv: weighted.Conv,
    plan.DepthwiseConv: weighted.DepthwiseConv,
    plan.ConvTranspose: weighted.ConvTranspose,
    plan.Projection: weighted.Projection,
    plan.BatchNorm: norms.BatchNorm,
    plan.ConditionalBatchNorm: norms.ConditionalBatchNorm,
    plan.StyledNorm: norms.StyledNorm,
    plan.Activation: elementwise.Activation,
    plan.Clip: elementwise.Clip,
    plan.Dropout: elementwise.Dropout,
    plan.GroupedSoftmax: softmax.GroupedSoftmax,
    plan.PhaseShuffle: shapes.PhaseShuffle,
    plan.Pack: shapes.Pack,
    plan.Reshape: shapes.Reshape,
    plan.ConcatLabels: shapes.ConcatLabels,
    plan.Style: shapes.Style,
    plan.Upsample: shapes.Upsample,
    plan.ToPixels: shapes.ToPixels,
    plan.ToChannels: shapes.ToChannels,
    plan.Residual: composites.Residual,
    plan.Skip: composites.Skip,
    plan.Beside: composites.Beside,
    plan.Seen: shapes.Seen,
    plan.AuxiliaryHead: composites.AuxiliaryHead,
}


def build(layers: tuple[plan.Layer, ...], arrays: Mapping[str, Tensor], prefix: str = "") -> Sequential:
    """The modules of a stack of layers whose names begin with `prefix`; arrays are named "<layer>.<name>"."""
    made = Sequential()
    for index, record in enumerate(layers):
        name = f"{prefix}{index}"
        before, after = layers[max(index - 1, 0) : index], layers[index + 1 : index + 2]
        inner = {key: build(stack, arrays, f"{name}.{key}.") for key, stack in record.sublayers().items()}
        place = Place(name, arrays, next(iter(before), None), next(iter(after), None), inner)
        made.append(LAYERS[type(record)](record, place))
    return made
