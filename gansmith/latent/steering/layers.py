"""Inside a generator's network: the first layer's weights and activations, and style mixing.

Style mixing gives the coarse layers one class and the fine ones another, with the same latent (after Karras et al. 2019,
whose networks get the latent at every layer; here it enters at one place). The class enters at every layer with
conditioning "norm" (scale and shift of every batch norm) or "maps" (joined to every layer's input).
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.ground.errors import RunError
from gansmith.ground.networks import plan as plans
from gansmith.ground.networks.plan import Plan
from gansmith.latent.decoder import Decoder, need_labels
from gansmith.nets.network import Network

ROWS = 1_024  # latents in one pass
WITH_WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def weights(generator: Decoder) -> np.ndarray:
    """The first layer as a matrix (features, dim), with the norm that follows it; of class 0 if labelled."""
    dim = generator.latent_dim
    probes = np.concatenate([np.zeros((1, dim)), np.eye(dim)]).astype(np.float32)
    labels = np.zeros(dim + 1, np.int64) if generator.classes else None
    outputs = activations(generator, probes, labels).astype(np.float64)
    return (outputs[1:] - outputs[0]).T  # the layer is affine, so differences from 0 are its matrix


@torch.no_grad()
def activations(generator: Decoder, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """The first layer's output for latents (N, dim), before the activation function: float32 (N, features)."""
    network = generator.network()
    if network.plan is None:
        front = partial(first_output, network)
    else:
        front = Network(front_of(network.plan), as_arrays(network))
    parts: list[np.ndarray] = []
    for start in range(0, len(latents), ROWS):
        some = None if labels is None else torch.as_tensor(labels[start : start + ROWS])
        made = front(torch.as_tensor(np.asarray(latents[start : start + ROWS], np.float32)), some)
        parts.append(made.flatten(1).float().numpy())
    return np.concatenate(parts)


def front_of(plan: Plan) -> Plan:
    """The plan up to its first layer with weights and the norm right after it. Raises RunError if there is none."""
    first = next((index for index, layer in enumerate(plan.layers) if isinstance(layer, plans.Weighted)), None)
    if first is None:
        raise RunError("this generator has no first layer of weights: directions by regression work with every net")
    end = first
    for index in range(first + 1, len(plan.layers)):
        if isinstance(plan.layers[index], plans.BatchNorm | plans.ConditionalBatchNorm):
            end = index
        elif not isinstance(plan.layers[index], plans.Reshape):
            break
    return Plan("generator", plan.input_shape, plan.layers[: end + 1])


def as_arrays(network: Network) -> dict[str, np.ndarray]:
    """A network's arrays in NumPy."""
    return {name: array.detach().numpy() for name, array in network.arrays().items()}


def first_output(network: nn.Module, latents: Tensor, labels: Tensor | None) -> Tensor:
    """The output (N, ...) of the first linear layer or convolution that a user's own network calls. Raises RunError."""
    outputs: list[Tensor] = []
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output: outputs.append(output.detach().clone()))
        for module in network.modules()
        if isinstance(module, WITH_WEIGHTS)
    ]
    try:
        network(latents, labels)
    finally:
        for hook in hooks:
            hook.remove()
    if not outputs:
        raise RunError("this generator has no linear layer or convolution: directions by regression work with any")
    return outputs[0]


def class_layers(plan: Plan) -> list[int]:
    """The indices of the top-level layers that take the class."""
    return [
        index
        for index, layer in enumerate(plan.layers)
        if any(isinstance(one, plans.ConcatLabels | plans.ConditionalBatchNorm) for _, one in plans.leaves((layer,)))
    ]


def split(network: Network, plan: Plan, layer: int) -> tuple[Network, Network]:
    """A network as two: the layers before `layer`, and the rest."""
    arrays = as_arrays(network)
    first = Plan(plan.player, plan.input_shape, plan.layers[:layer])
    rest = Plan(plan.player, plans.shape_through(first.layers, plan.input_shape), plan.layers[layer:])
    rest_arrays: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        number, _, tail = name.partition(".")
        if int(number) >= layer:
            rest_arrays[f"{int(number) - layer}.{tail}"] = array
    return Network(first, arrays).requires_grad_(False), Network(rest, rest_arrays).requires_grad_(False)


@torch.no_grad()
def mix(generator: Decoder, latents: np.ndarray, coarse: np.ndarray, fine: np.ndarray, after: int = 0) -> np.ndarray:
    """Items, as pictures uint8 (N, H, W, C), of latents (N, dim) with two classes each, int64 (N,).

    The first `after` layers that take a class get `coarse`, the others `fine`; after = 0: half of the layers. Raises
    RunError for a generator that takes its class at one layer only, or not at all.
    """
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
            f"after = {after}: this generator takes its class at {len(layers)} layers, so give 1 to {len(layers) - 1}"
        )
    front, back = split(network, plan, layers[after])
    made: list[Tensor] = []
    for start in range(0, len(latents), ROWS):
        part = slice(start, start + ROWS)
        rows = torch.as_tensor(np.asarray(latents[part], np.float32))
        made.append(back(front(rows, torch.as_tensor(coarse[part])), torch.as_tensor(fine[part])))
    raw = torch.cat(made).float().permute(0, 2, 3, 1).numpy()
    return generator.kind.items_of(raw, generator.recipe.data, generator.units)
