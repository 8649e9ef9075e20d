"""A network as a list of layers, without torch: both engines run it, and its shapes, parameters and operations are
known before anything is built.

A kind of layer is one record here, and one class in each engine: `nets.layers` for torch, `by_hand` for NumPy.
"""

from gansmith.ground.networks.plan.arrangement import (
    ConcatLabels,
    Pack,
    PhaseShuffle,
    Reshape,
    ToChannels,
    ToPixels,
    Upsample,
)
from gansmith.ground.networks.plan.composites import AuxiliaryHead, Beside, Composite, Residual, Seen, Skip
from gansmith.ground.networks.plan.each_place import (
    Activation,
    BatchNorm,
    Clip,
    ConditionalBatchNorm,
    Dropout,
    GroupedSoftmax,
    Norm,
)
from gansmith.ground.networks.plan.layer import Layer, Shape, Sides, Size, down_and_across, leaves, shape_through
from gansmith.ground.networks.plan.network import Plan, Player
from gansmith.ground.networks.plan.weighted import Conv, ConvTranspose, DepthwiseConv, Linear, Projection, Weighted

__all__ = [
    "Activation",
    "AuxiliaryHead",
    "BatchNorm",
    "Beside",
    "Clip",
    "Composite",
    "ConcatLabels",
    "ConditionalBatchNorm",
    "Conv",
    "ConvTranspose",
    "DepthwiseConv",
    "Dropout",
    "GroupedSoftmax",
    "Layer",
    "Linear",
    "Norm",
    "Pack",
    "PhaseShuffle",
    "Plan",
    "Player",
    "Projection",
    "Reshape",
    "Residual",
    "Seen",
    "Shape",
    "Sides",
    "Size",
    "Skip",
    "ToChannels",
    "ToPixels",
    "Upsample",
    "Weighted",
    "down_and_across",
    "leaves",
    "shape_through",
]
