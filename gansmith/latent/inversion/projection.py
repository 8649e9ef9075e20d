"""Projection: the latent whose picture comes nearest to a given picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.errors import RunError
from gansmith.ground.progress import Progress
from gansmith.latent.decoder import Decoder
from gansmith.latent.inversion.search import Objective, SearchResult, SearchSettings, Term, as_targets, search
from gansmith.latent.pictures import to_unit

PictureFunction = Callable[[Tensor, Tensor | None], Tensor]
"""Pictures (B, C, H, W) in [0, 1] and labels (B,) -> the discriminator's logits (B,) or features (B, ...)."""


def project(
    generator: Decoder,
    pictures: np.ndarray,
    settings: SearchSettings,
    labels: np.ndarray | None = None,
    terms: Sequence[tuple[float, Term]] = (),
    prior: float = 0.0,
    progress: Progress = lambda done, total: None,
) -> SearchResult:
    """Latents for pictures (N, H, W, C), uint8 or float in [0, 1]; the loss is the mean squared error on pixels.

    terms: more losses with their weights, as from `perceptual` and `realism`. Raises RunError for pictures of another
    shape.
    """
    check_shape(generator, pictures)
    objective = Objective(as_targets(pictures).flatten(1), prior=prior, terms=terms)
    return search(generator, objective, settings, labels, progress)


def perceptual(features: PictureFunction, pictures: np.ndarray) -> Term:
    """A loss on features: the mean squared difference from those of the target pictures."""
    targets = as_targets(pictures)

    def loss(made: Tensor, labels: Tensor | None, rows: Tensor) -> Tensor:
        with torch.no_grad():  # again at each step: features may depend on the label that is tried
            wanted = features(targets[rows], labels).flatten(1)
        return ((features(made, labels).flatten(1) - wanted) ** 2).mean(dim=1)

    return loss


def realism(logits: PictureFunction) -> Term:
    """-log D: small where the discriminator takes a picture for real."""

    def loss(made: Tensor, labels: Tensor | None, rows: Tensor) -> Tensor:
        return F.softplus(-logits(made, labels).flatten())

    return loss


def errors(made: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Mean squared error of each picture on pixels in [0, 1], (N,); either may be uint8."""
    return ((to_unit(made) - to_unit(pictures)) ** 2).reshape(len(made), -1).mean(axis=1)


def check_shape(generator: Decoder, pictures: np.ndarray) -> None:
    """Raise RunError for pictures of another size than the generator's."""
    if generator.kind.pixels:
        channels, height, width = generator.item_shape
        if pictures.shape[1:] != (height, width, channels):
            given = "x".join(map(str, pictures.shape[1:]))
            raise RunError(
                f"pictures of {given} do not fit: this generator makes {height}x{width}x{channels}: bring them to that size"
            )
