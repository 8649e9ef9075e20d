"""The mapping network of a generator (Karras et al. 2019): `mapping` dense layers of the latent's width, each with batch norm.

The last has no activation, and its norm keeps each number of a style near deviation 1, however many layers there are.
"""

from __future__ import annotations

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import Activation, BatchNorm, Linear, Style
from gansmith.nets.pairs.blocks import Stack


def map_latent(stack: Stack) -> None:
    """(latent_dim,) -> (latent_dim,), the style, by which the norms of the stack go from here on; nothing with `mapping` 0."""
    settings = stack.settings
    if not settings.mapping:
        return
    if not stack.normed:
        raise RecipeError(
            f"{stack.player}.mapping = {settings.mapping} makes the scales and shifts of batch norm: set {stack.player}.norm=batch, "
            f"or {stack.player}.mapping=0"
        )
    dim = stack.styled = stack.shape[0]
    for index in range(settings.mapping):
        stack.add(Linear(dim, dim, bias=False, spectral=settings.spectral_norm))
        stack.add(BatchNorm(dim, settings.norm_momentum, settings.norm_epsilon))
        if index < settings.mapping - 1:
            stack.add(Activation(settings.activation, settings.slope))
    stack.add(Style(dim, len(settings.widths)))
