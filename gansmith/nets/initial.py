"""Initial weights as NumPy arrays. They depend on the seed alone, so both engines and every process start alike."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from gansmith.ground import streams
from gansmith.ground.networks.even import evened, evened_layers, matrix
from gansmith.ground.networks.plan import Layer, Linear, Plan, Shape, Style, leaves
from gansmith.ground.recipes.settings import NetSettings

SLOWER = 100.0
"""How much larger the weights of a mapping network begin. The norm after them undoes it, so that they only learn slower by it, as
they have to (Karras et al. 2019): at the rate of the other layers styles fall together into a few directions."""


def initial_weights(plan: Plan, settings: NetSettings, seed: int) -> dict[str, np.ndarray]:
    """Every parameter and buffer of a plan, float32, named "<layer>.<name>" with the layer names of `plan.leaves`."""
    rng = streams.generator(seed, "initial", turn=streams.PLAYERS.index(plan.player))
    drawn = {
        f"{number}.{name}": _draw(rng, layer, name, shape, settings).astype(np.float32)
        for number, layer in leaves(plan.layers)
        for name, shape in {**layer.parameters(), **layer.buffers()}.items()
    }
    for name in mapping_weights(plan):
        drawn[name] *= np.float32(SLOWER)
        drawn[f"{int(name.partition('.')[0]) + 1}.variance"] *= np.float32(SLOWER**2)  # of the norm after it
    for number, layer in evened_layers(plan).items():
        projection = matrix(layer).astype(np.float32)
        for name in layer.parameters():
            drawn[f"{number}.{name}"] = evened(layer, name, drawn[f"{number}.{name}"], projection)
    return drawn


def mapping_weights(plan: Plan) -> list[str]:
    """The weights of a mapping network, each of which a batch norm follows."""
    cut = next((index for index, layer in enumerate(plan.layers) if isinstance(layer, Style)), 0)
    return [f"{index}.weight" for index, layer in enumerate(plan.layers[:cut]) if isinstance(layer, Linear)]


def _draw(rng: np.random.Generator, layer: Layer, name: str, shape: Shape, settings: NetSettings) -> np.ndarray:
    kind, scale = settings.initial, settings.initial_scale
    if name in ("shift", "mean") or (name == "bias" and kind != "pytorch"):
        return np.zeros(shape)
    if name == "variance" or (name == "scale" and kind != "normal"):
        return np.ones(shape)
    if name == "scale":  # N(1, scale), as in DCGAN
        return 1 + scale * rng.standard_normal(shape)
    if name not in ("weight", "embedding", "bias"):  # a singular vector: the start of a power iteration
        vector = rng.standard_normal(shape).astype(np.float32)
        return vector / np.linalg.norm(vector)
    if kind == "pytorch":
        # kaiming-uniform with a = sqrt(5): U(-1/sqrt(fan), 1/sqrt(fan)), biases too. PyTorch takes the fan of the
        # weight's second axis, even for a transposed convolution
        weight = shape if name == "embedding" else layer.parameters()["weight"]
        bound = scale / sqrt(prod(weight[1:]))
        return rng.uniform(-bound, bound, shape)
    fan_in, fan_out = layer.fans(name)
    if kind == "keras":  # glorot-uniform
        bound = scale * sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, shape)
    deviation = scale * sqrt(2 / fan_in) if kind == "he" else scale  # "normal"
    return deviation * rng.standard_normal(shape)
