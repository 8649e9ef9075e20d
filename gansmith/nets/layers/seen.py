"""What a fixed network sees: its maps at every scale, computed once a pass, mixed by weights that are drawn once for all."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground import streams
from gansmith.ground.networks import plan
from gansmith.nets import trunk
from gansmith.nets.layers.torch_layer import ForwardContext, Place, TorchLayer, at_least_float32

SIZES = (9.6, 9.0, 7.9, 3.8)  # root mean squares of the maps of each scale on photographs: mixed maps are about 1


class Seen(TorchLayer[plan.Seen]):
    """The mixed maps of one scale. The fixed network is no submodule: it is not trained, moved or saved with this one."""

    def __init__(self, record: plan.Seen, place: Place) -> None:
        super().__init__(record, place)
        trunk.weights_file()  # what is missing is said before a training begins

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        channels = self.record.channels
        if channels not in context.seen:
            context.seen[channels] = eyes(x.shape[2], x.shape[3], channels, x.device, at_least_float32(x).dtype)(x)
        return context.seen[channels][self.record.scale]


class Eyes:
    """The trunk and the mixing weights, for one size of pictures."""

    def __init__(self, height: int, width: int, channels: int, device: torch.device, dtype: torch.dtype) -> None:
        self.trunk = trunk.trunk(height, width).to(device, dtype)
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
        maps = trunk.maps(self.trunk, x.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))
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
