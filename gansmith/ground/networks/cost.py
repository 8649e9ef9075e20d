"""The cost of a plan: its parameters, operations and activations, without building the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from gansmith.ground.networks.plan import Layer, Plan, Shape, leaves
from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class Count:
    """How many numbers a plan has: trained ones, and batch statistics. Publications quote the sum."""

    trained: int
    batch_statistics: int

    @property
    def total(self) -> int:
        """The sum of both."""
        return self.trained + self.batch_statistics


def count(plan: Plan) -> Count:
    """Counts the numbers of a plan."""
    named = [layer for _, layer in leaves(plan.layers)]
    trained = sum(prod(shape) for layer in named for shape in layer.parameters().values())
    statistics = [shape for layer in named if layer.normalises for shape in layer.buffers().values()]
    return Count(trained, sum(map(prod, statistics)))


def operations(plan: Plan) -> int:
    """Multiplications and additions of one item's forward pass, in the layers that have weights."""
    return sum(layer.operations(shape) for layer, shape in _with_inputs(plan.layers, plan.input_shape))


def activations(plan: Plan) -> int:
    """Numbers that one item's forward pass keeps for the backward pass (an upper bound)."""
    outputs = (layer.shape_after(shape) for layer, shape in _with_inputs(plan.layers, plan.input_shape))
    return prod(plan.input_shape) + sum(map(prod, outputs))


def _with_inputs(layers: tuple[Layer, ...], shape: Shape) -> Iterator[tuple[Layer, Shape]]:
    """Every layer with the shape of its input, sublayers included."""
    for layer in layers:
        for stack in layer.sublayers().values():
            yield from _with_inputs(stack, shape)
        yield layer, shape
        shape = layer.shape_after(shape)


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
