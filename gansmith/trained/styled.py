"""A generator from behind its mapping network: its latents are styles w instead of z (Karras et al. 2019).

Styles are given in standard coordinates u, in which those of random latents have the mean 0 and the covariance 1:
w = mean + F u. Mean and F are measured on `MEASURED` latents of one seed. So all that is made for z, whose latents are N(0, I),
holds for u as it stands: the centre is the mean style, the shell is at sqrt(dim), a search stays near likely styles, and a
direction that follows a trait goes where styles lie. A generator seen so is a generator like others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gansmith.ground.errors import RunError
from gansmith.ground.networks.plan import Linear, Plan, Style
from gansmith.ground.recipes.settings import LatentSettings
from gansmith.trained.generator import Generator, check_drawn

if TYPE_CHECKING:
    from gansmith.nets.network import Network

EACH_STAGE = "w of each stage"  # the space
MEASURED = 8_192  # latents whose styles give the mean and F
FLOOR = 1e-6  # of the largest variance: directions in which styles hardly differ


def in_space(generator: Generator, space: str, *, each_stage: bool = False) -> Generator:
    """The generator with latents of a space; "auto" = w where it has a mapping network.

    each_stage: a style for each stage, one after the other in a row. Raises RunError where there is no mapping network.
    """
    if space == "z" and each_stage:
        raise RunError("--each-stage is for styles, and --space z has none: leave one of them out")
    mapped = generator.recipe.generator.mapping > 0 and generator.recipe.generator.net != "own"
    if space == "z" or (space == "auto" and not mapped and not each_stage):
        return generator
    if not mapped:
        raise RunError(
            "this generator has no mapping network, so its latents are z alone: leave --space and --each-stage out, or "
            "train with --set generator.mapping=4"
        )
    return Styled(generator, each_stage=each_stage)


class Styled(Generator):
    """Latents are standard coordinates of styles, float32 (N, dim), or with each_stage (N, stages x dim)."""

    def __init__(self, generator: Generator, *, each_stage: bool = False) -> None:
        """generator: with a mapping network, and latents z."""
        whole = generator.network()
        cut = next(index for index, layer in enumerate(whole.plan.layers) if isinstance(layer, Style))
        style = whole.plan.layers[cut]
        assert isinstance(style, Style)
        self.of, self.stages = generator, style.stages
        self.mapping = Plan("generator", whole.plan.input_shape, whole.plan.layers[:cut])
        self.mean, self.factor, self.inverse = coordinates(self.styles(generator.latents(MEASURED)))
        times, dim = (style.stages, style.features * style.stages) if each_stage else (1, style.features)
        layers = Linear(dim, dim), dataclasses.replace(style, apart=each_stage), *whole.plan.layers[cut + 1 :]
        self.plan = Plan("generator", (dim,), layers)
        arrays = {"0.weight": np.kron(np.eye(times), self.factor), "0.bias": np.tile(self.mean, times)}
        arrays |= renumbered(generator.arrays, cut + 1, 2)
        latent = LatentSettings(dim, "normal", generator.recipe.latent.classes_drawn)
        super().__init__(
            dataclasses.replace(generator.recipe, latent=latent),
            generator.item_shape,
            generator.class_names,
            {name: np.asarray(array, np.float32) for name, array in arrays.items()},
            None,
            generator.labelling,
            generator.update,
            generator.kind,
            generator.units,
        )
        self.space = EACH_STAGE if each_stage else "w"

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Those of the styles of a seed's latents; truncation: a factor, towards the mean style."""
        check_drawn(count, truncation)
        standard = (self.styles(self.of.latents(count, seed)) - self.mean) @ self.inverse
        rows = (standard * truncation).astype(np.float32)
        return np.tile(rows, (1, self.latent_dim // rows.shape[1]))

    def styles(self, latents: np.ndarray) -> np.ndarray:
        """The styles w float64 (N, dim) of latents z (N, dim)."""
        import torch

        from gansmith.nets.inference import run_in_chunks

        made = run_in_chunks(self._front, latents, None, torch.device("cpu"), torch.float32)
        return made.astype(np.float64)

    @cached_property
    def _front(self) -> Network:
        from gansmith.nets.network import Network

        return Network(self.mapping, self.of.arrays).requires_grad_(False)

    @cached_property
    def _network(self) -> Network:
        from gansmith.nets.network import Network

        return Network(self.plan, self.arrays).requires_grad_(False)


def coordinates(styles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean (dim,) of styles (N, dim), the symmetric root (dim, dim) of their covariance, and its inverse."""
    mean = styles.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(styles, rowvar=False).reshape(len(mean), len(mean)))
    deviations = np.sqrt(np.maximum(variances, max(variances.max() * FLOOR, 1e-12)))
    return mean, axes * deviations @ axes.T, axes / deviations @ axes.T


def renumbered(arrays: Mapping[str, np.ndarray], first: int, number: int) -> dict[str, np.ndarray]:
    """The arrays of the layers from `first` on, which are from `number` on now."""
    made: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        layer, _, tail = name.partition(".")
        if int(layer) >= first:
            made[f"{int(layer) - first + number}.{tail}"] = array
    return made
