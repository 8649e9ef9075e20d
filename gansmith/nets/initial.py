"""Initial weights as NumPy arrays: a function of the seed alone, so both engines and every process start alike."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from gansmith.ground import streams
from gansmith.ground.networks.plan import Layer, Plan, Shape, leaves
from gansmith.ground.recipes.settings import NetSettings


def initial_weights(plan: Plan, settings: NetSettings, seed: int) -> dict[str, np.ndarray]:
    """Every array of a plan, trained and kept, named "<layer>.<name>" by the names of `plan.leaves`, float32."""
    rng = streams.generator(seed, "initial", turn=streams.PLAYERS.index(plan.player))
    return {
        f"{number}.{name}": _draw(rng, layer, name, shape, settings).astype(np.float32)
        for number, layer in leaves(plan.layers)
        for name, shape in {**layer.parameters(), **layer.buffers()}.items()
    }


def _draw(rng: np.random.Generator, layer: Layer, name: str, shape: Shape, settings: NetSettings) -> np.ndarray:
    """One array. Its name says what it is; a name of no other meaning is a singular vector's."""
    kind, scale = settings.initial, settings.initial_scale
    if name in ("shift", "mean") or (name == "bias" and kind != "pytorch"):
        return np.zeros(shape)
    if name == "variance" or (name == "scale" and kind != "normal"):
        return np.ones(shape)
    if name == "scale":  # N(1, scale), as in DCGAN
        return 1 + scale * rng.standard_normal(shape)
    if name not in ("weight", "embedding", "bias"):  # the start of a power iteration
        vector = rng.standard_normal(shape).astype(np.float32)
        return vector / np.linalg.norm(vector)
    if kind == "pytorch":
        # kaiming-uniform with a = sqrt(5): U(-1/sqrt(fan), 1/sqrt(fan)), biases too; PyTorch's fan is that of the
        # weight's second axis, of a transposed convolution too
        weight = shape if name == "embedding" else layer.parameters()["weight"]
        bound = scale / sqrt(prod(weight[1:]))
        return rng.uniform(-bound, bound, shape)
    fan_in, fan_out = layer.fans(name)
    if kind == "keras":  # glorot-uniform
        bound = scale * sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, shape)
    deviation = scale * sqrt(2 / fan_in) if kind == "he" else scale  # "normal"
    return deviation * rng.standard_normal(shape)
