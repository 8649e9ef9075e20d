"""The first layer of any generator: how it answers to latents, and what it makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.ground.errors import RunError
from gansmith.ground.networks.plan import BatchNorm, ConditionalBatchNorm, Plan, Reshape, Weighted
from gansmith.latent.decoder import Decoder
from gansmith.nets.network import Network

ROWS = 1_024  # latents in one pass
WITH_WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


class Opened(Decoder, Protocol):
    """A generator whose network can be looked into."""

    def network(self) -> Network:
        """The torch module in inference mode."""
        ...


def weights(generator: Opened) -> np.ndarray:
    """The first layer as a matrix (features, dim), the norm that follows it included: what a unit of each latent
    coordinate adds to its output. In a labelled generator, for class 0."""
    dim = generator.latent_dim
    probes = np.concatenate([np.zeros((1, dim)), np.eye(dim)]).astype(np.float32)
    labels = np.zeros(dim + 1, np.int64) if generator.classes else None
    answers = activations(generator, probes, labels).astype(np.float64)
    return (answers[1:] - answers[0]).T  # the layer is affine, so differences from 0 are its matrix


@torch.no_grad()
def activations(generator: Opened, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """What the first layer makes of latents (N, dim), before its activation function: float32 (N, features)."""
    network = generator.network()
    front = Listener(network) if network.plan is None else Network(front_of(network.plan), as_arrays(network))
    parts: list[np.ndarray] = []
    for start in range(0, len(latents), ROWS):
        some = None if labels is None else torch.as_tensor(labels[start : start + ROWS])
        made = front(torch.as_tensor(np.asarray(latents[start : start + ROWS], np.float32)), some)
        parts.append(made.flatten(1).float().numpy())
    return np.concatenate(parts)


def front_of(plan: Plan) -> Plan:
    """The plan up to its first weights and the norm right after them. Raises RunError where there are none."""
    first = next((index for index, layer in enumerate(plan.layers) if isinstance(layer, Weighted)), None)
    if first is None:
        raise RunError("this generator has no first layer of weights: directions by regression work with every net")
    end = first
    for index in range(first + 1, len(plan.layers)):
        if isinstance(plan.layers[index], BatchNorm | ConditionalBatchNorm):
            end = index
        elif not isinstance(plan.layers[index], Reshape):
            break
    return Plan("generator", plan.input_shape, plan.layers[: end + 1])


def as_arrays(network: Network) -> dict[str, np.ndarray]:
    """A network's arrays in NumPy."""
    return {name: array.detach().numpy() for name, array in network.arrays().items()}


@dataclass
class Listener:
    """Runs a user's own network and returns what its first layer of weights said."""

    network: nn.Module
    heard: list[Tensor] = field(default_factory=list)

    def __call__(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """The first output (N, ...) of any linear layer or convolution in a pass."""
        self.heard.clear()
        hooks = [
            module.register_forward_hook(lambda _module, _given, out: self.heard.append(out.detach().clone()))
            for module in self.network.modules()
            if isinstance(module, WITH_WEIGHTS)
        ]
        try:
            self.network(latents, labels)
        finally:
            for hook in hooks:
                hook.remove()
        if not self.heard:
            raise RunError("this generator has no linear layer or convolution: directions by regression work with any")
        return self.heard[0]
