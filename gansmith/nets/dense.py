"""The dense pair: fully connected layers, as in articles 000 (the course net), 001, 002 and 003.

generator        latents [+ label] -> widths ... -> item
discriminator    item -> widths ... [+ label after `label_after` of them] ... -> one verdict
"""

from __future__ import annotations

from math import prod

from gansmith.ground.errors import RecipeError
from gansmith.ground.plan import ConcatLabels, Layer, Linear, Plan, Reshape, Shape
from gansmith.ground.settings import NetSettings
from gansmith.nets.blocks import after_hidden, output


def generator(settings: NetSettings, latent_dim: int, item_shape: Shape, classes: int) -> Plan:
    """(latent_dim,) -> item_shape."""
    layers, features = hidden(settings, latent_dim, classes)
    layers.append(Linear(features, prod(item_shape), spectral=settings.spectral_norm))
    layers.extend(output(settings))
    if len(item_shape) > 1:
        layers.append(Reshape(item_shape))
    return Plan("generator", (latent_dim,), tuple(layers))


def discriminator(settings: NetSettings, item_shape: Shape, classes: int) -> Plan:
    """item_shape -> (1,)."""
    flatten: list[Layer] = [Reshape((prod(item_shape),))] if len(item_shape) > 1 else []
    layers, features = hidden(settings, prod(item_shape), classes)
    layers.append(Linear(features, 1, spectral=settings.spectral_norm))
    layers.extend(output(settings))
    return Plan("discriminator", item_shape, (*flatten, *layers))


def hidden(settings: NetSettings, features: int, classes: int) -> tuple[list[Layer], int]:
    """The hidden layers and the number of features that they end with."""
    if classes and not 0 <= settings.label_after <= len(settings.widths):
        raise RecipeError(f"label_after = {settings.label_after}: there are {len(settings.widths)} hidden layers")
    layers: list[Layer] = []
    normed = settings.norm == "batch"
    for index, width in enumerate((*settings.widths, 0)):
        if classes and index == settings.label_after:
            layers.append(ConcatLabels(classes))
            features += classes
        if width:
            bias = settings.bias and not normed
            layers.append(Linear(features, width, bias=bias, spectral=settings.spectral_norm))
            layers.extend(after_hidden(settings, index, width, norm=normed))
            features = width
    return layers, features
