"""Initial weights as NumPy arrays: a function of the seed alone, so both engines and every rank begin alike."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from gansmith.ground import streams
from gansmith.ground.networks.plan import (
    BatchNorm,
    ConditionalBatchNorm,
    ConvTranspose,
    Plan,
    Shape,
    buffers,
    leaves,
    parameters,
)
from gansmith.ground.settings import NetSettings


def initial_weights(plan: Plan, settings: NetSettings, seed: int) -> dict[str, np.ndarray]:
    """Every array of a plan, trained and kept, named "<layer>.<name>" by the names of `plan.leaves`, float32."""
    rng = streams.generator(seed, "initial", turn=streams.PLAYERS.index(plan.player))
    arrays: dict[str, np.ndarray] = {}
    for number, layer in leaves(plan.layers):
        shapes = parameters(layer)
        for name, shape in shapes.items():
            if isinstance(layer, BatchNorm | ConditionalBatchNorm):
                arrays[f"{number}.{name}"] = _norm_scale(rng, name, shape, settings)
            else:
                fans = shape if name == "embedding" else shapes["weight"]
                transposed = isinstance(layer, ConvTranspose)
                arrays[f"{number}.{name}"] = _draw(rng, name, shape, fans, settings, transposed)
        for name, shape in buffers(layer).items():
            arrays[f"{number}.{name}"] = _buffer(rng, name, shape)
    return arrays


def _draw(
    rng: np.random.Generator, name: str, shape: Shape, weight: Shape, settings: NetSettings, transposed: bool
) -> np.ndarray:
    """A weight or a bias under the law that `settings.initial` names."""
    receptive = prod(weight[2:])
    fan_out, fan_in = weight[0] * receptive, weight[1] * receptive
    if transposed:  # its weight is (in, out, k, k), but a transposed convolution's input has weight[0] channels
        fan_in, fan_out = fan_out, fan_in
    if settings.initial == "pytorch":
        # kaiming-uniform with a = sqrt(5): U(-1/sqrt(fan), 1/sqrt(fan)), biases too; PyTorch takes weight[1] as fan
        bound = settings.initial_scale / sqrt(weight[1] * receptive)
        return rng.uniform(-bound, bound, shape).astype(np.float32)
    if name == "bias":
        return np.zeros(shape, np.float32)
    if settings.initial == "keras":  # glorot-uniform
        bound = settings.initial_scale * sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, shape).astype(np.float32)
    if settings.initial == "he":  # N(0, 2 / fan_in)
        return (settings.initial_scale * sqrt(2 / fan_in) * rng.standard_normal(shape)).astype(np.float32)
    return (settings.initial_scale * rng.standard_normal(shape)).astype(np.float32)  # "normal"


def _norm_scale(rng: np.random.Generator, name: str, shape: Shape, settings: NetSettings) -> np.ndarray:
    """Batch norm starts as the identity; under "normal" its scale is N(1, std), as in DCGAN."""
    if name == "shift":
        return np.zeros(shape, np.float32)
    if settings.initial == "normal":
        return (1 + settings.initial_scale * rng.standard_normal(shape)).astype(np.float32)
    return np.ones(shape, np.float32)


def _buffer(rng: np.random.Generator, name: str, shape: Shape) -> np.ndarray:
    if name == "mean":
        return np.zeros(shape, np.float32)
    if name == "variance":
        return np.ones(shape, np.float32)
    vector = rng.standard_normal(shape).astype(np.float32)  # "left": the start of a power iteration
    return vector / np.linalg.norm(vector)
