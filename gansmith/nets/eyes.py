"""The fixed network at work: its maps at every scale, and what a projected discriminator looks at.

The maps that a discriminator sees are mixed by random weights, over channels and from each scale to the larger ones (Sauer et al.
2021). They are drawn once for all, so nothing of them has to be kept.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground import streams
from gansmith.nets import trunk
from gansmith.nets.layers import build
from gansmith.nets.layers.torch_layer import ForwardContext, at_least_float32
from gansmith.nets.modes import INFERENCE

SIZES = (9.6, 9.0, 7.9, 3.8)  # root mean squares of the maps of each scale on photographs: mixed maps are about 1
CPU = torch.device("cpu")


class Trunk:
    """The network for pictures (B, 3, height, width) in [-1, 1]; its weights do not move. Raises EngineError, DataError."""

    def __init__(
        self, height: int, width: int, device: torch.device | str = CPU, dtype: torch.dtype = torch.float32
    ) -> None:
        self.plan = trunk.trunk_plan(height, width)
        self.ends = trunk.ends_of_scales(height, width)
        weights = {name: torch.tensor(array, dtype=dtype) for name, array in trunk.arrays(self.plan).items()}
        self.layers = build(self.plan.layers, weights).requires_grad_(False).to(device)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Pictures in channels-last memory -> the last maps (B, 1280, ...)."""
        return self.layers(pictures, ForwardContext(None, INFERENCE))

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """The maps at each of `trunk.SCALES`; differentiable by the pictures."""
        x, context = pictures, ForwardContext(None, INFERENCE)
        found: list[Tensor] = []
        for index, layer in enumerate(self.layers[: self.ends[-1]]):
            x = layer(x, context)
            if index + 1 in self.ends:
                found.append(x)
        return found


class Eyes:
    """The trunk and the mixing weights, for one size of pictures."""

    def __init__(self, height: int, width: int, channels: int, device: torch.device, dtype: torch.dtype) -> None:
        self.trunk = Trunk(height, width, device, dtype)
        rng = streams.generator(0, "initial", turn=len(streams.PLAYERS))
        inputs = [trunk.STAGES[count - 1].outputs for count in trunk.SCALES]

        def drawn(outputs: int, inputs: int, kernel: int, gain: float) -> Tensor:
            shape = (outputs, inputs, kernel, kernel)
            numbers = rng.standard_normal(shape) * (gain / sqrt(inputs * kernel * kernel))
            return torch.as_tensor(numbers.astype(np.float32)).to(device, dtype)

        self.over_channels = [drawn(channels, each, 1, 1 / size) for each, size in zip(inputs, SIZES, strict=True)]
        self.over_scales = [drawn(channels, channels, 3, 1.0) for _ in inputs]

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Pictures (B, 1 or 3, H, W) in [-1, 1] -> maps (B, channels, ...) of each scale; differentiable by x."""
        maps = self.trunk.maps(x.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))
        mixed = [F.conv2d(each, weight) for each, weight in zip(maps, self.over_channels, strict=True)]
        found: list[Tensor] = []
        above = None
        for own, weight in zip(reversed(mixed), reversed(self.over_scales), strict=True):
            if above is not None:  # each scale also gets what the smaller ones hold
                own = (own + F.interpolate(above, size=own.shape[2:], mode="nearest")) / sqrt(2)
            above = F.conv2d(own, weight, padding=1)
            found.append(above)
        return found[::-1]


@lru_cache(maxsize=4)
def eyes(height: int, width: int, channels: int, device: torch.device, dtype: torch.dtype) -> Eyes:
    """The eyes for pictures of a size; made once."""
    return Eyes(height, width, channels, device, dtype)


def look(pictures: Tensor, channels: int) -> list[Tensor]:
    """What the layers `Seen` of a network see in a pass: pictures (B, 1 or 3, H, W) -> maps of `channels` at every scale."""
    height, width = pictures.shape[2:]
    return eyes(height, width, channels, pictures.device, at_least_float32(pictures).dtype)(pictures)
