"""What this engine cannot do, refused by name before anything is built."""

from __future__ import annotations

from collections.abc import Iterator

from gansmith.by_hand.faults import KNOWN
from gansmith.by_hand.losses import LOSSES
from gansmith.by_hand.network import LAYERS
from gansmith.by_hand.optimizers import OPTIMIZERS
from gansmith.ground.errors import EngineError
from gansmith.ground.plan import Activation, Linear, Plan
from gansmith.ground.settings import Recipe

SMOOTH = {"Linear", "Activation", "Dropout", "Reshape", "ConcatLabels"}  # layers that the gradient penalty passes


def refuse(recipe: Recipe, generator: Plan, discriminator: Plan) -> None:
    """Raise EngineError with the first thing that a recipe asks for and this engine lacks."""
    for what in missing(recipe, generator, discriminator):
        raise EngineError(f"the NumPy engine cannot do {what}: use engine=torch")


def missing(recipe: Recipe, generator: Plan, discriminator: Plan) -> Iterator[str]:
    """Names of what is asked for and not there."""
    known = {
        "feedback.name": (recipe.feedback.name, ("alternating",)),
        "loss.name": (recipe.loss.name, LOSSES),
        "regularizer.name": (recipe.regularizer.name, ("none", "r1", "r2", "r1+r2")),
        "augment.name": (recipe.augment.name, ("none", "mirror")),
        "precision.name": (recipe.precision.name, ("auto", "float32", "float64")),
        "device": (recipe.device, ("auto", "cpu")),
        "optimizer.generator.name": (recipe.optimizer.generator.name, OPTIMIZERS),
        "optimizer.discriminator.name": (recipe.optimizer.discriminator.name, OPTIMIZERS),
    }
    for name, (value, choices) in known.items():
        if value not in choices:
            yield f"{name} = {value!r}"
    for fault in recipe.faults:
        if fault not in KNOWN:
            yield f"the fault {fault!r}"
    for plan in (generator, discriminator):
        yield from missing_layers(plan)
    unsmooth = {type(layer).__name__ for layer in discriminator.layers} - SMOOTH
    if recipe.regularizer.name != "none" and unsmooth:
        yield f"regularizer.name = {recipe.regularizer.name!r} through {', '.join(sorted(unsmooth))} (dense nets only)"
    if "squared-last-gradient" in recipe.faults and not any(isinstance(layer, Linear) for layer in generator.layers):
        yield "the fault 'squared-last-gradient' in a generator without dense layers"


def missing_layers(plan: Plan) -> Iterator[str]:
    """Names of a plan's layers that have no hand-written passes."""
    for layer in plan.layers:
        if type(layer) not in LAYERS:
            yield f"the layer {type(layer).__name__} of the {plan.player}"
        elif getattr(layer, "spectral", False):
            yield f"spectral_norm in the {plan.player}"
        elif isinstance(layer, Activation) and not 0 <= layer.slope <= 1:
            yield f"slope = {layer.slope} in the {plan.player} (0 to 1 only)"
