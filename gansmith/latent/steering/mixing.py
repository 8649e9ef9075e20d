"""Style mixing: a generator's coarse layers get one class, the fine ones another (after Karras et al. 2019).

In their networks the latent enters at every layer; here it enters at one place. The class may enter at every layer: with
conditioning "norm" (scale and shift of every batch norm) or "maps" (joined to every layer's input). So the classes are
mixed, with the same latent.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.networks.plan import ConcatLabels, ConditionalBatchNorm, Plan, leaves, shape_through
from gansmith.latent.decoder import Decoder, need_labels, need_pictures
from gansmith.latent.steering.first_layer import ROWS, as_arrays
from gansmith.nets.network import Network


def class_layers(plan: Plan) -> list[int]:
    """The indices of the top-level layers that take the class."""
    return [
        index
        for index, layer in enumerate(plan.layers)
        if any(isinstance(one, ConcatLabels | ConditionalBatchNorm) for _, one in leaves((layer,)))
    ]


def split(network: Network, plan: Plan, layer: int) -> tuple[Network, Network]:
    """A network as two: the layers before `layer`, and the rest."""
    arrays = as_arrays(network)
    first = Plan(plan.player, plan.input_shape, plan.layers[:layer])
    rest = Plan(plan.player, shape_through(first.layers, plan.input_shape), plan.layers[layer:])
    rest_arrays: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        number, _, tail = name.partition(".")
        if int(number) >= layer:
            rest_arrays[f"{int(number) - layer}.{tail}"] = array
    return Network(first, arrays).requires_grad_(False), Network(rest, rest_arrays).requires_grad_(False)


@torch.no_grad()
def mix(generator: Decoder, latents: np.ndarray, coarse: np.ndarray, fine: np.ndarray, after: int = 0) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) of latents (N, dim) with two classes each, int64 (N,).

    The first `after` layers that take a class get `coarse`, the others `fine`; after = 0: half of the layers. Raises
    RunError for a generator that takes its class at one layer only, or not at all.
    """
    need_pictures(generator, "mixing")
    need_labels(generator, "mixing")
    network = generator.network()
    plan = network.plan
    layers = [] if plan is None else class_layers(plan)
    if plan is None or len(layers) < 2:
        raise RunError(
            "this generator takes its class at one layer, so its layers cannot get two: train with "
            "--set generator.conditioning=norm (or maps)"
        )
    after = after or len(layers) // 2
    if not 1 <= after < len(layers):
        raise RunError(
            f"after {after}: this generator takes its class at {len(layers)} layers, so 1 to {len(layers) - 1}"
        )
    front, back = split(network, plan, layers[after])
    made: list[Tensor] = []
    for start in range(0, len(latents), ROWS):
        part = slice(start, start + ROWS)
        rows = torch.as_tensor(np.asarray(latents[part], np.float32))
        made.append(back(front(rows, torch.as_tensor(coarse[part])), torch.as_tensor(fine[part])))
    raw = torch.cat(made).float().permute(0, 2, 3, 1).numpy()
    return pixels.to_bytes(raw, generator.recipe.data.pixels)
