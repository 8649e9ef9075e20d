"""What this engine cannot do: refused by name before anything is built."""

from __future__ import annotations

from collections.abc import Iterator

from gansmith.by_hand import faults
from gansmith.by_hand.layers import Layer
from gansmith.by_hand.network import LAYERS
from gansmith.by_hand.optimizers import OPTIMIZERS
from gansmith.ground.errors import EngineError
from gansmith.ground.networks.plan import Activation, Plan
from gansmith.ground.penalties import WHERE
from gansmith.ground.recipes.recipe import flat
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import loss_of

ONLY_DEFAULT = ("data.window", "data.micro_batch", "regularizer.sigma", "ema.recalibrate")


def refuse(recipe: Recipe, plans: tuple[Plan, Plan]) -> None:
    """Raise EngineError with the first setting or layer that this engine does not have."""
    for what in (*missing_choices(recipe), *missing_layers(recipe, plans)):
        raise EngineError(f"the NumPy engine cannot do {what}: use engine=torch")


def missing_choices(recipe: Recipe) -> Iterator[str]:
    """Settings with a value that has no code here."""
    given = flat(recipe)
    for name, choices in {
        "feedback.name": ("alternating",),
        "loss.name": [recipe.loss.name] if loss_of(recipe).numpy else (),
        "regularizer.name": [name for name, where in WHERE.items() if "between" not in where and name != "own"],
        "augment.name": ("none", "mirror"),
        "precision.name": ("auto", "float32", "float64"),
        "device": ("auto", "cpu"),
        "optimizer.generator.name": OPTIMIZERS,
        "optimizer.discriminator.name": OPTIMIZERS,
        **{name: (flat(Recipe())[name],) for name in ONLY_DEFAULT},
    }.items():
        if given[name] not in choices:
            yield f"{name} = {given[name]!r}"
    yield from (f"faults = {fault!r}" for fault in recipe.faults if fault not in faults.KNOWN)


def missing_layers(recipe: Recipe, plans: tuple[Plan, Plan]) -> Iterator[str]:
    """Layers without hand-written passes, or without all passes that the recipe needs."""
    for plan in plans:
        for layer in plan.layers:
            if type(layer) not in LAYERS:
                yield f"the layer {type(layer).__name__} of the {plan.player}"
            if getattr(layer, "spectral", False):
                yield f"spectral_norm in the {plan.player}"
            if isinstance(layer, Activation) and not 0 <= layer.slope <= 1:
                yield f"slope = {layer.slope} in the {plan.player} (only 0 to 1)"
    if recipe.regularizer.name != "none":
        for layer in plans[1].layers:
            if LAYERS.get(type(layer), Layer).tangent is Layer.tangent:  # as of batch norm
                yield f"regularizer.name = {recipe.regularizer.name!r} with {type(layer).__name__} in the discriminator"
    if "squared-last-gradient" in recipe.faults and recipe.generator.net != "dense":
        yield "the fault 'squared-last-gradient' in a generator that is not dense"
