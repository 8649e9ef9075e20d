"""Runs of layers that every pair is made of."""

from __future__ import annotations

from gansmith.ground.errors import RecipeError
from gansmith.ground.plan import Activation, BatchNorm, Dropout, Layer
from gansmith.ground.settings import ActivationName, NetSettings


def activation(settings: NetSettings, index: int) -> Activation:
    """The activation after hidden layer `index`."""
    kind: ActivationName = settings.activation
    if settings.activations:
        if len(settings.activations) != len(settings.widths):
            raise RecipeError(
                f"activations names {len(settings.activations)} functions for {len(settings.widths)} hidden layers: "
                "give one each, or use `activation`"
            )
        kind = settings.activations[index]
    return Activation(kind, settings.slope)


def after_hidden(settings: NetSettings, index: int, features: int, *, norm: bool) -> tuple[Layer, ...]:
    """What follows the weights of hidden layer `index`: norm, activation, dropout."""
    layers: list[Layer] = []
    if norm:
        layers.append(BatchNorm(features, settings.norm_momentum, settings.norm_epsilon))
    layers.append(activation(settings, index))
    if settings.dropout:
        layers.append(Dropout(settings.dropout))
    return tuple(layers)


def output(settings: NetSettings) -> tuple[Layer, ...]:
    """The last activation; nothing for "linear"."""
    return () if settings.output == "linear" else (Activation(settings.output),)


def per_layer(values: tuple[int, ...], count: int, name: str) -> tuple[int, ...]:
    """One value for each of `count` layers; a single one serves all."""
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise RecipeError(f"{name} has {len(values)} values for {count} convolutions: give one, or one each")
    return values
