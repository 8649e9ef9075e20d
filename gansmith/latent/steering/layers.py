"""Inside a generator's network: the first layer's weights and activations, and style mixing.

Style mixing (Karras et al. 2019) gives the coarse layers one thing and the fine ones another. With a mapping network that is
a style. Without one the latent enters at one place, and layers can have two classes: those enter at every layer with
conditioning "norm" (scale and shift of every batch norm) or "maps" (joined to every layer's input).
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.ground.errors import RunError, counted
from gansmith.ground.networks import plan as plans
from gansmith.ground.networks.plan import Plan
from gansmith.latent.decoder import Decoder, need_labels
from gansmith.nets.layers.torch_layer import ForwardContext
from gansmith.nets.modes import INFERENCE
from gansmith.nets.network import Network

ROWS = 1_024  # latents in one pass
WITH_WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def weights(generator: Decoder) -> np.ndarray:
    """The first layer as a matrix (features, dim), with the norm that follows it; of class 0 if labelled.

    Of a generator whose latents are styles: what all norms make of a style.
    """
    if (styled := style_weights(generator.network())) is not None:
        return styled
    dim = generator.latent_dim
    probes = np.concatenate([np.zeros((1, dim)), np.eye(dim)]).astype(np.float32)
    labels = np.zeros(dim + 1, np.int64) if generator.classes else None
    outputs = activations(generator, probes, labels).astype(np.float64)
    return (outputs[1:] - outputs[0]).T  # the layer is affine, so differences from 0 are its matrix


def style_weights(network: Network) -> np.ndarray | None:
    """The scales and shifts that styles give to all norms as a matrix (features, dim); None where latents are no styles."""
    layers = () if network.plan is None else network.plan.layers
    if not any(isinstance(layer, plans.Style) for layer in layers[1:2]):
        return None
    arrays = as_arrays(network)
    norms = [name for name, layer in plans.leaves(layers) if isinstance(layer, plans.StyledNorm)]
    return np.concatenate([arrays[f"{name}.weight"] for name in norms]) @ arrays["0.weight"]


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
        if isinstance(plan.layers[index], plans.Norm):
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
        if any(getattr(one, "classes", 0) for _, one in plans.leaves((layer,)))
    ]


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
            f"after = {after}: this generator takes its class at {counted(len(layers), 'layer')}, so give 1 to {len(layers) - 1}"
        )
    made: list[Tensor] = []
    for start in range(0, len(latents), ROWS):
        part = slice(start, start + ROWS)
        x, labels = torch.as_tensor(np.asarray(latents[part], np.float32)), torch.as_tensor(fine[part])
        context = ForwardContext(torch.as_tensor(coarse[part]), INFERENCE)
        for index, layer in enumerate(network.layers):
            if index == layers[after]:
                context.labels = labels
            x = layer(x, context)
        made.append(x)
    raw = torch.cat(made).float().permute(0, 2, 3, 1).numpy()
    return generator.kind.items_of(raw, generator.recipe.data, generator.units)


def mixed_styles(latents: np.ndarray, stages: int, after: int) -> np.ndarray:
    """Every two of N rows mixed, (N, N, stages x dim): the first `after` stages have the styles of the first one's row.

    latents: (N, stages x dim), a style for each stage; after = 0: half of the stages. Raises RunError.
    """
    after = after or stages // 2
    if not 1 <= after < stages:
        raise RunError(f"after = {after}: this generator has {stages} stages, so give 1 to {stages - 1}")
    count, dim = latents.shape
    made = np.tile(latents, (count, 1, 1))
    made[:, :, : after * dim // stages] = latents[:, None, : after * dim // stages]
    return made
