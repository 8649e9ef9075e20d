"""Style mixing: the coarse layers of a generator follow one class, the fine ones another (after Karras et al. 2019).

In their nets the latent acts at every layer; here it enters once, at the bottom, and what may act at every layer is the
class: with conditioning "norm" (it chooses scale and shift of every batch norm) or "maps" (it joins every layer's
input). So the classes are mixed, at one and the same latent.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.networks.plan import ConcatLabels, ConditionalBatchNorm, Layer, Plan, leaves, shape_through
from gansmith.latent.decoder import need_labels, need_pictures
from gansmith.latent.steering.first_layer import ROWS, Opened, as_arrays
from gansmith.nets.network import Network


def places(plan: Plan) -> list[int]:
    """The top-level layers of a plan that are told the class."""
    return [index for index, layer in enumerate(plan.layers) if _is_told(layer)]


def _is_told(layer: Layer) -> bool:
    return any(isinstance(one, ConcatLabels | ConditionalBatchNorm) for _, one in leaves((layer,)))


def split(network: Network, layer: int) -> tuple[Network, Network]:
    """A network as two: the layers before `layer`, and the rest."""
    assert network.plan is not None
    plan, arrays = network.plan, as_arrays(network)
    first = Plan(plan.player, plan.input_shape, plan.layers[:layer])
    rest = Plan(plan.player, shape_through(first.layers, plan.input_shape), plan.layers[layer:])
    moved: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        number, _, tail = name.partition(".")
        if int(number) >= layer:
            moved[f"{int(number) - layer}.{tail}"] = array
    return Network(first, arrays).requires_grad_(False), Network(rest, moved).requires_grad_(False)


@torch.no_grad()
def mix(generator: Opened, latents: np.ndarray, coarse: np.ndarray, fine: np.ndarray, after: int = 0) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) of latents (N, dim) whose first `after` places that are told a class are told
    `coarse` int64 (N,), and the others `fine`. after = 0: half of the places.

    Raises RunError for a generator that is told its class at one place only, or not at all.
    """
    need_pictures(generator, "mixing")
    need_labels(generator, "mixing")
    network = generator.network()
    told = [] if network.plan is None else places(network.plan)
    if len(told) < 2:
        raise RunError(
            "this generator is told its class at one place, so its layers cannot follow two: train with "
            "--set generator.conditioning=norm (or maps)"
        )
    after = after or len(told) // 2
    if not 1 <= after < len(told):
        raise RunError(
            f"after {after}: this generator is told its class at {len(told)} places, so 1 to {len(told) - 1}"
        )
    front, back = split(network, told[after])
    made: list[Tensor] = []
    for start in range(0, len(latents), ROWS):
        part = slice(start, start + ROWS)
        rows = torch.as_tensor(np.asarray(latents[part], np.float32))
        made.append(back(front(rows, torch.as_tensor(coarse[part])), torch.as_tensor(fine[part])))
    raw = torch.cat(made).float().permute(0, 2, 3, 1).numpy()
    return pixels.to_bytes(raw, generator.recipe.data.pixels)
