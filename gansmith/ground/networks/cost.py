"""What a plan costs: numbers to train, operations to compute, activations to keep. Nothing has to be built for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from gansmith.ground.networks.plan import (
    Aside,
    BatchNorm,
    ConditionalBatchNorm,
    Conv,
    ConvTranspose,
    Layer,
    Linear,
    Plan,
    Projection,
    Residual,
    Shape,
    Skip,
    buffers,
    leaves,
    parameters,
    shape_after,
)
from gansmith.ground.settings import Recipe


@dataclass(frozen=True)
class Count:
    """Arrays of a plan: trained numbers, and batch statistics. Publications quote their sum."""

    trained: int
    batch_statistics: int

    @property
    def total(self) -> int:
        """Trained numbers and batch statistics together."""
        return self.trained + self.batch_statistics


def count(plan: Plan) -> Count:
    """The parameter counts of a plan."""
    named = [layer for _, layer in leaves(plan.layers)]
    trained = sum(prod(shape) for layer in named for shape in parameters(layer).values())
    norms = [layer for layer in named if isinstance(layer, BatchNorm | ConditionalBatchNorm)]
    return Count(trained, sum(prod(shape) for layer in norms for shape in buffers(layer).values()))


def operations(plan: Plan) -> int:
    """Multiplications and additions of one item's forward pass through the linear and convolution layers."""
    return _through(plan.layers, plan.input_shape, _products)


def activations(plan: Plan) -> int:
    """Numbers that one item's forward pass keeps for the backward pass (an upper bound)."""
    return prod(plan.input_shape) + _through(plan.layers, plan.input_shape, lambda _, before, after: prod(after))


def update_operations(recipe: Recipe, generator: int, discriminator: int) -> int:
    """Operations of an update. generator, discriminator: operations of an item's forward pass.

    A forward pass counts once, a backward pass twice, a gradient penalty four times.
    """
    batch, feedback = recipe.data.batch, recipe.feedback
    forward_only = 0 if feedback.latents == "same" else generator
    discriminator_steps = feedback.discriminator_turns * (2 * 3 * discriminator + forward_only)
    if recipe.regularizer.name != "none":
        discriminator_steps += feedback.discriminator_turns * 4 * discriminator // recipe.regularizer.interval
    generator_steps = feedback.generator_turns * (3 * generator + 2 * discriminator)
    return batch * (discriminator_steps + generator_steps)


def _through(layers: tuple[Layer, ...], shape: Shape, cost: Callable[[Layer, Shape, Shape], int]) -> int:
    """The sum of cost(layer, shape before, shape after) over all layers, those within others included."""
    total = 0
    for layer in layers:
        after = shape_after(layer, shape)
        if isinstance(layer, Residual):
            total += _through(layer.shortcut, shape, cost)
        if isinstance(layer, Residual | Skip | Aside):
            total += _through(layer.body, shape, cost)
        total += cost(layer, shape, after)
        shape = after
    return total


def _products(layer: Layer, before: Shape, after: Shape) -> int:
    match layer:
        case Linear():
            return 2 * layer.inputs * layer.outputs
        case Conv():
            return 2 * layer.inputs * layer.kernel**2 * prod(after)
        case ConvTranspose():
            return 2 * layer.outputs * layer.kernel**2 * prod(before)
        case Projection():
            return 4 * layer.inputs
        case _:
            return 0
