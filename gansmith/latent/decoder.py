"""What `gansmith.latent` needs of a generator. `gansmith.load(run)` has it; so may an object of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from gansmith.ground.errors import RunError
from gansmith.ground.labelling import Labelling
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import Kind, Units

if TYPE_CHECKING:
    from torch import Tensor

    from gansmith.nets.network import Network


class Decoder(Protocol):
    """A trained generator: latents float32 (N, latent_dim), labels int64 (N,) or None."""

    recipe: Recipe  # its latent distribution and its pixel range are used
    item_shape: Shape  # (channels, height, width) or (features,)
    kind: Kind
    classes: int  # 0 = unlabelled
    labelling: Labelling  # the share of each class

    @property
    def units(self) -> Units:
        """Of the kind."""
        ...

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

    def items(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Items (N, H, W, C) as a store holds them: pictures uint8, others float32."""
        ...

    def decode(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Differentiable: pictures (N, C, H, W), or vectors (N, D), in the recipe's range."""
        ...

    def network(self) -> Network:
        """The torch module in inference mode; only `steering.layers` uses it."""
        ...


def need_pictures(generator: Decoder, what: str) -> None:
    """Raise RunError for a generator of anything else."""
    if not generator.kind.pixels:
        raise RunError(f"{what} needs pictures, and this generator makes {generator.kind.many}: use a run on pictures")


def need_places(generator: Decoder, what: str) -> None:
    """Raise RunError for a generator of items that are shown all together, as points are in a plot."""
    if not generator.kind.in_grid:
        raise RunError(
            f"{what} shows items side by side, and {generator.kind.many} are shown together in one plot: `gansmith sample` "
            "makes as many as you like"
        )


def need_labels(generator: Decoder, what: str) -> None:
    """Raise RunError for a generator that was trained without labels."""
    if not generator.classes:
        raise RunError(
            f"{what} needs a labelled generator, and this one was trained without labels: train with "
            "--set data.labels=classes"
        )
