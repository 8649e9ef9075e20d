"""The first layer of any generator: its weights as seen by the latents, and its activations."""

from __future__ import annotations

from math import prod
from typing import Protocol

import numpy as np
import torch

from gansmith.game.torch_game import run_in_chunks
from gansmith.ground.errors import RunError
from gansmith.ground.plan import BatchNorm, ConcatLabels, Linear, Plan, Reshape, shape_after
from gansmith.latent.decoder import Decoder
from gansmith.nets.network import Network


class Opened(Decoder, Protocol):
    """A generator whose network can be looked into."""

    def network(self) -> Network:
        """The torch module in inference mode."""
        ...


def weights(generator: Opened) -> np.ndarray:
    """How the first layer answers to latents: (features, dim), the batch norm that follows it folded in."""
    network = generator.network()
    if network.plan is None:
        return _own_weights(generator)
    plan, index = _plan(network)
    weight = network.array(index, "weight").detach().double().numpy()[:, : generator.latent_dim]
    norm, channels = _norm_after(plan, index)
    if norm is not None:
        scale = (
            network.array(norm, "scale").double()
            / (
                network.array(norm, "variance").double() + plan.layers[norm].epsilon  # pyright: ignore[reportAttributeAccessIssue]
            ).sqrt()
        )
        weight = weight * np.repeat(scale.detach().numpy(), len(weight) // channels)[:, None]
    return weight


def activations(generator: Opened, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """What the first layer makes of latents, norm included, before its activation function: float32 (N, features)."""
    network = generator.network()
    if network.plan is None:
        return latents @ _own_weights(generator).T.astype(np.float32)
    plan, index = _plan(network)
    norm, _ = _norm_after(plan, index)
    layers = plan.layers[: (index if norm is None else norm) + 1]
    arrays = {name: array.detach().numpy() for name, array in network.arrays().items()}
    front = Network(Plan("generator", plan.input_shape, layers), arrays)
    if not front.plan.classes:
        labels = None
    made = run_in_chunks(front, latents, labels, torch.device("cpu"), torch.float32)
    return made.reshape(len(latents), -1)


def _plan(network: Network) -> tuple[Plan, int]:
    """The plan and the index of its first weights, which must take latents directly."""
    assert network.plan is not None
    for index, layer in enumerate(network.plan.layers):
        if isinstance(layer, Linear):
            return network.plan, index
        if not isinstance(layer, ConcatLabels):
            break
    raise RunError("this generator's first layer is not a linear one: directions by regression work with every net")


def _norm_after(plan: Plan, index: int) -> tuple[int | None, int]:
    """The batch norm that follows layer `index` with nothing but a reshape between, and its channels."""
    shape = shape_after(plan.layers[index], (plan.layers[index].inputs,))  # pyright: ignore[reportAttributeAccessIssue]
    for after in range(index + 1, len(plan.layers)):
        layer = plan.layers[after]
        if isinstance(layer, BatchNorm):
            return after, shape[0]
        if not isinstance(layer, Reshape):
            break
        shape = layer.shape
    return None, prod(shape)


def _own_weights(generator: Opened) -> np.ndarray:
    """The first weights of a user's own network that take latents: a matrix (features, at least dim)."""
    for module in generator.network().modules():
        weight = getattr(module, "weight", None)
        if isinstance(module, torch.nn.Linear) and isinstance(weight, torch.Tensor):
            return weight.detach().double().numpy()[:, : generator.latent_dim]
        if isinstance(module, torch.nn.ConvTranspose2d) and isinstance(weight, torch.Tensor):
            return weight.detach().double().numpy()[: generator.latent_dim].reshape(generator.latent_dim, -1).T
    raise RunError("no linear layer takes this generator's latents: directions by regression work with every net")
