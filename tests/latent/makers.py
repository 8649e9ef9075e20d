"""Generators whose every answer is known: no network, no training."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch import Tensor

from gansmith.ground import pixels, streams
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.settings import DataSettings, LatentSettings, Recipe
from gansmith.kinds import of_shape


class Maker:
    """What every generator of these tests shares; `unit` gives pictures in [0, 1] of latents (N, dim)."""

    def __init__(self, dim: int, shape: tuple[int, ...], classes: int = 0, law: str = "normal") -> None:
        self.kind, self.units = of_shape(shape), {}
        self.item_shape, self.classes, self.labelling = shape, classes, Labelling(classes)
        self.class_names = tuple(str(label) for label in range(classes))
        self.recipe = dataclasses.replace(
            Recipe(),
            latent=LatentSettings(dim=dim, law=law),  # pyright: ignore[reportArgumentType]
            data=DataSettings(labels="classes" if classes else "none"),
        )

    @property
    def latent_dim(self) -> int:
        return self.recipe.latent.dim

    def unit(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        raise NotImplementedError

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        rng = streams.generator(seed, "samples")
        return streams.latents(rng, self.recipe.latent.law, (count, self.latent_dim)) * np.float32(truncation)

    def decode(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.unit(latents, labels) * 2 - 1

    def images(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        asked = None if labels is None else torch.as_tensor(labels)
        made = self.decode(torch.as_tensor(np.asarray(latents, np.float32)), asked).permute(0, 2, 3, 1)
        return pixels.to_bytes(made.numpy(), "symmetric")

    def items(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        return self.images(latents, labels)


class LinearMaker(Maker):
    """Pictures .5 + W z, with orthonormal columns of W over 8: the nearest latent to a picture is (x - .5) W x 64."""

    def __init__(self, dim: int = 6, side: int = 8, classes: int = 0, law: str = "normal") -> None:
        super().__init__(dim, (1, side, side), classes, law)
        random = np.random.default_rng(1).standard_normal((side * side, dim + classes))
        self.basis = torch.as_tensor(np.linalg.qr(random)[0].astype(np.float32))
        self.weight = self.basis[:, :dim] / 8

    def unit(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        made = 0.5 + latents @ self.weight.T
        if labels is not None:  # a class shifts the picture along a direction that no latent reaches
            made = made + self.basis[:, self.latent_dim :].T[labels]
        return made.reshape(-1, *self.item_shape)


class BarMaker(Maker):
    """A soft-edged upright bar: z[0] makes it thicker, z[1] leans it to the right, the class moves it sideways.

    Thickness is 4 + z0 pixels (held to 1.5 .. 7), slant z1 / 5; other coordinates do nothing.
    """

    def __init__(self, dim: int = 20, classes: int = 3) -> None:
        super().__init__(dim, (1, 24, 24), classes)

    def unit(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        y, x = torch.meshgrid(torch.arange(24.0), torch.arange(24.0), indexing="ij")
        half = (4 + latents[:, 0].clamp(-2.5, 3)) / 2
        slant = (latents[:, 1] / 5).clamp(-0.6, 0.6)
        shift = torch.zeros(len(latents)) if labels is None else labels.float() - 1
        off = x - 11.5 - shift[:, None, None] + slant[:, None, None] * (y - 11.5)
        across = (half[:, None, None] * (1 + slant[:, None, None] ** 2).sqrt() + 0.5 - off.abs()).clamp(0, 1)
        along = (8 + 0.5 - (y - 11.5).abs()).clamp(0, 1)
        return (across * along)[:, None]
