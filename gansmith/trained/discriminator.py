"""A run's discriminator outside training: its logits and features of pictures in [0, 1], differentiable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.trained.generator import Generator
from gansmith.trained.parcel import pulled_from
from gansmith.training import checkpoint as checkpoints

if TYPE_CHECKING:
    from torch import Tensor

    from gansmith.latent.inversion.projection import PictureFunction
    from gansmith.nets.network import Network


def load_discriminator(folder: RunFolder, generator: Generator) -> Network:
    """The discriminator of the checkpoint that the generator was loaded from, frozen. Raises RunError."""
    from gansmith.nets.build import build_players
    from gansmith.nets.inference import load_arrays

    if generator.update is None:
        raise RunError(
            "this generator was not loaded from a run, so it has no discriminator: load it with gansmith.load(run)"
        )
    if (source := pulled_from(folder)) is not None:
        raise RunError(
            f"{folder.root} was pulled from {source} and holds a generator alone: this needs its discriminator too"
        )
    arrays = checkpoints.load_network(folder, generator.update, "discriminator")
    _, network, _ = build_players(generator.recipe, generator.item_shape, generator.classes, generator.nets)
    load_arrays(network, {f"discriminator/{name}": array for name, array in arrays.items()}, "discriminator")
    return network.requires_grad_(False)


def logits_function(folder: RunFolder, generator: Generator) -> PictureFunction:
    """Pictures (B, C, H, W) in [0, 1] and their labels -> logits (B,). Raises RunError."""
    network = load_discriminator(folder, generator)

    def logits(pictures: Tensor, labels: Tensor | None) -> Tensor:
        return network.discriminate(pixels.from_unit(pictures, generator.recipe.data.pixels), labels).overall

    return logits


def features_function(folder: RunFolder, generator: Generator) -> PictureFunction:
    """Pictures (B, C, H, W) in [0, 1] and their labels -> activations (B, features) of the middle layer.

    Raises RunError for your own networks, which have no plan.
    """
    from gansmith.ground.networks.plan import Activation, Plan, Residual
    from gansmith.latent.steering.layers import as_arrays
    from gansmith.nets.network import Network

    network = load_discriminator(folder, generator)
    if network.plan is None:
        raise RunError("features of networks of your own are not known here: leave --perceptual out")
    ends = [index for index, layer in enumerate(network.plan.layers[:-1]) if isinstance(layer, Activation | Residual)]
    end = ends[len(ends) // 2] if ends else 0
    plan = Plan("discriminator", network.plan.input_shape, network.plan.layers[: end + 1])
    front = Network(plan, as_arrays(network)).requires_grad_(False)
    return lambda pictures, labels: front(pixels.from_unit(pictures, generator.recipe.data.pixels), labels).flatten(1)
