"""What this room asks of a generator. `gansmith.load(run)` fulfils it, and so does any object with these parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from gansmith.ground.errors import RunError
from gansmith.ground.labelling import Labelling
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe

if TYPE_CHECKING:
    from torch import Tensor


class Decoder(Protocol):
    """A trained generator: latents float32 (N, latent_dim), labels int64 (N,) or None."""

    recipe: Recipe  # its latent law and its pixel range matter here
    item_shape: Shape  # (channels, height, width) or (features,)
    classes: int  # 0 = unlabelled

    @property
    def latent_dim(self) -> int:
        """Numbers in a latent."""
        ...

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Latents (count, latent_dim) of a seed."""
        ...

    def images(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Pictures uint8 (N, H, W, C)."""
        ...

    def decode(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Differentiable: pictures (N, C, H, W), or vectors (N, D), in the recipe's range."""
        ...


def need_pictures(generator: Decoder, what: str) -> None:
    """Refuse generators of vectors."""
    if len(generator.item_shape) != 3:
        raise RunError(
            f"{what} works on pictures, and this generator makes vectors of {generator.item_shape[0]} numbers"
        )


def need_labels(generator: Decoder, what: str) -> None:
    """Refuse generators that were trained without labels."""
    if not generator.classes:
        raise RunError(
            f"{what} needs a labelled generator, and this one was trained without labels: train with "
            "--set data.labels=classes"
        )


def spread_labels(generator: Decoder, count: int) -> np.ndarray | None:
    """Labels int64 (count,), each in its share; None for an unlabelled generator."""
    labelling = getattr(generator, "labelling", None) or Labelling(generator.classes)
    return labelling.spread(count)
