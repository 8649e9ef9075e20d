"""How alike two pictures look to a network that knows photographs: a loss for searches (Zhang et al. 2018).

At each of four scales the maps of the network (`nets.eyes`) are brought to length 1 at every place; the loss is the squared
difference, summed over channels, mean over places, summed over scales. All channels count alike: nothing was learned from
people's answers here.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.alpha import RGBA
from gansmith.latent.inversion.search import Term, as_targets
from gansmith.nets.eyes import Trunk

GREY = 0.5  # what is not known, in both pictures


class Eye:
    """The network for pictures (B, C, H, W) in [0, 1] of one size. Raises EngineError where it is not installed."""

    def __init__(self, height: int, width: int) -> None:
        self.trunk = Trunk(height, width)

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """The maps of each scale, of length 1 at every place. Transparent pictures are seen on black."""
        colour = pictures[:, :3] if pictures.shape[1] == RGBA else pictures.expand(-1, 3, -1, -1)
        maps = self.trunk.maps((2 * colour - 1).contiguous(memory_format=torch.channels_last))
        return [F.normalize(each.float(), dim=1) for each in maps]


def unlike(ours: list[Tensor], theirs: list[Tensor]) -> Tensor:
    """How unlike pictures look by their maps: (B,), 0 for the same."""
    return torch.stack([(a - b).square().sum(1).mean((1, 2)) for a, b in zip(ours, theirs, strict=True)]).sum(0)


def looks_alike(pictures: np.ndarray, known: np.ndarray | None = None) -> Term:
    """A loss that is small where a picture looks like its target (N, H, W, C). known: bool (H, W), what of it is compared."""
    targets = as_targets(pictures)
    mask = torch.ones(1) if known is None else torch.as_tensor(known).float()
    eye = Eye(*targets.shape[2:])

    def hidden(shown: Tensor) -> Tensor:
        return shown * mask + GREY * (1 - mask)

    with torch.no_grad():
        wanted = eye.maps(hidden(targets))

    def loss(made: Tensor, labels: Tensor | None, rows: Tensor) -> Tensor:
        return unlike(eye.maps(hidden(made)), [each[rows] for each in wanted])

    return loss
