"""A run's discriminator outside training: its verdict and its features, differentiable, on pictures in [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.trained.generator import Generator, find_update
from gansmith.training import checkpoint as checkpoints

if TYPE_CHECKING:
    from torch import Tensor

    from gansmith.latent.inversion.projection import Features, Verdict
    from gansmith.nets.network import Network


def load_discriminator(folder: RunFolder, generator: Generator, checkpoint: str = "last") -> Network:
    """The discriminator of a checkpoint, frozen. Raises RunError."""
    from gansmith.nets.build import build_players
    from gansmith.nets.inference import load_arrays

    saved = checkpoints.saved_updates(folder)
    update = saved[-1] if checkpoint == "last" else find_update(folder, checkpoint)
    arrays = checkpoints.load_network(folder, update, "discriminator")
    _, network, _ = build_players(generator.recipe, generator.item_shape, generator.classes, generator.nets)
    load_arrays(network, {f"discriminator/{name}": array for name, array in arrays.items()}, "discriminator")
    return network.requires_grad_(False)


def verdict(network: Network, generator: Generator) -> Verdict:
    """Logits (B,) of pictures (B, C, H, W) in [0, 1] and their labels."""

    def judge(pictures: Tensor, labels: Tensor | None) -> Tensor:
        return network.discriminate(pixels.from_unit(pictures, generator.recipe.data.pixels), labels).overall

    return judge


def features(network: Network, generator: Generator) -> Features:
    """The discriminator's activations halfway to its verdict, of pictures (B, C, H, W) in [0, 1] and their labels.

    Raises RunError for networks of one's own, which have no plan.
    """
    from gansmith.ground.networks.plan import Activation, Plan, Residual
    from gansmith.latent.steering.first_layer import as_arrays
    from gansmith.nets.network import Network

    if network.plan is None:
        raise RunError("features of networks of your own are not known here: leave --perceptual out")
    ends = [index for index, layer in enumerate(network.plan.layers[:-1]) if isinstance(layer, Activation | Residual)]
    end = ends[len(ends) // 2] if ends else 0
    plan = Plan("discriminator", network.plan.input_shape, network.plan.layers[: end + 1])
    front = Network(plan, as_arrays(network)).requires_grad_(False)

    def read(pictures: Tensor, labels: Tensor | None) -> Tensor:
        return front(pixels.from_unit(pictures, generator.recipe.data.pixels), labels).flatten(1)

    return read
